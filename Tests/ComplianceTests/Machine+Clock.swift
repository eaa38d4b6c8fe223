import Foundation

/// Time: the shim moves the clock, but can't stop it.
extension Machine {
  /// In the past of no test, and in nobody's future.
  private static let epoch = 2_000_000_000

  /// Does `body` with the clock at `time`, from its beginning to its end.
  func at<Result>(_ time: Int, _ body: () throws -> Result) throws -> Result {
    // Near the end of a second wait for the next: cheaper than to begin anew.
    let fraction = Date().timeIntervalSince1970.truncatingRemainder(dividingBy: 1)
    if fraction > 0.9 { Thread.sleep(forTimeInterval: 1.001 - fraction) }
    let start = Self.realSecond
    try write("\(Self.epoch + time - start)", to: "clock")
    let result = try body()
    guard Self.realSecond == start else { throw SecondPassed() }
    return result
  }

  /// Does `body`, and again if the clock has moved meanwhile.
  static func undisturbed<Result>(_ body: () throws -> Result) throws -> Result {
    for _ in 1...20 {
      do { return try body() } catch is SecondPassed { continue }
    }
    return try body()
  }

  private static var realSecond: Int { Int(Date().timeIntervalSince1970) }

  private struct SecondPassed: Error {}
}
