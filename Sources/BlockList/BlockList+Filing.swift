internal import LMDB
internal import Platform
internal import Policy

extension BlockList {
  /// Writes failures to the store, in one commit; those that are there already are left alone.
  func file(
    _ failures: [InFlight], at now: Timestamp, in store: borrowing Store
  ) throws(StoreError) {
    try commit(to: store) { (transaction, schema, changes) throws(LMDBError) in
      for failure in failures {
        for subject in failure.subjects {
          let attempt = RecordedAttempt(
            id: failure.id, time: failure.time, state: .failed, reason: .authentication,
            service: failure.attempt.service,
            counterpart: failure.attempt.counterpart(of: subject))
          try append(
            attempt, to: subject, of: failure.attempt, at: now, transaction, schema, &changes)
        }
      }
      try expire(2, at: now, transaction, schema, &changes)
    }
  }

  /// Writes an attempt that was refused to the histories of `subjects`, so that they stay blocked
  /// if they go on.
  func record(
    refused attempt: Attempt, for subjects: [Subject], because blocked: [Subject],
    at now: Timestamp, in store: borrowing Store
  ) throws(StoreError) {
    let reason: RecordedAttempt.Reason =
      switch blocked.first {
      case .host where blocked.count == 1: .host
      case .user: .user
      default: .both
      }
    let id = Random.number
    try commit(to: store) { (transaction, schema, changes) throws(LMDBError) in
      for subject in subjects {
        let refused = RecordedAttempt(
          id: id, time: now, state: .refused, reason: reason, service: attempt.service,
          counterpart: attempt.counterpart(of: subject))
        try append(refused, to: subject, of: attempt, at: now, transaction, schema, &changes)
      }
      try expire(2, at: now, transaction, schema, &changes)
    }
  }

  /// Writes what `body` does, in one commit; the changes are told only then.
  func commit(
    to store: borrowing Store,
    _ body: (borrowing WriteTransaction, Schema, inout [Change]) throws(LMDBError) -> Void
  ) throws(StoreError) {
    var made: [Change] = []
    try store.write { (transaction, schema) throws(LMDBError) in
      try body(transaction, schema, &made)
    }
    changes += made
  }

  private func append(
    _ recorded: RecordedAttempt, to subject: Subject, of attempt: Attempt, at now: Timestamp,
    _ transaction: borrowing WriteTransaction, _ schema: Schema, _ changes: inout [Change]
  ) throws(LMDBError) {
    let key = SubjectKey(subject)
    let period = Int64(configuration.purge(for: subject))
    var record: SubjectRecord
    if let known = try schema.subjects.value(for: key, in: transaction) {
      record = known
    } else {
      record = SubjectRecord(due: now.adding(period + 1))
      try schema.expiry.set([], for: ExpiryKey(record.due, key), in: transaction)
    }
    guard !record.contains(recorded.id) else { return }
    // A block may have ended unnoticed since the last attempt, and begin anew with this one.
    note(subject, nil, in: &record, at: now, &changes)
    record.makeRoom(in: configuration.limits, after: now.adding(-period))
    record.append(recorded)
    note(subject, attempt, in: &record, at: now, &changes)
    try schema.subjects.set(record, for: key, in: transaction)
  }

  /// Notes in `record`, and in `changes`, whether `subject` has become blocked or has ceased to be.
  func note(
    _ subject: Subject, _ attempt: Attempt?, in record: inout SubjectRecord, at now: Timestamp,
    _ changes: inout [Change]
  ) {
    let isBlocked = isBlocked(subject, after: record.times, at: now)
    guard isBlocked != record.isBlocked else { return }
    // With no attempt at hand nothing but time has passed: time ends blocks, it doesn't begin them.
    guard attempt != nil || !isBlocked else { return }
    record.isBlocked = isBlocked
    changes.append(Change(subject: subject, isBlocked: isBlocked, attempt: attempt))
  }
}

extension SubjectRecord {
  /// Drops what is older than `oldest`; and if one more were more than the upper limit, all but the
  /// lower one of them.
  mutating func makeRoom(in limits: HistoryLimits, after oldest: Timestamp) {
    trim(before: oldest, keeping: .max)
    guard times.count + 1 > Int(limits.upper) else { return }
    trim(before: oldest, keeping: Int(limits.lower) - 1)
  }
}

extension Attempt {
  /// The other side: a host's user, a user's host.
  fileprivate func counterpart(of subject: Subject) -> Subject? {
    switch subject {
    case .host: user.map { .user($0) }
    case .user: host.map { .host($0) }
    }
  }
}
