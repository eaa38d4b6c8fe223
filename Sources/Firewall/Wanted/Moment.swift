internal import CLinux

/// A moment by the wall clock, in milliseconds since 1970.
public struct Moment: Comparable, Hashable, Sendable {
  public let milliseconds: Int64

  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// The beginning of that second.
  public init(seconds: Int64) {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    milliseconds = overflow ? (seconds < 0 ? .min : .max) : product
  }

  /// By the wall clock.
  public static var now: Moment { Moment(milliseconds: clinux_wall_milliseconds()) }

  public static func < (one: Moment, other: Moment) -> Bool {
    one.milliseconds < other.milliseconds
  }

  /// What the kernel is told: at least a second, for an element may not end before it has begun; at
  /// most a week, for what lasts is told again each hour.
  func timeout(at now: Moment) -> UInt64 {
    let (left, overflow) = milliseconds.subtractingReportingOverflow(now.milliseconds)
    let longest: Int64 = 7 * 24 * 3600 * 1000
    return UInt64(max(1000, min(overflow ? longest : left, longest)))
  }
}
