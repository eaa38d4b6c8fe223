internal import BlockList
internal import Policy
internal import Upkeep

/// All that is known of every subject, attempt for attempt: what is stored, and
/// what waits in the table and in the journal. Nothing is changed.
struct RecordListing {
  private let blockList: BlockList
  /// What waits, for each of its subjects.
  let waiting: [UnwrittenFailure]

  init(_ blockList: BlockList, at now: Timestamp) throws {
    self.blockList = blockList
    // First: an attempt leaves the table only once it is in the store.
    waiting = try blockList.unwrittenFailures(at: now)
  }

  /// Calls `body` with each of them, without the lock.
  ///
  /// They may change meanwhile; one that is there from the beginning to the end is there once.
  func forEachSubject(_ body: (Subject, SubjectRecord) throws -> Void) throws {
    var own = Dictionary(grouping: waiting) { SubjectKey($0.subject).bytes }
    var last: SubjectKey?
    while true {
      let read = try blockList.subjects(after: last, count: 1000)
      guard let end = read.last else { break }
      last = end.key
      for (key, record) in read {
        guard let subject = key.subject else { continue }
        let added = own.removeValue(forKey: key.bytes)?.map { $0.attempt } ?? []
        try body(subject, added.isEmpty ? record : SubjectRecord(record, adding: added))
      }
    }
    for failures in own.values.sorted(by: { SubjectKey($0[0].subject) < SubjectKey($1[0].subject) })
    {
      try body(failures[0].subject, SubjectRecord(nil, adding: failures.map { $0.attempt }))
    }
  }
}

extension SubjectKey {
  fileprivate static func < (left: SubjectKey, right: SubjectKey) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

/// How many subjects are blocked now.
struct BlockedCount {
  private(set) var kinds = KindCount()
  private let judge: Judge
  private let now: Timestamp

  init(_ configuration: Configuration, _ decrees: DecreeBook, at now: Timestamp) {
    (judge, self.now) = (Judge(configuration, nil, decrees, now), now)
  }

  mutating func add(_ subject: Subject, _ times: [Guess], _ series: Series) {
    let key = SubjectKey(subject).bytes[...]
    let summarized = SummarizedSubject(
      key: key, summary: SubjectSummary(), times: times, series: series)
    guard judge.standing(of: summarized).block != nil else { return }
    kinds.add(subject.kind)
  }
}

/// How many attempts, by what came of them.
struct Tally: Equatable {
  private(set) var (failed, refused) = (0, 0)

  var all: Int { failed + refused }

  mutating func add(_ state: RecordedAttempt.State) {
    switch state {
    case .failed: failed += 1
    case .refused: refused += 1
    }
  }

  mutating func add(_ other: Tally) {
    failed += other.failed
    refused += other.refused
  }
}
