internal import CLMDB

/// An open LMDB file; closed when its last transaction and its last reference are gone.
///
/// Always without LMDB's own lock (`MDB_NOLOCK`), which can lose commits and wait for ever: a
/// process that opens an environment holds a lock of ours from before the opening until after the
/// closing, an exclusive one to write. Opened and closed within one call, never used across a fork.
@safe public final class Environment {
  let handle: OpaquePointer

  /// For what a file is opened.
  public enum Access: Sendable {
    case read
    /// A commit is one `fdatasync`; a power cut undoes at most the last one (`MDB_NOMETASYNC`).
    case write
    /// Makes the file, sparse and as long as its map. A commit is durable when it returns.
    case create(mapSize: Int)
    /// Likewise, but nothing is durable before `synchronize()`.
    case draft(mapSize: Int)
  }

  private init(_ handle: OpaquePointer) { unsafe self.handle = handle }

  /// Opens the file `path`.
  ///
  /// - Parameter databases: how many named databases it has at most.
  public convenience init(
    _ path: UnsafePointer<CChar>, _ access: Access, databases: UInt32
  ) throws(LMDBError) {
    var created: OpaquePointer?
    try unsafe check(mdb_env_create(&created))
    guard let environment = unsafe created else { throw LMDBError(ENOMEM) }
    do throws(LMDBError) {
      try unsafe check(mdb_env_set_maxdbs(environment, databases))
      switch access {
      case .create(let mapSize), .draft(let mapSize):
        try unsafe check(mdb_env_set_mapsize(environment, mapSize))
      case .read, .write: break
      }
      try unsafe check(mdb_env_open(environment, path, Self.flags(access), 0o600))
      let descriptor = try unsafe Self.closeOnExec(environment)
      // LMDB doesn't write pages that a transaction takes and gives back. So a sound file could be
      // shorter than its header says, and couldn't be told from a truncated one.
      if case .read = access {} else { unsafe clmdb_fill_map(environment, descriptor) }
    } catch {
      unsafe mdb_env_close(environment)
      throw error
    }
    unsafe self.init(environment)
  }

  private static func flags(_ access: Access) -> UInt32 {
    let common = UInt32(MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS)
    return switch access {
    case .read: common | UInt32(MDB_RDONLY)
    case .write: common | UInt32(MDB_NOMETASYNC)
    case .create: common
    case .draft: common | UInt32(MDB_NOSYNC)
    }
  }

  /// LMDB 0.9.24 leaves its descriptor open to the programs that the host starts.
  private static func closeOnExec(_ environment: OpaquePointer) throws(LMDBError) -> CInt {
    var descriptor: CInt = -1
    try unsafe check(mdb_env_get_fd(environment, &descriptor))
    guard fcntl_setcloexec(descriptor) == 0 else { throw LMDBError(EBADF) }
    return descriptor
  }

  /// The open file, to be compared with the one that was checked.
  public var descriptor: Int32 {
    get throws(LMDBError) {
      var descriptor: CInt = -1
      try unsafe check(mdb_env_get_fd(handle, &descriptor))
      return descriptor
    }
  }

  /// Has the module load liblmdb (pam/lmdb.c), so that none has to wait for that with the lock.
  public static func prepare() { _ = unsafe mdb_strerror(0) }

  deinit { unsafe mdb_env_close(handle) }
}
