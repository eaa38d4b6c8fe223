public import BlockList
internal import LMDB
internal import Platform
public import Policy
internal import Text

/// A failure that counts already, but is not in the store yet: it stands in the journal, or its
/// process waits for the lock, or was killed before it had it.
public struct UnwrittenFailure: Sendable {
  public let subject: Subject
  public let attempt: RecordedAttempt
  /// All that it is, and counts for.
  fileprivate let whole: Attempt
}

extension BlockList {
  /// All of these, for each of the subjects that they count for.
  public func unwrittenFailures(at now: Timestamp) throws(StoreError) -> [UnwrittenFailure] {
    try counted(try unwrittenEntries(at: now), at: now)
  }

  /// What is known of `subject`, also of failures that are not written yet: what the module judges
  /// by. Nil if nothing.
  public func knownRecord(
    of subject: Subject, at now: Timestamp
  ) throws(StoreError) -> SubjectRecord? {
    // In this order: a failure leaves the table only once it is in the store.
    let entries = try unwrittenEntries(at: now)
    var known = try record(of: subject)
    for entry in entries where entry.state == .retracted { known?.remove(entry.id) }
    for entry in entries where entry.state == .succeeded && entry.subjects.contains(subject) {
      var record = known ?? SubjectRecord(due: Timestamp(seconds: 0))
      record.lastLogin = max(record.lastLogin ?? entry.time, entry.time)
      known = record
    }
    let own = try counted(entries, of: subject, at: now)
    return own.isEmpty ? known : SubjectRecord(known, adding: own.map { $0.attempt })
  }

  /// The failures among `entries` that count, of all subjects or of one: those that a decree
  /// doesn't let pass, nor let pass when they failed; at home where the user is known.
  private func counted(
    _ entries: [InFlight], of one: Subject? = nil, at now: Timestamp
  ) throws(StoreError) -> [UnwrittenFailure] {
    let failures = entries.unwritten.filter { one == nil || $0.subject == one }
    guard !failures.isEmpty else { return [] }
    let homes = entries.filter { $0.state == .succeeded }.flatMap { $0.subjects }
    // Where a user isn't known, failures count for the user alone.
    func isPlace(_ failure: UnwrittenFailure) -> Bool {
      failure.subject.kind != .home || failure.whole.isAtOwnAccount
        || homes.contains(failure.subject)
    }
    var counted = failures.filter { isPlace($0) }
    try locked(.shared) { (store) throws(StoreError) in
      try store.read { (transaction, schema) throws(LMDBError) in
        counted = []
        for failure in failures {
          let (subject, time) = (failure.subject, failure.attempt.time)
          let isFreed = try schema.frees(
            subject, of: failure.whole, failedAt: time, at: now, transaction)
          if isFreed { continue }
          if !isPlace(failure),
            try schema.subjects.value(for: SubjectKey(subject), in: transaction) == nil
          {
            continue
          }
          counted.append(failure)
        }
      }
    }
    return counted
  }
}

extension BlockList {
  /// Brings what waits in the journal into the store, for readers that want it there; says why if
  /// that can't be done.
  public func fileWaiting(at now: Timestamp) {
    do throws(StoreError) { try fileAll(at: now) } catch { noteUnfiled(error) }
  }

  /// Likewise with the lock held.
  func fileWaiting(in store: borrowing Store, at now: Timestamp) {
    do throws(StoreError) { try fileAll(in: store, at: now) } catch { noteUnfiled(error) }
  }

  private func noteUnfiled(_ error: StoreError) {
    notice(.error, "the last failures stay in the journal: \(error.message)")
  }

  func fileAll(at now: Timestamp) throws(StoreError) {
    try locked(.exclusive) { (store) throws(StoreError) in try fileAll(in: store, at: now) }
  }

  private func fileAll(in store: borrowing Store, at now: Timestamp) throws(StoreError) {
    let table = try store.home.table()
    try checkpoint(table, at: now, in: store)
    if table.hasPredecessor { store.home.freeOld() }
  }
}

extension BlockList {
  /// What stands in the table and beside it, each once.
  private func unwrittenEntries(at now: Timestamp) throws(StoreError) -> [InFlight] {
    var entries = try entries(at: now)
    var beside: [InFlight] = []
    try shelteredHome(withRun: true) { (home) throws(StoreError) in
      beside = try home.lateFailures() + home.oldFailures
    }
    for failure in beside where !entries.contains(where: { $0.id == failure.id }) {
      entries.append(failure)
    }
    return entries
  }
}

extension SubjectRecord {
  /// `known` and those of `attempts` that it hasn't; for a look only.
  public init(_ known: SubjectRecord?, adding attempts: [RecordedAttempt]) {
    self = known ?? SubjectRecord(due: Timestamp(seconds: 0))
    for attempt in attempts where !contains(attempt.id) { append(attempt) }
  }
}

extension [InFlight] {
  fileprivate var unwritten: [UnwrittenFailure] {
    var failures: [UnwrittenFailure] = []
    var known = filter { $0.state == .retracted }.map { $0.id }
    for entry in self where entry.state.isFailure && !known.contains(entry.id) {
      known.append(entry.id)
      for subject in entry.subjects {
        failures.append(
          UnwrittenFailure(
            subject: subject, attempt: entry.recorded(of: subject), whole: entry.attempt))
      }
    }
    return failures
  }
}
