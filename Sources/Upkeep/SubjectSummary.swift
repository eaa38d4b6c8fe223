public import BlockList
internal import LMDB
public import Policy

/// What a list tells of a subject: of a name in its history only the hash is taken, and one of
/// these can serve for one subject after the other, so that a million of them cost no memory and
/// little time.
public struct SubjectSummary: Sendable {
  /// Every attempt, as the clock was then.
  public private(set) var times: [Guess] = []
  /// The number of each, which is the same in every history that has the attempt.
  public private(set) var ids: [UInt64] = []
  /// How many of the attempts were judged, and wrong; the others were refused.
  public private(set) var failureCount = 0
  /// Of all times the earliest and the latest; nil if there is no attempt.
  public private(set) var (first, newest): (Timestamp?, Timestamp?)
  /// Its blocks, as they were written.
  public private(set) var series = Series()

  public init() {}

  public init(_ record: SubjectRecord) {
    for guess in record.guesses { note(guess) }
    (failureCount, series) = (record.failureCount, record.series)
    ids = record.attempts.map { $0.id }
  }

  /// Reads a record as `SubjectRecord` does; false if it is none.
  mutating func read(_ record: ArraySlice<UInt8>) -> Bool {
    times.removeAll(keepingCapacity: true)
    ids.removeAll(keepingCapacity: true)
    (failureCount, first, newest, series) = (0, nil, nil, Series())
    guard let start = readHead(of: record) else { return false }
    return RecordedAttempt.skimAll(record[start...]) { attempt in
      if attempt.isFailure { failureCount += 1 }
      ids.append(attempt.id)
      note(attempt.guess)
    }
  }

  /// Says where the attempts begin.
  private mutating func readHead(of record: ArraySlice<UInt8>) -> Int? {
    var reader = Bytes.Reader(record)
    guard let version = reader.byte(), let state = reader.byte(), reader.int64() != nil,
      SubjectRecord.hasState(state, version: version)
    else { return nil }
    if state & 4 != 0, reader.int64() == nil { return nil }
    if state & 8 != 0 {
      guard let count = reader.integer(2), reader.skip(16 * Int(count)) != nil else { return nil }
    }
    if state & 16 != 0, reader.int64() == nil { return nil }
    if state & 32 != 0 {
      guard let written = Series(&reader) else { return nil }
      series = written
    }
    return reader.rest.startIndex
  }

  private mutating func note(_ guess: Guess) {
    let time = guess.time
    times.append(guess)
    if let known = first, known <= time {} else { first = time }
    if let known = newest, known >= time {} else { newest = time }
  }

  /// Whether there are attempts in the future: then they don't count as made when they say.
  func isAhead(of now: Timestamp) -> Bool {
    guard let newest else { return false }
    return newest > now.adding(SubjectRecord.slack)
  }
}

extension SubjectChunk {
  /// The key of a subject as it is stored: see `SubjectKey`.
  public func key(_ index: Int) -> ArraySlice<UInt8> { entries.key(index) }

  /// Reads the record of a subject into `summary`.
  public func summarize(_ index: Int, into summary: inout SubjectSummary) throws(StoreError) {
    if summary.read(entries.value(index)) { return }
    // It says why.
    _ = try entry(index)
  }

  /// When the attempts of a subject count as made, `summary` being of it.
  public func times(
    _ index: Int, _ summary: SubjectSummary, at now: Timestamp
  ) throws(StoreError) -> [Guess] {
    guard summary.isAhead(of: now) else { return summary.times }
    return try entry(index).record.times(at: now)
  }

  /// The blocks of a subject, likewise.
  public func series(
    _ index: Int, _ summary: SubjectSummary, at now: Timestamp
  ) throws(StoreError) -> Series {
    guard summary.isAhead(of: now) else { return summary.series }
    return try entry(index).record.series(at: now)
  }
}
