internal import CLMDB

/// A view of an environment at one moment.
public protocol Transaction: ~Copyable {
  /// LMDB's own handle; for this module.
  var _handle: OpaquePointer { get }
}

/// A look at an environment.
@safe public struct ReadTransaction: Transaction, ~Copyable {
  public let _handle: OpaquePointer
  private let environment: Environment  // stays open for as long as we live

  public init(_ environment: Environment) throws(LMDBError) {
    unsafe _handle = try begin(environment, UInt32(MDB_RDONLY))
    self.environment = environment
  }

  deinit { unsafe mdb_txn_abort(_handle) }
}

/// Changes to an environment: with `commit()` all of them happen, else none.
///
/// One that goes out of scope uncommitted, because an error was thrown or by intent, leaves the
/// data as it was.
@safe public struct WriteTransaction: Transaction, ~Copyable {
  private var open: OpaquePointer?  // nil once committed
  private let environment: Environment  // stays open for as long as we live

  // `commit` is the only one to take the handle, and it consumes the transaction.
  /// What LMDB calls it.
  public var _handle: OpaquePointer { unsafe open.unsafelyUnwrapped }

  public init(_ environment: Environment) throws(LMDBError) {
    unsafe open = try begin(environment, 0)
    self.environment = environment
  }

  /// Makes the changes, durably and at once.
  public consuming func commit() throws(LMDBError) {
    // `mdb_txn_commit` frees the handle even when it fails; `deinit` must not.
    try unsafe check(mdb_txn_commit(open.take()))
  }

  deinit {
    if let handle = unsafe open { unsafe mdb_txn_abort(handle) }
  }
}

private func begin(
  _ environment: Environment, _ flags: UInt32
) throws(LMDBError) -> OpaquePointer {
  var handle: OpaquePointer?
  try unsafe check(mdb_txn_begin(environment.handle, nil, flags, &handle))
  guard let handle = unsafe handle else { throw LMDBError(ENOMEM) }
  return unsafe handle
}
