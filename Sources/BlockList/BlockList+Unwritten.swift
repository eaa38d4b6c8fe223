internal import LMDB
internal import Platform
public import Policy

/// A failure that counts already, but is not in the store yet: it stands in the journal, or its
/// process waits for the lock, or was killed before it had it.
public struct UnwrittenFailure: Sendable {
  public let subject: Subject
  public let attempt: RecordedAttempt
}

extension BlockList {
  /// All of these, for each of the subjects that they count for.
  public func unwrittenFailures() throws(StoreError) -> [UnwrittenFailure] {
    var failures: [UnwrittenFailure] = []
    try locked(.shared) { (store) throws(StoreError) in
      failures = try InFlightTable.load(in: store).unwritten
    }
    return failures
  }

  /// What is known of `subject`, also of failures that are not written yet: what the module judges
  /// by. Nil if nothing.
  public func knownRecord(of subject: Subject) throws(StoreError) -> SubjectRecord? {
    var (known, unwritten): (SubjectRecord?, [UnwrittenFailure]) = (nil, [])
    try locked(.shared) { (store) throws(StoreError) in
      unwritten = try InFlightTable.load(in: store).unwritten
      try store.read { (transaction, schema) throws(LMDBError) in
        known = try schema.subjects.value(for: SubjectKey(subject), in: transaction)
      }
    }
    let own = unwritten.filter { $0.subject == subject }.map { $0.attempt }
    return own.isEmpty ? known : SubjectRecord(known, adding: own)
  }
}

extension SubjectRecord {
  /// `known` and those of `attempts` that it hasn't; for a look only.
  public init(_ known: SubjectRecord?, adding attempts: [RecordedAttempt]) {
    self = known ?? SubjectRecord(due: Timestamp(seconds: 0))
    for attempt in attempts where !contains(attempt.id) { append(attempt) }
  }
}

extension InFlightTable {
  fileprivate var unwritten: [UnwrittenFailure] {
    var failures: [UnwrittenFailure] = []
    for entry in all where !entry.state.isOpen {
      for subject in entry.subjects {
        failures.append(UnwrittenFailure(subject: subject, attempt: entry.recorded(of: subject)))
      }
    }
    return failures
  }
}
