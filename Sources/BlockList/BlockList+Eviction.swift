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
      try refile(entry, removing: .inPlace, at: now, transaction, schema, &changes)
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
