package import LMDB
public import Policy
internal import Text

/// What the store remembers of the clock, to tell a wrong one from a long time.
///
/// A machine without a battery begins in the past, and a bad time server makes years pass at once.
/// What has expired by such a clock is not removed: when the clock is right again it may count.
extension Schema {
  private static var key: [UInt8] { Text("clock").bytes }
  /// Seconds without a write that are believed, 30 days; more is a leap.
  private static let longestPause: Int64 = 30 * 86400
  /// Seconds that the clock has to go on without a leap, one day.
  private static let probation: Int64 = 86400
  /// How often the store notes what the clock says, in seconds.
  private static let interval: Int64 = 3600

  /// Whether the clock has gone on for a day without a leap, as far as the store has seen; notes
  /// that it is `now`.
  package func isSteady(
    at now: Timestamp, _ transaction: borrowing WriteTransaction
  ) throws(LMDBError) -> Bool {
    var (since, last) = (Timestamp(seconds: 0), Timestamp(seconds: 0))
    if let known = try meta.value(for: Self.key, in: transaction) {
      var reader = Bytes.Reader(known)
      since = Timestamp(seconds: reader.int64() ?? 0)
      last = Timestamp(seconds: reader.int64() ?? 0)
      let step = now.interval(since: last)
      if step < -60 || step > Self.longestPause { since = now }
      guard step < -60 || step >= Self.interval else { return isPast(since, now) }
    }
    let value = Bytes.bigEndian(since.seconds) + Bytes.bigEndian(now.seconds)
    try meta.set(value, for: Self.key, in: transaction)
    return isPast(since, now)
  }

  /// What is remembered.
  package func clock(
    _ transaction: borrowing some LMDB.Transaction & ~Copyable
  ) throws(LMDBError) -> ClockMemory? {
    guard let known = try meta.value(for: Self.key, in: transaction) else { return nil }
    var reader = Bytes.Reader(known)
    guard let since = reader.int64(), let last = reader.int64() else { return nil }
    return ClockMemory(
      steadySince: Timestamp(seconds: since), lastSeen: Timestamp(seconds: last))
  }

  /// Remembers `clock`, if nothing is remembered yet.
  package func remember(
    _ clock: ClockMemory, _ transaction: borrowing WriteTransaction
  ) throws(LMDBError) {
    guard try meta.value(for: Self.key, in: transaction) == nil else { return }
    let value =
      Bytes.bigEndian(clock.steadySince.seconds) + Bytes.bigEndian(clock.lastSeen.seconds)
    try meta.set(value, for: Self.key, in: transaction)
  }

  private func isPast(_ since: Timestamp, _ now: Timestamp) -> Bool {
    now.interval(since: since) >= Self.probation
  }
}

/// What a store remembers of the clock: since when it went on without a leap, and what it said
/// last.
public struct ClockMemory: Equatable, Sendable {
  public var steadySince: Timestamp
  public var lastSeen: Timestamp

  public init(steadySince: Timestamp, lastSeen: Timestamp) {
    (self.steadySince, self.lastSeen) = (steadySince, lastSeen)
  }
}
