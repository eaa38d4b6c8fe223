/// When changes are told: at once after a pause, else together with those of a tenth of a second.
public struct Pace: Equatable, Sendable {
  /// In milliseconds of a clock that never steps.
  private var last: UInt64?
  /// Milliseconds between two messages at least.
  public static let pause: UInt64 = 100
  /// How long a machine is silent at most.
  public static let heartbeat: UInt64 = 60_000

  public init() {}

  /// In how many milliseconds something is to be told; 0: now.
  public func delay(at now: UInt64, isWaiting: Bool) -> UInt64 {
    guard let last else { return 0 }
    let due = last + (isWaiting ? Self.pause : Self.heartbeat)
    return due > now ? due - now : 0
  }

  /// Something was told.
  public mutating func told(at now: UInt64) { last = now }
}
