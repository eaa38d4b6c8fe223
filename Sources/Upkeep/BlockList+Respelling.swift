internal import BlockList
internal import LMDB
internal import Platform
internal import Policy

/// What the store has under other spellings of a user, from before `user_case` or `user_domain`
/// was set: `update` takes it over.
extension BlockList {
  /// Adds the records of users that are counted by another name to the record of that, and removes
  /// them.
  func respell(_ keys: [SubjectKey], at now: Timestamp) throws(StoreError) {
    let others = keys.filter { key in
      key.subject.map { configuration.counted($0) != $0 } ?? false
    }
    guard !others.isEmpty else { return }
    var counted: [SubjectKey] = []
    try locked(.exclusive) { (store) throws(StoreError) in
      try commit(to: store, at: now) { (transaction, schema, changes) throws(LMDBError) in
        counted = []
        for key in others {
          if let new = try respell(key, transaction, schema, &changes) { counted.append(new) }
        }
      }
    }
    try noteBlocks(of: counted, at: now)
  }

  /// The key of the record that has taken it over; nil if there is none of `key` by now.
  private func respell(
    _ key: SubjectKey, _ transaction: borrowing WriteTransaction, _ schema: Schema,
    _ changes: inout [Change]
  ) throws(LMDBError) -> SubjectKey? {
    guard let subject = key.subject, let other = try known(key, transaction, schema) else {
      return nil
    }
    let new = SubjectKey(configuration.counted(subject))
    let known = try schema.subjects.value(for: new, in: transaction)
    var record = SubjectRecord(known ?? SubjectRecord(due: other.due), merging: other)
    if let login = other.lastLogin { record.lastLogin = max(known?.lastLogin ?? login, login) }
    if other.isBlocked { changes.append(Change(subject, .ended, .configuration)) }
    try schema.subjects.remove(key, in: transaction)
    try schema.expiry.remove(ExpiryKey(of: other, key), in: transaction)
    try schema.set(record, for: new, transaction)
    return new
  }

  /// Has decrees on users mean the users that these are counted as.
  func respellDecrees(at now: Timestamp) throws(StoreError) {
    let old = try decrees(at: now).all.filter { configuration.counted($0.target) != $0.target }
    guard !old.isEmpty else { return }
    try decree(old.map { $0.order.counted(by: configuration) }, cause: .configuration, at: now)
    for kind in Decree.Kind.allCases {
      _ = try end(kind, on: old.filter { $0.kind == kind }.map { $0.target }, at: now)
    }
  }
}
