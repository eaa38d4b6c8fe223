internal import CLMDB

/// A place in a database, for walking along its keys in their order.
///
/// It must not be used after its transaction has ended.
@safe public struct Cursor<Key: Storable, Value: Storable>: ~Copyable {
  private let handle: OpaquePointer

  public init(
    _ database: Database<Key, Value>,
    in transaction: borrowing some LMDB.Transaction & ~Copyable
  ) throws(LMDBError) {
    unsafe handle = try unsafe open(database.handle, transaction._handle)
  }

  /// On the database of that number: 0 is the list of free pages.
  init(ofDatabase number: UInt32, in transaction: OpaquePointer) throws(LMDBError) {
    unsafe handle = try unsafe open(number, transaction)
  }

  /// Goes to the first key that is not below `key`; nil if there is none.
  public func first(from key: Key) throws(LMDBError) -> (Key, Value)? {
    try unsafe withValue(key.encoded) { (key) throws(LMDBError) in
      try unsafe entry(&key, MDB_SET_RANGE)
    }
  }

  /// Goes to the first key of all.
  public func first() throws(LMDBError) -> (Key, Value)? { try entry(MDB_FIRST) }

  /// Goes to the next key.
  public func next() throws(LMDBError) -> (Key, Value)? { try entry(MDB_NEXT) }

  private func entry(_ operation: MDB_cursor_op) throws(LMDBError) -> (Key, Value)? {
    var key = unsafe MDB_val()
    return try unsafe entry(&key, operation)
  }

  private func entry(
    _ key: inout MDB_val, _ operation: MDB_cursor_op
  ) throws(LMDBError) -> (Key, Value)? {
    // As `move` does; to call it would make the module half a kilobyte larger.
    var value = unsafe MDB_val()
    let code = unsafe mdb_cursor_get(handle, &key, &value, operation)
    if code == MDB_NOTFOUND { return nil }
    try check(code)
    return try unsafe (Key(stored: copy(key)), Value(stored: copy(value)))
  }

  /// Goes to the first key of all, and says what is there.
  func begin() throws(LMDBError) -> (MDB_val, MDB_val)? {
    var key = unsafe MDB_val()
    return try unsafe move(&key, MDB_FIRST)
  }

  /// Goes to the first key that is not below `key`, which isn't empty, and says what is there.
  func seek(_ key: [UInt8]) throws(LMDBError) -> (MDB_val, MDB_val)? {
    try unsafe withValue(key) { (key) throws(LMDBError) in try unsafe move(&key, MDB_SET_RANGE) }
  }

  /// Goes to the next key, and says what is there.
  func step() throws(LMDBError) -> (MDB_val, MDB_val)? {
    var key = unsafe MDB_val()
    return try unsafe move(&key, MDB_NEXT)
  }

  private func move(
    _ key: inout MDB_val, _ operation: MDB_cursor_op
  ) throws(LMDBError) -> (MDB_val, MDB_val)? {
    var value = unsafe MDB_val()
    let code = unsafe mdb_cursor_get(handle, &key, &value, operation)
    if code == MDB_NOTFOUND { return nil }
    try check(code)
    return unsafe (key, value)
  }

  deinit { unsafe mdb_cursor_close(handle) }
}

private func open(
  _ database: UInt32, _ transaction: OpaquePointer
) throws(LMDBError) -> OpaquePointer {
  var handle: OpaquePointer?
  try unsafe check(mdb_cursor_open(transaction, database, &handle))
  guard let handle = unsafe handle else { throw LMDBError(ENOMEM) }
  return unsafe handle
}
