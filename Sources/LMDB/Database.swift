internal import CLMDB

/// A type that a database can hold, as a key or as a value.
///
/// Keys are ordered by their bytes: encode integers big-endian.
public protocol Storable {
  var encoded: [UInt8] { get }
  /// Fails if `bytes` are not what `encoded` makes.
  init?(decoding bytes: [UInt8])
  /// Whether `bytes`, which could not be read, say that a newer version wrote them; else they are
  /// damaged.
  static func isNewer(_ bytes: [UInt8]) -> Bool
}

extension Storable {
  /// None is, where a type has one layout only.
  public static func isNewer(_ bytes: [UInt8]) -> Bool { false }

  /// Reads what is stored.
  public init(stored bytes: [UInt8]) throws(LMDBError) {
    guard let value = Self(decoding: bytes) else {
      throw Self.isNewer(bytes) ? .foreign : .damaged
    }
    self = value
  }
}

extension [UInt8]: Storable {
  public var encoded: [UInt8] { self }
  public init?(decoding bytes: [UInt8]) { self = bytes }
}

/// A named database of an environment; valid for transactions of that environment.
public struct Database<Key: Storable, Value: Storable>: Sendable {
  let handle: UInt32

  /// Opens the database `name`; nil if there is none.
  public init?(
    _ name: StaticString, in transaction: borrowing some LMDB.Transaction & ~Copyable
  ) throws(LMDBError) {
    guard let handle = try unsafe open(name, 0, transaction._handle) else { return nil }
    self.handle = handle
  }

  /// Opens the database `name`, and makes it if there is none.
  public init(
    creating name: StaticString, in transaction: borrowing WriteTransaction
  ) throws(LMDBError) {
    guard let handle = try unsafe open(name, UInt32(MDB_CREATE), transaction._handle) else {
      throw LMDBError(MDB_NOTFOUND)
    }
    self.handle = handle
  }

  /// The value that is stored for `key`; nil if there is none.
  @inline(never)
  public func value(
    for key: Key, in transaction: borrowing some LMDB.Transaction & ~Copyable
  ) throws(LMDBError) -> Value? {
    guard let bytes = try unsafe get(key.encoded, handle, transaction._handle) else { return nil }
    return try Value(stored: bytes)
  }

  /// Stores `value` for `key`, in place of what was stored for it.
  @inline(never)
  public func set(
    _ value: Value, for key: Key, in transaction: borrowing WriteTransaction
  ) throws(LMDBError) {
    try unsafe put(key.encoded, value.encoded, handle, transaction._handle)
  }

  /// Removes `key` and its value; there may be none.
  @inline(never)
  public func remove(_ key: Key, in transaction: borrowing WriteTransaction) throws(LMDBError) {
    try unsafe delete(key.encoded, handle, transaction._handle)
  }

  /// How many keys it holds.
  public func count(
    in transaction: borrowing some LMDB.Transaction & ~Copyable
  ) throws(LMDBError) -> Int {
    var statistics = MDB_stat()
    try unsafe check(mdb_stat(transaction._handle, handle, &statistics))
    return Int(statistics.ms_entries)
  }
}

@inline(never)
private func open(
  _ name: StaticString, _ flags: UInt32, _ transaction: OpaquePointer
) throws(LMDBError) -> UInt32? {
  var handle: MDB_dbi = 0
  let name = unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
  let code = unsafe mdb_dbi_open(transaction, name, flags, &handle)
  if code == MDB_NOTFOUND { return nil }
  try check(code)
  return handle
}

private func get(
  _ key: [UInt8], _ database: UInt32, _ transaction: OpaquePointer
) throws(LMDBError) -> [UInt8]? {
  try unsafe withValue(key) { (key) throws(LMDBError) in
    var found = unsafe MDB_val()
    let code = unsafe mdb_get(transaction, database, &key, &found)
    if code == MDB_NOTFOUND { return nil }
    try check(code)
    return unsafe copy(found)
  }
}

private func put(
  _ key: [UInt8], _ value: [UInt8], _ database: UInt32, _ transaction: OpaquePointer
) throws(LMDBError) {
  try unsafe withValue(key) { (key) throws(LMDBError) in
    try unsafe withValue(value) { (value) throws(LMDBError) in
      try unsafe check(mdb_put(transaction, database, &key, &value, 0))
    }
  }
}

private func delete(
  _ key: [UInt8], _ database: UInt32, _ transaction: OpaquePointer
) throws(LMDBError) {
  try unsafe withValue(key) { (key) throws(LMDBError) in
    let code = unsafe mdb_del(transaction, database, &key, nil)
    if code != MDB_NOTFOUND { try check(code) }
  }
}

/// Lends `bytes` to LMDB, which only reads them.
func withValue<Result>(
  _ bytes: [UInt8], _ body: (inout MDB_val) throws(LMDBError) -> Result
) throws(LMDBError) -> Result {
  try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(LMDBError) in
    let pointer = unsafe UnsafeMutableRawPointer(mutating: buffer.baseAddress)
    var value = unsafe MDB_val(mv_size: buffer.count, mv_data: pointer)
    return try unsafe body(&value)
  }
}

/// A copy of what LMDB points to; its memory is the file's, and ends with the transaction.
func copy(_ value: MDB_val) -> [UInt8] {
  unsafe [UInt8](UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size))
}
