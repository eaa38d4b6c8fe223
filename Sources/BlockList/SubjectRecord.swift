public import LMDB
public import Policy

/// What the store knows of a subject: its attempts, oldest first.
///
/// version 1, state 1, time it is filed under in the expiry index 8, if the state says so when
/// attempts were first seen ahead of the clock 8, how many are pardoned 2 and their ids and times
/// 16 each, when the user was last let in 8, and its blocks: how many there were 2, when the last
/// one began 8 and ended 8, when the one before ended 8, until when the last one lasts at least 8,
/// and up to when attempts have been looked at 8; then the attempts, few of them ever unpacked.
public struct SubjectRecord: Sendable {
  /// Whether it was blocked when this was written; tells that it has become so, or ceased to be.
  package var isBlocked = false
  /// Where the expiry index has it.
  package private(set) var due: Timestamp
  /// Whether the expiry index has it among those that were blocked when the store was full.
  package private(set) var isFiledAsBlocked = false
  /// When attempts were first seen to lie in the future: the clock has been set back.
  package private(set) var aheadSince: Timestamp?
  /// Every attempt, in the order of the record, as the clock was then.
  package private(set) var guesses: [Guess]
  private var ids: [UInt64]
  private var packed: ArraySlice<UInt8>
  /// Failures that were forgiven while they still stood in the table or the journal: known, so that
  /// they don't come back, and counted no more. `ids` and `packed` don't have them.
  private var pardoned: [Pardon] = []
  /// Of a user at home: when the last login was right, to a day; nil of all other subjects.
  public package(set) var lastLogin: Timestamp?
  /// Its blocks, where their lengths grow.
  package var series = Series()

  struct Pardon: Equatable {
    let id: UInt64
    let time: Timestamp
  }

  /// The version of the layout; a record with a higher one is refused, not guessed at. 3 is written
  /// where no blocks are counted, and 2 where none is pardoned either, no login was right, and no
  /// attempt was at a user that doesn't exist.
  private static let version: UInt8 = 4
  /// How far ahead of the clock an attempt may lie, in seconds: one process reads it before it
  /// waits for the lock, another one behind it.
  package static let slack: Int64 = 60

  /// Nothing yet, to be filed under `due`.
  package init(due: Timestamp) {
    self.due = due
    (guesses, ids, packed) = ([], [], [])
  }

  /// Of every attempt, in the order of the record, as the clock was then.
  public var times: [Timestamp] { guesses.map { $0.time } }

  /// All of the attempts, in full.
  public var attempts: [RecordedAttempt] {
    var reader = Bytes.Reader(packed)
    var attempts: [RecordedAttempt] = []
    while let attempt = RecordedAttempt(&reader) { attempts.append(attempt) }
    return attempts
  }

  /// How many attempts there are.
  package var count: Int { ids.count }

  /// How many of the attempts were judged, and wrong; the others were refused.
  public var failureCount: Int {
    var count = 0
    _ = RecordedAttempt.skimAll(packed) { if $0.isFailure { count += 1 } }
    return count
  }

  /// Of all times the latest; nil if there is no attempt.
  public var newest: Timestamp? { guesses.max()?.time }

  /// When the attempts count as made, and their users. One in the future counts from when
  /// that was first seen, so that a clock that was set back blocks none for ever; and as what it
  /// was once the clock is right again, so that no block is lost.
  public func times(at now: Timestamp) -> [Guess] {
    let seen = min(aheadSince ?? now, now)
    var counted = guesses
    for index in counted.indices where counted[index].time > now.adding(Self.slack) {
      counted[index].time = seen
    }
    return counted
  }

  /// Likewise, but for those that turned out to be none.
  func times(at now: Timestamp, without retracted: [UInt64]) -> [Guess] {
    guard !retracted.isEmpty else { return times(at: now) }
    var counted: [Guess] = []
    for (index, time) in times(at: now).enumerated() where !retracted.contains(ids[index]) {
      counted.append(time)
    }
    return counted
  }

  /// Its blocks, as they count now: one that began in the future began when that was first seen.
  @inline(never)
  public func series(at now: Timestamp) -> Series {
    var counted = series
    if counted.begin > now.adding(Self.slack) { counted.begin = min(aheadSince ?? now, now) }
    return counted
  }

  /// Takes over what `settled` tells of `series(at: now)`; a beginning stays what the clock said.
  @inline(never)
  mutating func take(_ settled: Series, at now: Timestamp) {
    let begin = settled.begin == series(at: now).begin ? series.begin : settled.begin
    series = settled
    series.begin = begin
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

  package func contains(_ id: UInt64) -> Bool {
    ids.contains(id) || pardoned.contains { $0.id == id }
  }

  /// Forgets all attempts; those of `ids` are pardoned.
  package mutating func forgive(_ known: [UInt64]) {
    for (index, id) in ids.enumerated() where known.contains(id) {
      pardoned.append(Pardon(id: id, time: guesses[index].time))
    }
    (guesses, ids, packed, isBlocked, aheadSince) = ([], [], [], false, nil)
    series = Series()
  }

  /// Whether there is nothing to remember.
  package var isEmpty: Bool {
    ids.isEmpty && pardoned.isEmpty && lastLogin == nil && series.count == 0
  }

  /// Whether nothing in it is younger than `period` seconds.
  func hasExpired(period: UInt32, at now: Timestamp) -> Bool {
    let oldest = now.adding(-Int64(period))
    return !times(at: now).contains { $0.time >= oldest }
      && !pardoned.contains { $0.time >= oldest }
  }

  /// Takes over from another store since when attempts lie in the future.
  package mutating func note(aheadSince: Timestamp?) { self.aheadSince = aheadSince }

  package mutating func append(_ attempt: RecordedAttempt) {
    guesses.append(Guess(attempt.time, attempt.tried))
    ids.append(attempt.id)
    packed += attempt.encoded
    series.note(attempt.time)
  }

  /// Takes an attempt out; it may be absent.
  package mutating func remove(_ id: UInt64) {
    guard let index = ids.firstIndex(of: id) else { return }
    var reader = Bytes.Reader(packed)
    for _ in 0..<index { _ = RecordedAttempt.skim(&reader) }
    let front = reader.rest.startIndex
    _ = RecordedAttempt.skim(&reader)
    packed = packed[..<front] + reader.rest
    ids.remove(at: index)
    guesses.remove(at: index)
  }

  package mutating func file(under due: Timestamp, asBlocked isFiledAsBlocked: Bool = false) {
    (self.due, self.isFiledAsBlocked) = (due, isFiledAsBlocked)
  }

  /// Drops the attempts at its front that are older than `period` seconds, those beyond the newest
  /// `count` that came before `spared`, and those beyond the most that are ever kept.
  mutating func trim(
    olderThan period: Int64, at now: Timestamp, keeping count: Int, from spared: Timestamp
  ) {
    let oldest = now.adding(-period)
    pardoned.removeAll { $0.time < oldest }
    let counted = times(at: now)
    var reader = Bytes.Reader(packed)
    var dropped = 0
    while dropped < ids.count {
      let (rest, time) = (ids.count - dropped, counted[dropped].time)
      let isTooMany = rest > count && (time < spared || rest >= Int(Limit.most))
      guard time < oldest || isTooMany, RecordedAttempt.skim(&reader) != nil else { break }
      dropped += 1
    }
    guard dropped > 0 else { return }
    guesses = Array(guesses[dropped...])
    ids = Array(ids[dropped...])
    packed = reader.rest
  }
}

extension SubjectRecord: Storable {
  public var encoded: [UInt8] {
    var state: UInt8 = isBlocked ? 1 : 0
    if isFiledAsBlocked { state |= 2 }
    var more: [UInt8] = []
    if let aheadSince {
      state |= 4
      more = Bytes.bigEndian(aheadSince.seconds)
    }
    if !pardoned.isEmpty {
      state |= 8
      more += Bytes.bigEndian(UInt64(pardoned.count), count: 2)
      for pardon in pardoned {
        more += Bytes.bigEndian(pardon.id) + Bytes.bigEndian(pardon.time.seconds)
      }
    }
    if let lastLogin {
      state |= 16
      more += Bytes.bigEndian(lastLogin.seconds)
    }
    if series.count > 0 {
      state |= 32
      more += series.encoded
    }
    let isPlain = state & 24 == 0 && !guesses.contains { $0.tried.isUnknown == true }
    let version: UInt8 = state & 32 != 0 ? Self.version : isPlain ? 2 : 3
    return [version, state] + Bytes.bigEndian(due.seconds) + more + packed
  }

  /// Whether a newer version wrote it.
  public static func isNewer(_ bytes: [UInt8]) -> Bool { (bytes.first ?? 0) > version }

  /// The states that each version has.
  package static func hasState(_ state: UInt8, version: UInt8) -> Bool {
    switch version {
    case 1: state < 2
    case 2: state < 8
    case 3: state < 32
    default: version == Self.version && state < 64
    }
  }

  public init?(decoding bytes: [UInt8]) {
    var reader = Bytes.Reader(bytes)
    guard let version = reader.byte(), let state = reader.byte(), let due = reader.int64(),
      Self.hasState(state, version: version)
    else { return nil }
    self.init(due: Timestamp(seconds: due))
    (isBlocked, isFiledAsBlocked) = (state & 1 != 0, state & 2 != 0)
    if state & 4 != 0 {
      guard let seconds = reader.int64() else { return nil }
      aheadSince = Timestamp(seconds: seconds)
    }
    guard let count = state & 8 != 0 ? reader.integer(2) : 0 else { return nil }
    for _ in 0..<count {
      guard let id = reader.integer(8), let seconds = reader.int64() else { return nil }
      pardoned.append(Pardon(id: id, time: Timestamp(seconds: seconds)))
    }
    if state & 16 != 0 {
      guard let seconds = reader.int64() else { return nil }
      lastLogin = Timestamp(seconds: seconds)
    }
    if state & 32 != 0 {
      guard let series = Series(&reader) else { return nil }
      self.series = series
    }
    packed = reader.rest
    // Of an attempt with a user and a service of the usual lengths; more find room, too.
    ids.reserveCapacity(packed.count / 32)
    guesses.reserveCapacity(packed.count / 32)
    let isWhole = RecordedAttempt.skimAll(packed) { attempt in
      ids.append(attempt.id)
      guesses.append(attempt.guess)
    }
    guard isWhole else { return nil }
  }
}
