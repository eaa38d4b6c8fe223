package import LMDB
package import Policy

extension BlockList {
  /// Writes what `body` does, in one commit; the changes are told only then.
  ///
  /// A store that is nearly full lets go of what is worth least. Should it be full nevertheless, it
  /// lets go of some first, and `body` is asked again: what it says must not add up.
  package func commit(
    to store: borrowing Store, at now: Timestamp,
    _ body: (borrowing WriteTransaction, Schema, inout [Change]) throws(LMDBError) -> Void
  ) throws(StoreError) {
    var tries = 4
    while true {
      do throws(StoreError) {
        return try commitOnce(to: store, at: now) {
          (transaction, schema, changes) throws(LMDBError) in
          try body(transaction, schema, &changes)
          try evict(0, at: now, transaction, schema, &changes)
        }
      } catch {
        tries -= 1
        guard error.isFull, tries > 0 else { throw error }
      }
      try commitOnce(to: store, at: now) { (transaction, schema, changes) throws(LMDBError) in
        try evict(8, at: now, transaction, schema, &changes)
      }
    }
  }

  private func commitOnce(
    to store: borrowing Store, at now: Timestamp,
    _ body: (borrowing WriteTransaction, Schema, inout [Change]) throws(LMDBError) -> Void
  ) throws(StoreError) {
    var made: [Change] = []
    try store.write { (transaction, schema) throws(LMDBError) in
      try body(transaction, schema, &made)
      for change in made { try schema.note(change, at: now, transaction) }
    }
    changes += made
  }
}
