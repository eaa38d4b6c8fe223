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
      let failed = table.all.filter { $0.state == .failed }
      if !failed.isEmpty { try file(failed, at: now, in: store) }
      for entry in failed { try table.remove(entry.id) }
      guard try store.usableFile() != nil else { return }
      try commit(to: store, at: now) { (transaction, schema, changes) throws(LMDBError) in
        known = []
        for subject in subjects {
          let key = SubjectKey(subject)
          guard let record = try remove(key, transaction, schema) else { continue }
          known.append(subject)
          guard record.isBlocked else { continue }
          changes.append(Change(subject: subject, isBlocked: false, attempt: nil))
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
