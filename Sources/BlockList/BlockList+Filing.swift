internal import LMDB
internal import Platform
internal import Policy

extension BlockList {
  /// Writes failures to the store, in one commit; those that are there already are left alone.
  func file(
    _ failures: [InFlight], at now: Timestamp, in store: borrowing Store
  ) throws(StoreError) {
    try store.write { (transaction, schema) throws(LMDBError) in
      for failure in failures {
        for subject in failure.subjects {
          let attempt = RecordedAttempt(
            id: failure.id, time: failure.time, state: .failed, reason: .authentication,
            service: failure.attempt.service,
            counterpart: failure.attempt.counterpart(of: subject))
          try append(attempt, to: subject, at: now, transaction, schema)
        }
      }
      try expire(2, at: now, transaction, schema)
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
    try store.write { (transaction, schema) throws(LMDBError) in
      let id = Random.number
      for subject in subjects {
        let refused = RecordedAttempt(
          id: id, time: now, state: .refused, reason: reason, service: attempt.service,
          counterpart: attempt.counterpart(of: subject))
        try append(refused, to: subject, at: now, transaction, schema)
      }
      try expire(2, at: now, transaction, schema)
    }
  }

  private func append(
    _ attempt: RecordedAttempt, to subject: Subject, at now: Timestamp,
    _ transaction: borrowing WriteTransaction, _ schema: Schema
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
    guard !record.contains(attempt.id) else { return }
    record.makeRoom(in: configuration.limits, after: now.adding(-period))
    record.append(attempt)
    try schema.subjects.set(record, for: key, in: transaction)
  }
}

extension SubjectRecord {
  /// Drops what is older than `oldest`; and if one more were more than the upper limit, all but the
  /// lower one of them.
  fileprivate mutating func makeRoom(in limits: HistoryLimits, after oldest: Timestamp) {
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
