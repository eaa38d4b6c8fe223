public import BlockList
internal import LMDB
internal import Platform
public import Policy

/// Where users are known, for administrators.
extension BlockList {
  /// The networks at which `user` is known, or was.
  public func homes(of user: Name) throws(StoreError) -> [(network: Network, record: SubjectRecord)]
  {
    var homes: [(network: Network, record: SubjectRecord)] = []
    try locked(.shared) { (store) throws(StoreError) in
      try store.read { (transaction, schema) throws(LMDBError) in
        for (key, record) in try schema.homes(of: user, transaction) {
          if case .home(_, let network)? = key.subject { homes.append((network, record)) }
        }
      }
    }
    return homes
  }

  /// Takes over logins of the past, and says how many networks of a user are new: for ablctl.
  ///
  /// - Parameter logins: of users from addresses, each with its time; no more than 500, since
  ///   logins wait meanwhile.
  public func add(
    _ logins: [(home: Subject, time: Timestamp)], at now: Timestamp
  ) throws(StoreError) -> Int {
    var new = 0
    try locked(.exclusive) { (store) throws(StoreError) in
      try commit(to: store, at: now) { (transaction, schema, changes) throws(LMDBError) in
        new = 0
        for (home, time) in logins where home.kind == .home {
          let known = try schema.subjects.value(for: SubjectKey(home), in: transaction)
          if known?.lastLogin == nil { new += 1 }
          try noteLogin(time, of: home, transaction, schema, &changes)
        }
      }
    }
    return new
  }

  /// Forgets that users are known at networks, and says which were; what has failed there stays on
  /// record until it expires.
  public func forgetHomes(_ homes: [Subject], at now: Timestamp) throws(StoreError) -> [Subject] {
    var forgotten: [Subject] = []
    try fileAll(at: now)
    try locked(.exclusive) { (store) throws(StoreError) in
      guard try store.usableFile() != nil else { return }
      try commit(to: store, at: now) { (transaction, schema, _) throws(LMDBError) in
        forgotten = []
        for home in homes {
          let key = SubjectKey(home)
          guard var record = try schema.subjects.value(for: key, in: transaction),
            record.lastLogin != nil
          else { continue }
          forgotten.append(home)
          record.lastLogin = nil
          guard record.isEmpty else {
            try schema.subjects.set(record, for: key, in: transaction)
            continue
          }
          try schema.subjects.remove(key, in: transaction)
          try schema.expiry.remove(ExpiryKey(of: record, key), in: transaction)
        }
      }
    }
    return forgotten
  }
}
