internal import LMDB
internal import Platform
public import Policy

extension BlockList {
  /// Removes the subjects whose attempts are all older than `host_purge` or `user_purge`, and says
  /// how many.
  ///
  /// In many small transactions: a login never waits long for it. It may be stopped at any moment.
  ///
  /// - Parameter progress: is told, after each transaction, how many were removed in all.
  public func purge(
    at now: Timestamp, progress: (Int) -> Void = { _ in }
  ) throws(StoreError) -> Int {
    var removed = 0
    while true {
      var step = (looked: 0, removed: 0)
      try locked(.exclusive) { (store) throws(StoreError) in
        guard try store.usableFile() != nil else { return }
        try commit(to: store) { (transaction, schema, changes) throws(LMDBError) in
          step = try expire(500, at: now, transaction, schema, &changes)
        }
      }
      removed += step.removed
      progress(removed)
      if step.looked == 0 { return removed }
    }
  }

  /// Looks at no more than `count` subjects that are due, and removes those that have expired.
  @discardableResult
  func expire(
    _ count: Int, at now: Timestamp,
    _ transaction: borrowing WriteTransaction, _ schema: Schema, _ changes: inout [Change]
  ) throws(LMDBError) -> (looked: Int, removed: Int) {
    var removed = 0
    for looked in 0..<count {
      guard let due = try firstDue(at: now, transaction, schema) else { return (looked, removed) }
      try schema.expiry.remove(due, in: transaction)
      guard try !refile(due.subject, at: now, transaction, schema, &changes) else { continue }
      try schema.subjects.remove(due.subject, in: transaction)
      removed += 1
    }
    return (count, removed)
  }

  private func firstDue(
    at now: Timestamp, _ transaction: borrowing WriteTransaction, _ schema: Schema
  ) throws(LMDBError) -> ExpiryKey? {
    let cursor = try Cursor(schema.expiry, in: transaction)
    guard let (key, _) = try cursor.first(), key.due <= now else { return nil }
    return key
  }

  /// Files a subject anew if it has failed since it was filed; false if it is to go.
  private func refile(
    _ key: SubjectKey, at now: Timestamp,
    _ transaction: borrowing WriteTransaction, _ schema: Schema, _ changes: inout [Change]
  ) throws(LMDBError) -> Bool {
    let known: SubjectRecord?
    do throws(LMDBError) {
      known = try schema.subjects.value(for: key, in: transaction)
    } catch {
      // A newer version's record is left alone; it only isn't looked at again.
      guard error == .foreign else { throw error }
      return true
    }
    guard let subject = key.subject, var record = known else { return false }
    note(subject, nil, in: &record, at: now, &changes)
    let period = configuration.purge(for: subject)
    guard let newest = record.newest, !record.hasExpired(period: period, at: now) else {
      return false
    }
    record.file(under: max(newest.adding(Int64(period) + 1), now.adding(1)))
    try schema.expiry.set([], for: ExpiryKey(record.due, key), in: transaction)
    try schema.subjects.set(record, for: key, in: transaction)
    return true
  }
}
