import Foundation

/// How much is tried: a sample in `make test`, all of it in `make test-long`.
public enum Effort {
  public static let isLong = ProcessInfo.processInfo.environment["ABL_LONG"] != nil

  public static func count(_ usual: Int, long: Int) -> String { String(isLong ? long : usual) }

  /// As many as `variable` of the environment says, if it does.
  public static func number(_ variable: String, _ usual: Int, long: Int) -> Int {
    ProcessInfo.processInfo.environment[variable].flatMap { Int($0) } ?? (isLong ? long : usual)
  }
}
