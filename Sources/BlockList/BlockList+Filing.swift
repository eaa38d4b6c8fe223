internal import LMDB
internal import Platform
package import Policy

extension BlockList {
  func append(
    _ recorded: RecordedAttempt, to subject: Subject, of attempt: Attempt, at now: Timestamp,
    _ transaction: borrowing WriteTransaction, _ schema: Schema, _ changes: inout [Change]
  ) throws(LMDBError) {
    let time = recorded.time
    if try schema.frees(subject, of: attempt, failedAt: time, at: now, transaction) { return }
    let key = SubjectKey(subject)
    let period = Int64(period(for: subject))
    try absorb(into: subject, at: now, transaction, schema, &changes)
    var record: SubjectRecord
    if let known = try schema.subjects.value(for: key, in: transaction) {
      record = known
    } else {
      // Where a user isn't known, failures count for the user alone.
      guard subject.kind != .home || attempt.isAtOwnAccount else { return }
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
  ///
  /// Another configuration may share the store, and count what this one wouldn't keep: so the
  /// limits are for what is older than a day. Nor do they hold where a limit counts only some
  /// attempts: others would push these out.
  @inline(never)
  private func makeRoom(in record: inout SubjectRecord, of subject: Subject, at now: Timestamp) {
    let (period, limits) = (Int64(period(for: subject)), configuration.limits)
    var (most, spared) = (Int.max, now.adding(-Self.day))
    let rule = configuration.rule(for: subject)
    if record.count + 1 > Int(limits.upper), !rule.isSelective { most = Int(limits.lower) - 1 }
    if record.size > Int(configuration.maxSize / 64) {
      let needed = Int(rule.largestCount)
      most = min(most, max(record.count / 2, needed))
      spared = .init(seconds: .max)
    }
    let start = begin(neededIn: record, of: subject)
    record.trim(
      olderThan: period, at: min(now, start.adding(period)), keeping: most, from: min(spared, start)
    )
  }

  /// How many failures are written in one commit: each takes about ten pages, and gives as many
  /// back to the next commit but one; the room for that is what a nearly full store has left.
  var mostInOneCommit: Int {
    min(max(Schema.headroom(Int(configuration.maxSize >> 12)) / 32, 1), 64)
  }

  /// Notes in `record`, and in `changes`, whether `subject` has become blocked or has ceased to be.
  ///
  /// - Parameter isFreed: whether a decree lets it pass.
  func note(
    _ subject: Subject, _ attempt: Attempt?, in record: inout SubjectRecord,
    isFreed: Bool = false, at now: Timestamp, _ changes: inout [Change]
  ) {
    let (times, begin) = (record.times(at: now), record.series.begin)
    settle(subject, in: &record, after: times, at: now)
    if isFreed, record.isBlocked {
      record.isBlocked = false
      changes.append(Change(subject, .ended, .hand))
    }
    guard !isFreed, let block = block(of: subject, after: times, record.series(at: now), at: now)
    else {
      return noteEnd(subject, in: &record, after: times, at: now, &changes)
    }
    let isSame = record.isBlocked && record.series.begin == begin
    guard !isSame || attempt != nil || isUpdating else { return }
    let cause: Event.Cause = attempt == nil ? rejudgedBy : .attempt
    changes.append(
      Change(
        subject, isSame ? .extended : .began, cause, block,
        failures: times.count, by: attempt))
    record.isBlocked = true
  }

  private func noteEnd(
    _ subject: Subject, in record: inout SubjectRecord, after times: [Guess],
    at now: Timestamp, _ changes: inout [Change]
  ) {
    let series = record.series(at: now)
    guard record.isBlocked, mayEndBlock(of: subject, after: times, series, at: now) else { return }
    record.isBlocked = false
    let isByTime = hasBlocked(subject, after: times, series, at: now)
    changes.append(Change(subject, .ended, isByTime ? .time : .configuration))
  }

  /// Whether a block of `subject` is this configuration's to end. Another configuration, with
  /// another rule, may share the store.
  func mayEndBlock(
    of subject: Subject, after times: [Guess], _ series: Series, at now: Timestamp
  ) -> Bool {
    !lasting.contains(subject.kind)
      && (isUpdating || hasBlocked(subject, after: times, series, at: now))
  }

  /// Whether the rule blocked when the last attempt was made.
  private func hasBlocked(
    _ subject: Subject, after times: [Guess], _ series: Series, at now: Timestamp
  ) -> Bool {
    guard let newest = times.max()?.time else { return true }
    return isBlocked(subject, after: times, series, at: min(newest, now))
  }
}

extension Attempt {
  /// Whether the account's own user runs su or sudo, at home on this machine.
  package var isAtOwnAccount: Bool { caller?.isOwnAccount == true && host == nil }

  /// The other side: a host's user, a user's host, the account that a caller asked for.
  func counterpart(of subject: Subject) -> Subject? {
    switch subject.kind {
    case .host, .network, .caller: user.map { .user($0) }
    case .user, .home: host.map { .host($0) }
    }
  }
}
