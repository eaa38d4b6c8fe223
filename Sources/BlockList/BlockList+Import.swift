internal import LMDB
internal import Platform
public import Policy

/// What another store knew of a subject.
public struct ImportedHistory: Sendable {
  public let subject: Subject
  /// Whether it was blocked there when last looked at, so that a command has been run for it.
  public let wasBlocked: Bool
  /// In any order. Their ids tell whether they have been imported before.
  public let attempts: [RecordedAttempt]

  public init(_ subject: Subject, wasBlocked: Bool, _ attempts: [RecordedAttempt]) {
    (self.subject, self.wasBlocked, self.attempts) = (subject, wasBlocked, attempts)
  }
}

extension BlockList {
  /// Adds what another store knew to what is known, all of it in one commit, and says how many of
  /// the attempts are new.
  ///
  /// No command is run for it: who was blocked there is only taken over as blocked. Of the attempts
  /// of a subject no more are kept than `limits` allows, the newest ones.
  ///
  /// - Parameter histories: no more than 500, since logins wait meanwhile.
  public func add(
    _ histories: some Collection<ImportedHistory>, at now: Timestamp
  ) throws(StoreError) -> Int {
    var added = 0
    try locked(.exclusive) { (store) throws(StoreError) in
      try store.write { (transaction, schema) throws(LMDBError) in
        for history in histories where !history.attempts.isEmpty {
          added += try add(history, transaction, schema)
        }
      }
    }
    return added
  }

  private func add(
    _ history: ImportedHistory, _ transaction: borrowing WriteTransaction, _ schema: Schema
  ) throws(LMDBError) -> Int {
    let key = SubjectKey(history.subject)
    let known = try schema.subjects.value(for: key, in: transaction)
    let new = history.attempts.filter { known?.contains($0.id) != true }
    guard !new.isEmpty else { return 0 }
    let all = ((known?.attempts ?? []) + new).sorted { $0.time < $1.time }
    let kept = all.suffix(Int(configuration.limits.upper))
    let period = Int64(configuration.purge(for: history.subject))
    let newest = kept.last?.time ?? Timestamp(seconds: 0)
    var record = SubjectRecord(due: known?.due ?? newest.adding(period + 1))
    record.isBlocked = known?.isBlocked ?? history.wasBlocked
    for attempt in kept { record.append(attempt) }
    if let known { record.file(under: known.due, asBlocked: known.isFiledAsBlocked) }
    try schema.set(record, for: key, transaction)
    return new.count
  }
}
