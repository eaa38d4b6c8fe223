internal import CLMDB
internal import LMDBFile

extension Database {
  /// How many pages its tree takes.
  @inline(never)
  public func pages(
    in transaction: borrowing some LMDB.Transaction & ~Copyable
  ) throws(LMDBError) -> Int {
    var found = MDB_stat()
    try unsafe check(mdb_stat(transaction._handle, handle, &found))
    return Int(found.ms_branch_pages + found.ms_leaf_pages + found.ms_overflow_pages)
  }
}

extension WriteTransaction {
  /// How many pages the map has, free ones too; they are of the one size that the preflight takes.
  public var pages: Int {
    get throws(LMDBError) {
      var found = unsafe MDB_envinfo()
      try unsafe check(mdb_env_info(mdb_txn_env(_handle), &found))
      return unsafe found.me_mapsize / Preflight.pageSize
    }
  }
}

extension ReadTransaction {
  /// How large the map is, and how much of it is used.
  public var space: (pageSize: Int, pages: Int, touched: Int, free: Int) {
    get throws(LMDBError) {
      var (found, statistics) = unsafe (MDB_envinfo(), MDB_stat())
      let environment = unsafe mdb_txn_env(_handle)
      try unsafe check(mdb_env_info(environment, &found))
      try unsafe check(mdb_env_stat(environment, &statistics))
      let size = max(Int(statistics.ms_psize), 1)
      return unsafe (size, found.me_mapsize / size, found.me_last_pgno + 1, try freePages)
    }
  }

  /// How many pages the list of free ones has; each of its values begins with how many it names.
  private var freePages: Int {
    get throws(LMDBError) {
      let cursor = try unsafe Cursor<[UInt8], [UInt8]>(ofDatabase: 0, in: _handle)
      var count = 0
      var entry = unsafe try cursor.begin()
      while let (_, value) = unsafe entry {
        if unsafe value.mv_size >= 8 { count += unsafe raw(value).loadUnaligned(as: Int.self) }
        unsafe entry = try cursor.step()
      }
      return count
    }
  }
}
