public import BlockList
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
  /// Adds what another program's store knew to what is known, all of it in one commit, and says how
  /// many of the attempts are new.
  ///
  /// No command is run for it: a subject that was blocked there is only taken over as blocked. Of
  /// the attempts of a subject no more are kept than `limits` allows, the newest ones.
  ///
  /// - Parameter histories: no more than 500, since logins wait meanwhile.
  public func add(_ histories: [ImportedHistory], at now: Timestamp) throws(StoreError) -> Int {
    let subjects = histories.filter { !$0.attempts.isEmpty }.map { history in
      var stored = StoredSubject(
        counted(history.subject), attempts: history.attempts.sorted { $0.time < $1.time })
      stored.isBlocked = history.wasBlocked
      return stored
    }
    return try restore(subjects, nil, limited: true)
  }

  /// What another program counted by an address is counted by its prefix, and each spelling of a
  /// user as one.
  private func counted(_ subject: Subject) -> Subject {
    guard case .host(let host) = subject else { return configuration.counted(subject) }
    return configuration.subjects(of: host)[0]
  }

  /// Takes back what a store has kept: all of it in one commit; says how many of the attempts are
  /// new.
  ///
  /// A subject that isn't known here is taken over as it is, to the byte. A known one gets the
  /// attempts that it lacks; no more are kept of them than `limits` allows, the newest ones. No
  /// command is run for it.
  ///
  /// - Parameters:
  ///   - subjects: no more than 500, since logins wait meanwhile.
  ///   - clock: is taken over where nothing of the clock is remembered.
  /// - Throws: an error that `isFull` if they don't leave enough of the store free.
  public func restore(
    _ subjects: [StoredSubject], _ clock: ClockMemory?
  ) throws(StoreError) -> Int {
    try restore(subjects, clock, limited: false)
  }

  private func restore(
    _ subjects: [StoredSubject], _ clock: ClockMemory?, limited: Bool
  ) throws(StoreError) -> Int {
    var added = 0
    try locked(.exclusive) { (store) throws(StoreError) in
      try store.write { (transaction, schema) throws(LMDBError) in
        for subject in subjects {
          added += try merge(subject, limited: limited, transaction, schema)
        }
        if let clock { try schema.remember(clock, transaction) }
        guard try !schema.isNearlyFull(transaction) else { throw .full }
      }
    }
    return added
  }

  private func merge(
    _ stored: StoredSubject, limited: Bool,
    _ transaction: borrowing WriteTransaction, _ schema: Schema
  ) throws(LMDBError) -> Int {
    let (key, now) = (SubjectKey(stored.subject), Timestamp(seconds: Clock.now))
    let known = try schema.subjects.value(for: key, in: transaction)
    let new = stored.attempts.filter { known?.contains($0.id) != true }
    var merged = stored
    if let known {
      guard !new.isEmpty else { return 0 }
      merged = StoredSubject(stored.subject, known)
      merged.attempts = (merged.attempts + new).sorted { $0.time < $1.time }
      merged.aheadSince = known.aheadSince ?? stored.aheadSince
      if stored.series.begin > known.series.begin { merged.series = stored.series }
      for attempt in new where merged.series.count > 0 { merged.series.note(attempt.time) }
    }
    if known != nil || limited {
      merged.attempts = merged.attempts.suffix(Int(configuration.limits.upper))
    }
    let newest = merged.attempts.map { $0.time }.max() ?? Timestamp(seconds: 0)
    let due = newest.adding(Int64(configuration.purge(for: stored.subject)) + 1)
    let record = merged.record(due: due)
    try schema.set(record, for: key, transaction)
    if record.isBlocked, known?.isBlocked != true {
      let block = block(of: stored.subject, record, at: now)
      try schema.note(
        Change(stored.subject, .began, .transfer, block, failures: record.count),
        at: now, transaction)
    }
    return new.count
  }
}
