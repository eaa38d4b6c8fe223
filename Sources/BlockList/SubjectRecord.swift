public import LMDB
public import Policy

/// What the store knows of a subject: its attempts, oldest first.
///
/// version 1, state 1, time it is filed under in the expiry index 8, if the state says so when
/// attempts were first seen ahead of the clock 8, then the attempts. Kept packed: a login looks at
/// the times only, of as many as a thousand attempts.
public struct SubjectRecord: Sendable {
  /// Whether it was blocked when this was written; tells that it has become so, or ceased to be.
  var isBlocked = false
  /// Where the expiry index has it.
  private(set) var due: Timestamp
  /// Whether the expiry index has it among those that were blocked when the store was full.
  private(set) var isFiledAsBlocked = false
  /// When attempts were first seen to lie in the future: the clock has been set back.
  private(set) var aheadSince: Timestamp?
  /// Of every attempt, in the order of the record, as the clock was then.
  public private(set) var times: [Timestamp]
  private var ids: [UInt64]
  private var packed: [UInt8]

  /// The version of the layout; a record with a higher one is refused, not guessed at.
  private static let version: UInt8 = 2
  /// How far ahead of the clock an attempt may lie, in seconds: one process reads it before it
  /// waits for the lock, another one behind it.
  private static let slack: Int64 = 60

  /// Nothing yet, to be filed under `due`.
  init(due: Timestamp) {
    self.due = due
    (times, ids, packed) = ([], [], [])
  }

  /// All of the attempts, in full.
  public var attempts: [RecordedAttempt] {
    var reader = Bytes.Reader(packed)
    var attempts: [RecordedAttempt] = []
    while let attempt = RecordedAttempt(&reader) { attempts.append(attempt) }
    return attempts
  }

  /// How many of the attempts were judged, and wrong; the others were refused.
  public var failureCount: Int {
    var reader = Bytes.Reader(packed)
    var count = 0
    while let state = reader.rest.dropFirst(16).first, RecordedAttempt.skim(&reader) != nil {
      if state == RecordedAttempt.State.failed.rawValue { count += 1 }
    }
    return count
  }

  /// Of all times the latest; nil if there is no attempt.
  public var newest: Timestamp? { times.max() }

  /// When the attempts count as made. One in the future counts from when that was first seen, so
  /// that a clock that was set back blocks nobody for ever; and as what it was once the clock is
  /// right again, so that no block is lost.
  public func times(at now: Timestamp) -> [Timestamp] {
    let seen = min(aheadSince ?? now, now)
    var counted = times
    for index in counted.indices where counted[index] > now.adding(Self.slack) {
      counted[index] = seen
    }
    return counted
  }

  /// Whether there are attempts in the future that have not been seen so.
  func isNewlyAhead(at now: Timestamp) -> Bool {
    guard let newest, newest > now.adding(Self.slack) else { return false }
    guard let aheadSince else { return true }
    return aheadSince > now.adding(Self.slack)
  }

  /// Notes since when attempts lie in the future, if some do.
  mutating func noteAhead(at now: Timestamp) {
    if isNewlyAhead(at: now) { aheadSince = now }
  }

  /// Bytes that the attempts take.
  var size: Int { packed.count }

  func contains(_ id: UInt64) -> Bool { ids.contains(id) }

  /// Whether nothing in it is younger than `period` seconds.
  func hasExpired(period: UInt32, at now: Timestamp) -> Bool {
    !times(at: now).contains { $0 >= now.adding(-Int64(period)) }
  }

  /// Takes over from another store since when attempts lie in the future.
  mutating func note(aheadSince: Timestamp?) { self.aheadSince = aheadSince }

  mutating func append(_ attempt: RecordedAttempt) {
    times.append(attempt.time)
    ids.append(attempt.id)
    packed += attempt.encoded
  }

  mutating func file(under due: Timestamp, asBlocked isFiledAsBlocked: Bool = false) {
    (self.due, self.isFiledAsBlocked) = (due, isFiledAsBlocked)
  }

  /// Drops the attempts at its front that are older than `period` seconds, and those beyond the
  /// newest `count`.
  mutating func trim(olderThan period: Int64, at now: Timestamp, keeping count: Int) {
    let oldest = now.adding(-period)
    let counted = times(at: now)
    var reader = Bytes.Reader(packed)
    var dropped = 0
    while dropped < times.count, counted[dropped] < oldest || times.count - dropped > count,
      RecordedAttempt.skim(&reader) != nil
    {
      dropped += 1
    }
    guard dropped > 0 else { return }
    times = Array(times[dropped...])
    ids = Array(ids[dropped...])
    packed = Array(reader.rest)
  }
}

extension SubjectRecord: Storable {
  public var encoded: [UInt8] {
    var state: UInt8 = isBlocked ? 1 : 0
    if isFiledAsBlocked { state |= 2 }
    var ahead: [UInt8] = []
    if let aheadSince {
      state |= 4
      ahead = Bytes.bigEndian(aheadSince.seconds)
    }
    return [Self.version, state] + Bytes.bigEndian(due.seconds) + ahead + packed
  }

  public static func isNewer(_ bytes: [UInt8]) -> Bool { (bytes.first ?? 0) > version }

  public init?(decoding bytes: [UInt8]) {
    var reader = Bytes.Reader(bytes)
    // The first version had no more than the lowest bit of the state.
    guard let version = reader.byte(), version == 1 || version == Self.version,
      let state = reader.byte(), state < (version == 1 ? 2 : 8), let due = reader.int64()
    else { return nil }
    self.init(due: Timestamp(seconds: due))
    (isBlocked, isFiledAsBlocked) = (state & 1 != 0, state & 2 != 0)
    if state & 4 != 0 {
      guard let seconds = reader.int64() else { return nil }
      aheadSince = Timestamp(seconds: seconds)
    }
    packed = Array(reader.rest)
    while !reader.isAtEnd {
      guard let (id, time) = RecordedAttempt.skim(&reader) else { return nil }
      ids.append(id)
      times.append(time)
    }
  }
}
