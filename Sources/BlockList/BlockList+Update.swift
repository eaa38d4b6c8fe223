internal import LMDB
internal import Platform
public import Policy

extension BlockList {
  /// Notices every block that has ended by time alone, and those that a changed configuration ends
  /// or begins, so that their commands are run.
  public func update(at now: Timestamp) throws(StoreError) {
    isUpdating = true
    fileWaiting(at: now)
    try expireDecrees(at: now)
    try respellDecrees(at: now)
    let book = try decrees(at: now)
    var last: SubjectKey?
    while true {
      let chunk = try subjects(after: last, count: 500)
      guard let end = chunk.last else { return try noteAllBlocked(at: now) }
      last = end.key
      let rows = try rows(of: chunk.map { $0.key })
      var changed: [SubjectKey] = []
      for (index, (key, record)) in chunk.enumerated() {
        guard let subject = key.subject else { continue }
        let isFreed = book.decree(for: subject, at: now)?.kind == .allow
        let block = isFreed ? nil : block(of: subject, record, at: now)
        let isAsWritten = block == nil ? rows[index] == nil : rows[index]?.until == block?.until
        let isCounted = block?.number == 0 || block?.number == record.series.count
        if record.isBlocked != (block != nil) || !isAsWritten || !isCounted { changed.append(key) }
      }
      try noteBlocks(of: changed, at: now)
      try absorb(chunk.compactMap { $0.key.host }, at: now)
      try respell(chunk.map { $0.key }, at: now)
    }
  }

  /// Writes down whether `keys` are blocked now; and since when attempts lie in the future.
  func noteBlocks(of keys: [SubjectKey], at now: Timestamp) throws(StoreError) {
    guard !keys.isEmpty else { return }
    try locked(.exclusive) { (store) throws(StoreError) in
      try self.noteBlocks(of: keys, at: now, in: store)
    }
  }

  func noteBlocks(
    of keys: [SubjectKey], at now: Timestamp, in store: borrowing Store
  ) throws(StoreError) {
    try commit(to: store, at: now) { (transaction, schema, changes) throws(LMDBError) in
      for key in keys {
        try absorb(into: key.subject, at: now, transaction, schema, &changes)
        guard let record = try known(key, transaction, schema) else { continue }
        try refile(
          ExpiryKey(of: record, key), removing: .never, at: now, transaction, schema, &changes)
      }
    }
  }
}
