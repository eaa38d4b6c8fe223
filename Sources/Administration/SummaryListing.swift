internal import BlockList
internal import Policy
internal import Upkeep

/// A subject, and what a list tells of it.
struct SummarizedSubject {
  /// As it is stored: see `SubjectKey`.
  let key: ArraySlice<UInt8>
  let summary: SubjectSummary
  /// When the attempts count as made.
  let times: [Guess]
  /// Its blocks before.
  let series: Series

  /// A key of the store has one.
  var kind: SubjectKind { SubjectKey.kind(of: key) ?? .user }

  var subject: Subject? { SubjectKey(stored: key)?.subject }
}

/// All that is known of one kind of subject, or of all, in the order of their keys: what is stored, and failures
/// that are not written yet.
struct SummaryListing {
  private let blockList: BlockList
  private let kind: Kind?
  private let now: Timestamp

  init(_ blockList: BlockList, _ kind: Kind?, _ now: Timestamp) {
    (self.blockList, self.kind, self.now) = (blockList, kind, now)
  }

  /// Calls `body` with each that the store has as blocked, in as much time as there are of these.
  func forEachBlockedSubject(_ body: (SummarizedSubject) throws -> Void) throws {
    guard try blockList.isBlockedComplete() else { return try forEachSubject(body) }
    let events = try blockList.blocked(at: now).filter {
      kind?.includes($0.subject.kind) ?? true
    }
    let keyed = events.map { ($0, SubjectKey($0.subject).bytes) }
    for (event, key) in keyed.sorted(by: { $0.1.lexicographicallyPrecedes($1.1) }) {
      let isWritten = event.sequence > 0
      let known =
        try isWritten
        ? blockList.record(of: event.subject) : blockList.knownRecord(of: event.subject, at: now)
      if let known { try body(SummarizedSubject(key[...], known, now)) }
    }
  }

  /// Calls `body` with each of them, without the lock.
  ///
  /// They may change meanwhile; a subject that is there from the beginning to the end is there once.
  func forEachSubject(_ body: (SummarizedSubject) throws -> Void) throws {
    var unwritten = try Unwritten(blockList, kind)
    var last = kind.map { SubjectKey.start(of: $0.first) }
    var summary = SubjectSummary()
    while true {
      let chunk = try blockList.chunk(after: last, count: 1000)
      guard let end = chunk.last else { break }
      last = end
      for index in 0..<chunk.count {
        let key = chunk.key(index)
        guard kind?.includes(SubjectKey.kind(of: key) ?? .user) ?? true else {
          // Behind the hosts there are none.
          if kind == .host { return try unwritten.takeRest(now, body) }
          continue
        }
        if !unwritten.isEmpty {
          try unwritten.take(before: key, now, body)
          if let own = unwritten.take(key) {
            let record = SubjectRecord(try chunk.entry(index).record, adding: own)
            try body(SummarizedSubject(key, record, now))
            continue
          }
        }
        try chunk.summarize(index, into: &summary)
        let times = try chunk.times(index, summary, at: now)
        try body(
          SummarizedSubject(
            key: key, summary: summary, times: times,
            series: try chunk.series(index, summary, at: now)))
      }
    }
    try unwritten.takeRest(now, body)
  }
}

/// Failures that are not in the store yet, in the order of their subjects; mostly a few.
private struct Unwritten {
  private var waiting: [(key: [UInt8], attempts: [RecordedAttempt])] = []

  init(_ blockList: BlockList, _ kind: Kind?) throws {
    for failure in try blockList.unwrittenFailures(at: .now) {
      if let kind, !kind.includes(failure.subject.kind) { continue }
      let key = SubjectKey(failure.subject).bytes
      if let index = waiting.firstIndex(where: { $0.key == key }) {
        waiting[index].attempts.append(failure.attempt)
      } else {
        waiting.append((key, [failure.attempt]))
      }
    }
    // The next one stands last.
    waiting.sort { $1.key.lexicographicallyPrecedes($0.key) }
  }

  var isEmpty: Bool { waiting.isEmpty }

  /// Calls `body` with those that aren't in the store, and would stand before `key`.
  mutating func take(
    before key: ArraySlice<UInt8>, _ now: Timestamp, _ body: (SummarizedSubject) throws -> Void
  ) throws {
    while let next = waiting.last, next.key.lexicographicallyPrecedes(key) {
      waiting.removeLast()
      try body(SummarizedSubject(next.key[...], SubjectRecord(nil, adding: next.attempts), now))
    }
  }

  mutating func takeRest(_ now: Timestamp, _ body: (SummarizedSubject) throws -> Void) throws {
    try take(before: [0xFF], now, body)
  }

  /// Those of `key`, if it has any.
  mutating func take(_ key: ArraySlice<UInt8>) -> [RecordedAttempt]? {
    guard waiting.last?.key.elementsEqual(key) == true else { return nil }
    return waiting.removeLast().attempts
  }
}

extension SummarizedSubject {
  fileprivate init(_ key: ArraySlice<UInt8>, _ record: SubjectRecord, _ now: Timestamp) {
    self.init(
      key: key, summary: SubjectSummary(record), times: record.times(at: now),
      series: record.series(at: now))
  }
}
