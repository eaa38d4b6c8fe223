internal import LMDB
internal import Policy

extension BlockList {
  /// Lets go of the subjects that are worth least: of `count`, and of as many as it takes to leave
  /// enough of the store free, in no more than 16 steps, so that no login waits for long.
  ///
  /// Cleared ones go before blocked ones, and of either those first that would expire first. Who
  /// floods the store with names drives out his own.
  func evict(
    _ count: Int, at now: Timestamp,
    _ transaction: borrowing WriteTransaction, _ schema: Schema, _ changes: inout [Change]
  ) throws(LMDBError) {
    for step in 0..<16 {
      var isWanted = step < count
      if !isWanted { isWanted = try schema.isNearlyFull(transaction) }
      guard isWanted, let entry = try Cursor(schema.expiry, in: transaction).first()?.0 else {
        return
      }
      try evict(entry, at: now, transaction, schema, &changes)
    }
  }

  /// Files the subject of `entry` where it belongs by now; if that's where it is, it goes.
  ///
  /// The index is lazy, and doesn't know yet of new attempts and of blocks.
  private func evict(
    _ entry: ExpiryKey, at now: Timestamp,
    _ transaction: borrowing WriteTransaction, _ schema: Schema, _ changes: inout [Change]
  ) throws(LMDBError) {
    let key = entry.subject
    try schema.expiry.remove(entry, in: transaction)
    guard var record = try known(key, transaction, schema), let subject = key.subject else {
      return
    }
    note(subject, nil, in: &record, at: now, &changes)
    let due = due(of: record, subject, at: now)
    if due > entry.due || record.isBlocked != entry.isBlocked {
      record.file(under: max(due, entry.due), asBlocked: record.isBlocked)
      return try schema.set(record, for: key, transaction)
    }
    if record.isBlocked {
      changes.append(Change(subject: subject, isBlocked: false, attempt: nil))
    }
    try schema.subjects.remove(key, in: transaction)
  }

  /// When nothing of a record is young enough any more to be kept.
  func due(of record: SubjectRecord, _ subject: Subject, at now: Timestamp) -> Timestamp {
    (record.times(at: now).max() ?? now).adding(Int64(configuration.purge(for: subject)) + 1)
  }

  /// What is known of a subject. Nil also if a newer version wrote it: that is left alone.
  func known(
    _ key: SubjectKey, _ transaction: borrowing WriteTransaction, _ schema: Schema
  ) throws(LMDBError) -> SubjectRecord? {
    do throws(LMDBError) { return try schema.subjects.value(for: key, in: transaction) } catch {
      guard error == .foreign else { throw error }
      return nil
    }
  }
}

extension Schema {
  /// Stores the record of a subject, and its place in the expiry index.
  func set(
    _ record: SubjectRecord, for key: SubjectKey, _ transaction: borrowing WriteTransaction
  ) throws(LMDBError) {
    try expiry.set([], for: ExpiryKey(of: record, key), in: transaction)
    try subjects.set(record, for: key, in: transaction)
  }

  /// Whether less than a tenth of the store is free, or in a small one too little for two commits:
  /// a page that one of them frees is used again by the next but one.
  func isNearlyFull(
    _ transaction: borrowing WriteTransaction
  ) throws(LMDBError) -> Bool {
    let pages = try subjects.pages(in: transaction) + expiry.pages(in: transaction)
    let all = try transaction.pages
    return pages >= all - max(all / 10, min(all / 2, 192))
  }
}
