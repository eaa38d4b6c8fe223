internal import CLMDB

extension Database {
  /// Adds `entries`, whose keys are above all that are there: pages are filled to their ends.
  public func append(
    _ entries: Entries, in transaction: borrowing WriteTransaction
  ) throws(LMDBError) {
    for index in 0..<entries.count {
      try unsafe put(
        entries.key(index), entries.value(index), UInt32(MDB_APPEND), transaction._handle)
    }
  }

  /// Makes this database hold what `other`, of another environment, holds, and nothing else.
  ///
  /// - Returns: how many entries were not the same.
  public func become(
    _ other: Database, in theirs: borrowing ReadTransaction,
    _ ours: borrowing WriteTransaction
  ) throws(LMDBError) -> Int {
    var (stale, new): ([[UInt8]], Entries) = ([], Entries())
    try compare(with: other, in: theirs, ours, &stale, &new)
    for key in stale {
      try unsafe withValue(key) { (key) throws(LMDBError) in
        try unsafe check(mdb_del(ours._handle, handle, &key, nil))
      }
    }
    for index in 0..<new.count {
      try unsafe put(new.key(index), new.value(index), 0, ours._handle)
    }
    return stale.count + new.count
  }

  /// Walks along both at once: says which keys `other` lacks, and which entries of it are not here.
  private func compare(
    with other: Database, in theirs: borrowing ReadTransaction,
    _ ours: borrowing WriteTransaction, _ stale: inout [[UInt8]], _ new: inout Entries
  ) throws(LMDBError) {
    let here = try Cursor(self, in: ours)
    let there = try Cursor(other, in: theirs)
    var old = unsafe try here.begin()
    var current = unsafe try there.begin()
    while true {
      switch unsafe (old, current) {
      case (nil, nil): return
      case (let (key, _)?, nil):
        unsafe stale.append(Array(raw(key)))
        unsafe old = try here.step()
      case (nil, let (key, value)?):
        unsafe new.append(key, value)
        unsafe current = try there.step()
      case (let (ourKey, ourValue)?, let (key, value)?):
        let order = unsafe order(ourKey, key)
        if order < 0 { unsafe stale.append(Array(raw(ourKey))) }
        let isSame = unsafe order == 0 && self.order(ourValue, value) == 0
        if order >= 0, !isSame { unsafe new.append(key, value) }
        if order <= 0 { unsafe old = try here.step() }
        if order >= 0 { unsafe current = try there.step() }
      }
    }
  }

  /// As LMDB orders keys: negative, 0 or positive.
  private func order(_ one: MDB_val, _ other: MDB_val) -> Int {
    let common = unsafe memcmp(one.mv_data, other.mv_data, min(one.mv_size, other.mv_size))
    return unsafe common == 0 ? one.mv_size - other.mv_size : Int(common)
  }

  private func put(
    _ key: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>, _ flags: UInt32,
    _ transaction: OpaquePointer
  ) throws(LMDBError) {
    try unsafe withValue(key) { (key) throws(LMDBError) in
      try unsafe withValue(value) { (value) throws(LMDBError) in
        try unsafe check(mdb_put(transaction, handle, &key, &value, flags))
      }
    }
  }
}

extension ReadTransaction {
  /// The number of the commit that it sees.
  public var commit: Int { unsafe Int(mdb_txn_id(_handle)) }
}

extension Environment {
  /// Makes sure that all commits are on the disk.
  public func synchronize() throws(LMDBError) { try unsafe check(mdb_env_sync(handle, 1)) }
}

/// Lends `bytes` to LMDB, which only reads them.
private func withValue(
  _ bytes: ArraySlice<UInt8>, _ body: (inout MDB_val) throws(LMDBError) -> Void
) throws(LMDBError) {
  try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(LMDBError) in
    let pointer = unsafe UnsafeMutableRawPointer(mutating: buffer.baseAddress)
    var value = unsafe MDB_val(mv_size: buffer.count, mv_data: pointer)
    try unsafe body(&value)
  }
}
