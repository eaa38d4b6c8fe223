internal import LMDB
internal import Platform
public import Policy

extension BlockList {
  /// Forgets the attempts of `subjects`, so that none of them is blocked any more; says which of
  /// them were known.
  public func forgive(_ subjects: [Subject], at now: Timestamp) throws(StoreError) -> [Subject] {
    var known: [Subject] = []
    try locked(.exclusive) { (store) throws(StoreError) in
      // What has failed but isn't written yet would come back.
      var table = try InFlightTable.load(in: store)
      try fold(table.failures, &table, at: now, in: store)
      // Also after a power cut.
      if let journal = try Journal.open(in: store.directory.path) {
        try system { () throws(SystemError) in
          try journal.clear(allBut: table.all.map { $0.slot })
        }
      }
      guard try store.usableFile() != nil else { return }
      try commit(to: store, at: now) { (transaction, schema, changes) throws(LMDBError) in
        known = []
        for subject in subjects {
          let key = SubjectKey(subject)
          guard let record = try remove(key, transaction, schema) else { continue }
          known.append(subject)
          guard record.isBlocked else { continue }
          changes.append(Change(subject, isBlocked: false, by: nil))
        }
      }
    }
    return known
  }

  private func remove(
    _ key: SubjectKey, _ transaction: borrowing WriteTransaction, _ schema: Schema
  ) throws(LMDBError) -> SubjectRecord? {
    guard let record = try schema.subjects.value(for: key, in: transaction) else { return nil }
    try schema.subjects.remove(key, in: transaction)
    try schema.expiry.remove(ExpiryKey(of: record, key), in: transaction)
    return record
  }
}
