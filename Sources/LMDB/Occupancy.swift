internal import CLMDB

extension Database {
  /// How many pages its tree takes.
  public func pages(
    in transaction: borrowing some LMDB.Transaction & ~Copyable
  ) throws(LMDBError) -> Int {
    var found = MDB_stat()
    try unsafe check(mdb_stat(transaction._handle, handle, &found))
    return Int(found.ms_branch_pages + found.ms_leaf_pages + found.ms_overflow_pages)
  }
}

extension WriteTransaction {
  /// How many pages the map has, free ones too.
  public var pages: Int {
    get throws(LMDBError) {
      var (found, statistics) = unsafe (MDB_envinfo(), MDB_stat())
      let environment = unsafe mdb_txn_env(_handle)
      try unsafe check(mdb_env_info(environment, &found))
      try unsafe check(mdb_env_stat(environment, &statistics))
      return unsafe found.me_mapsize / max(Int(statistics.ms_psize), 1)
    }
  }
}
