public import LMDB
public import Policy

/// What the store knows of a subject: its attempts, oldest first.
///
/// version 1, state 1, time it is filed under in the expiry index 8, then the attempts. Kept
/// packed: a login looks at the times only, of as many as a thousand attempts.
public struct SubjectRecord: Sendable {
  /// Whether it was blocked when this was written; tells that it has become so, or ceased to be.
  var isBlocked = false
  /// Where the expiry index has it.
  private(set) var due: Timestamp
  /// Of every attempt, in the order of the record.
  public private(set) var times: [Timestamp]
  private var ids: [UInt64]
  private var packed: [UInt8]

  /// The version of the layout; a record with a higher one is refused, not guessed at.
  private static let version: UInt8 = 1

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

  func contains(_ id: UInt64) -> Bool { ids.contains(id) }

  /// Whether nothing in it is younger than `period` seconds.
  func hasExpired(period: UInt32, at now: Timestamp) -> Bool {
    !times.contains { $0 >= now.adding(-Int64(period)) }
  }

  mutating func append(_ attempt: RecordedAttempt) {
    times.append(attempt.time)
    ids.append(attempt.id)
    packed += attempt.encoded
  }

  mutating func file(under due: Timestamp) { self.due = due }

  /// Drops the attempts at its front that are older than `oldest`, and those beyond the newest
  /// `count`.
  mutating func trim(before oldest: Timestamp, keeping count: Int) {
    var reader = Bytes.Reader(packed)
    var dropped = 0
    while dropped < times.count, times[dropped] < oldest || times.count - dropped > count,
      RecordedAttempt.skim(&reader) != nil
    {
      dropped += 1
    }
    guard dropped > 0 else { return }
    times.removeFirst(dropped)
    ids.removeFirst(dropped)
    packed = Array(reader.rest)
  }
}

extension SubjectRecord: Storable {
  public var encoded: [UInt8] {
    [Self.version, isBlocked ? 1 : 0] + Bytes.bigEndian(due.seconds) + packed
  }

  public init?(decoding bytes: [UInt8]) {
    var reader = Bytes.Reader(bytes)
    guard reader.byte() == Self.version, let state = reader.byte(), let due = reader.int64() else {
      return nil
    }
    self.init(due: Timestamp(seconds: due))
    isBlocked = state & 1 != 0
    packed = Array(reader.rest)
    while !reader.isAtEnd {
      guard let (id, time) = RecordedAttempt.skim(&reader) else { return nil }
      ids.append(id)
      times.append(time)
    }
  }
}
