package import LMDB
package import Policy

extension BlockList {
  /// Looks at no more than `count` subjects that are due, and removes those that have expired.
  ///
  /// None while the clock can't be trusted: see `Schema.isSteady`.
  @discardableResult
  package func expire(
    _ count: Int, at now: Timestamp,
    _ transaction: borrowing WriteTransaction, _ schema: Schema, _ changes: inout [Change]
  ) throws(LMDBError) -> (looked: Int, removed: Int) {
    var removed = 0
    guard try schema.isSteady(at: now, transaction) else { return (0, 0) }
    for looked in 0..<count {
      guard let due = try firstDue(at: now, transaction, schema) else { return (looked, removed) }
      if try refile(due, removing: .expired, at: now, transaction, schema, &changes) {
        removed += 1
      }
    }
    return (count, removed)
  }

  private func firstDue(
    at now: Timestamp, _ transaction: borrowing WriteTransaction, _ schema: Schema
  ) throws(LMDBError) -> ExpiryKey? {
    let cursor = try Cursor(schema.expiry, in: transaction)
    if let key = try cursor.first()?.0, !key.isBlocked, key.due <= now { return key }
    if let key = try cursor.first(from: .firstBlocked)?.0, key.due <= now { return key }
    return nil
  }
}
