/// A moment, in seconds since 1970 (Unix time).
///
/// Any value is allowed: what is read from a store may be garbage, and a clock may be wrong.
public struct Timestamp: Comparable, Sendable {
  /// Seconds since 1970, UTC.
  public var seconds: Int64

  public init(seconds: Int64) {
    self.seconds = seconds
  }

  /// Later than any: what ends then has no end.
  public static var never: Timestamp { Timestamp(seconds: .max) }

  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.seconds < right.seconds
  }

  /// The moment `seconds` later, or the last (first) one there is.
  public func adding(_ seconds: Int64) -> Timestamp {
    let (sum, overflow) = self.seconds.addingReportingOverflow(seconds)
    return Timestamp(seconds: overflow ? (seconds < 0 ? .min : .max) : sum)
  }

  /// The seconds from `earlier` to this moment, as many as an `Int64` holds; negative if
  /// `earlier` is later.
  public func interval(since earlier: Timestamp) -> Int64 {
    let (difference, overflow) = seconds.subtractingReportingOverflow(earlier.seconds)
    return overflow ? (self < earlier ? .min : .max) : difference
  }
}
