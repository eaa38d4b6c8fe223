internal import LMDB
internal import Platform
public import Policy

extension BlockList {
  /// Notices every block that has ended by time alone, for whoever wants a command to be run then.
  public func update(at now: Timestamp) throws(StoreError) {
    fileWaiting(at: now)
    var last: SubjectKey?
    while true {
      let chunk = try subjects(after: last, count: 500)
      guard let end = chunk.last else { return }
      last = end.key
      let ended = chunk.filter { key, record in
        guard record.isBlocked, let subject = key.subject else { return false }
        return !isBlocked(subject, after: record.times(at: now), at: now)
      }
      try endBlocks(of: ended.map { $0.key }, at: now)
    }
  }

  /// Writes down that the blocks of `keys` have ended, unless they have begun anew meanwhile; and
  /// since when attempts lie in the future.
  private func endBlocks(of keys: [SubjectKey], at now: Timestamp) throws(StoreError) {
    guard !keys.isEmpty else { return }
    try locked(.exclusive) { (store) throws(StoreError) in
      try self.endBlocks(of: keys, at: now, in: store)
    }
  }

  func endBlocks(
    of keys: [SubjectKey], at now: Timestamp, in store: borrowing Store
  ) throws(StoreError) {
    try commit(to: store, at: now) { (transaction, schema, changes) throws(LMDBError) in
      for key in keys {
        guard let record = try known(key, transaction, schema) else { continue }
        try refile(
          ExpiryKey(of: record, key), removing: .never, at: now, transaction, schema, &changes)
      }
    }
  }
}
