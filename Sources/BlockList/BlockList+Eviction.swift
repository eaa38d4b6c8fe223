package import LMDB
internal import Policy

extension BlockList {
  /// Lets go of the subjects that are worth least: of `count`, and of as many as it takes to leave
  /// enough of the store free, in a few steps more than a commit may bring new ones, so that no
  /// login waits for long.
  ///
  /// Cleared ones go before blocked ones, and of either those first that would expire first. An
  /// attacker that floods the store with names drives out its own.
  func evict(
    _ count: Int, at now: Timestamp,
    _ transaction: borrowing WriteTransaction, _ schema: Schema, _ changes: inout [Change]
  ) throws(LMDBError) {
    // The end of a block takes about ten pages of its own.
    let most = Schema.headroom(try transaction.pages) / 10
    for step in 0..<max(2 * mostInOneCommit + 8, 40) {
      var isWanted = step < count
      if !isWanted, changes.count < most { isWanted = try schema.isNearlyFull(transaction) }
      guard isWanted, let entry = try Cursor(schema.expiry, in: transaction).first()?.0 else {
        return
      }
      try refile(entry, removing: .inPlace, at: now, transaction, schema, &changes)
    }
  }
}

extension Schema {
  /// Stores the record of a subject, and its place in the expiry index.
  package func set(
    _ record: SubjectRecord, for key: SubjectKey, _ transaction: borrowing WriteTransaction
  ) throws(LMDBError) {
    try expiry.set([], for: ExpiryKey(of: record, key), in: transaction)
    try subjects.set(record, for: key, in: transaction)
  }

  /// How many of so many pages are to be free: a tenth, or in a small store enough for two commits;
  /// a page that one of them frees is used again by the next but one.
  static func headroom(_ pages: Int) -> Int { max(pages / 10, min(pages / 2, 192)) }

  /// Whether less than that is free.
  package func isNearlyFull(
    _ transaction: borrowing WriteTransaction
  ) throws(LMDBError) -> Bool {
    var pages = try subjects.pages(in: transaction) + expiry.pages(in: transaction)
    if let events, let blocked {
      pages += try events.pages(in: transaction) + blocked.pages(in: transaction)
    }
    let all = try transaction.pages
    return pages >= all - Self.headroom(all)
  }
}
