internal import LMDB
internal import Platform
internal import Policy

extension BlockList {
  /// Writes failures that are in the table to the store, in one commit, or a few if there are many,
  /// and lets go of them there and in the journal; those that are in the store already are left
  /// alone. No power cut undoes that.
  func fold(
    _ failures: [InFlight], _ table: inout InFlightTable, at now: Timestamp,
    in store: borrowing Store
  ) throws(StoreError) {
    var (rest, most) = (failures[...], mostInOneCommit)
    while !rest.isEmpty {
      let some = rest.prefix(most)
      do throws(StoreError) { try file(some, at: now, in: store) } catch {
        // There is room for fewer, since these have let go of some.
        guard error.isFull, most > 1 else { throw error }
        most /= 2
        continue
      }
      try store.synchronize()
      try free(some, &table, store)
      rest = rest.dropFirst(some.count)
    }
  }

  private func free(
    _ failures: ArraySlice<InFlight>, _ table: inout InFlightTable, _ store: borrowing Store
  ) throws(StoreError) {
    let journal = try? Journal.open(in: store.directory.path)
    for failure in failures where table.contains(failure.id) {
      // First: what stands there must be known to the table, or to the store, by its number.
      try? journal?.clear(failure.slot)
      try table.remove(failure.id)
    }
  }

  /// Writes failures to the store, in one commit.
  func file(
    _ failures: ArraySlice<InFlight>, at now: Timestamp, in store: borrowing Store
  ) throws(StoreError) {
    try commit(to: store, at: now) { (transaction, schema, changes) throws(LMDBError) in
      for failure in failures {
        for subject in failure.subjects {
          try append(
            failure.recorded(of: subject), to: subject, of: failure.attempt, at: now,
            transaction, schema, &changes)
        }
      }
      try expire(2 * failures.count, at: now, transaction, schema, &changes)
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
    try commit(to: store, at: now) { (transaction, schema, changes) throws(LMDBError) in
      for subject in subjects {
        let refused = RecordedAttempt(
          id: id, time: now, state: .refused, reason: reason, service: attempt.service,
          counterpart: attempt.counterpart(of: subject))
        try append(refused, to: subject, of: attempt, at: now, transaction, schema, &changes)
      }
      try expire(2, at: now, transaction, schema, &changes)
    }
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
      try schema.expiry.set([], for: ExpiryKey(of: record, key), in: transaction)
    }
    guard !record.contains(recorded.id) else { return }
    record.noteAhead(at: now)
    // A block may have ended unnoticed since the last attempt, and begin anew with this one.
    note(subject, nil, in: &record, at: now, &changes)
    // What was old by then: the clock may have leapt ahead since, and be set right again. If it was
    // ahead already, nothing is known to be old.
    let isSteady = try schema.isSteady(at: now, transaction)
    makeRoom(
      in: &record, of: subject, at: isSteady ? min(recorded.time, now) : Timestamp(seconds: .min))
    record.append(recorded)
    note(subject, attempt, in: &record, at: now, &changes)
    try schema.subjects.set(record, for: key, in: transaction)
  }

  /// Drops what is too old; and if one more were more than the upper limit, all but the lower one;
  /// and if the record has become large for the store, half of it, but nothing that a rule counts.
  @inline(never)
  private func makeRoom(in record: inout SubjectRecord, of subject: Subject, at now: Timestamp) {
    let (period, limits) = (Int64(configuration.purge(for: subject)), configuration.limits)
    var most = Int.max
    if record.times.count + 1 > Int(limits.upper) { most = Int(limits.lower) - 1 }
    if record.size > Int(configuration.maxSize / 64) {
      let needed = Int(configuration.rule(for: subject).largestCount)
      most = min(most, max(record.times.count / 2, needed))
    }
    record.trim(olderThan: period, at: now, keeping: most)
  }

  /// How many failures are written in one commit: each takes about ten pages, and gives as many
  /// back to the next commit but one; the room for that is what a nearly full store has left.
  private var mostInOneCommit: Int {
    min(max(Schema.headroom(Int(configuration.maxSize >> 12)) / 32, 1), 16)
  }

  /// Notes in `record`, and in `changes`, whether `subject` has become blocked or has ceased to be.
  func note(
    _ subject: Subject, _ attempt: Attempt?, in record: inout SubjectRecord, at now: Timestamp,
    _ changes: inout [Change]
  ) {
    let isBlocked = isBlocked(subject, after: record.times(at: now), at: now)
    guard isBlocked != record.isBlocked else { return }
    // With no attempt at hand nothing but time has passed: time ends blocks, it doesn't begin them.
    guard attempt != nil || !isBlocked else { return }
    record.isBlocked = isBlocked
    changes.append(Change(subject, isBlocked: isBlocked, by: attempt))
  }
}

extension InFlight {
  /// How this failure stands in the history of `subject`.
  func recorded(of subject: Subject) -> RecordedAttempt {
    RecordedAttempt(
      id: id, time: time, state: .failed, reason: .authentication, service: attempt.service,
      counterpart: attempt.counterpart(of: subject))
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
