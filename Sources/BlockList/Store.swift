internal import LMDB
internal import Platform
internal import Policy
internal import Text

/// The store on disk while the lock around it is held: `data.mdb` and `lock` in `db_home`.
///
/// It lives for one question or one change. An environment is opened for it and closed before the
/// lock is given back, so that nothing is shared with a process that the host forks.
struct Store: ~Copyable {
  let directory: File
  /// `run_home`, and what stands there of the store.
  let run: File
  let sealFile: File
  let mode: FileLock.Mode
  /// Bytes; for a new store.
  let mapSize: Int
  /// Is told what an administrator should know: that a bad file was moved aside.
  let notice: (Text) -> Void

  /// Calls `body` with the store, locked.
  ///
  /// - Parameters:
  ///   - mode: `.exclusive` for changes, also for those of the attempts in flight.
  ///   - deadline: by which the lock must be had.
  static func locked(
    _ configuration: Configuration, _ mode: FileLock.Mode, until deadline: Deadline,
    notice: @escaping (Text) -> Void,
    _ body: (borrowing Store) throws(StoreError) -> Void
  ) throws(StoreError) {
    let shelter = Shelter()
    try withExtendedLifetime(shelter) { () throws(StoreError) in
      // Everybody waits for who has the lock: he opens and closes nothing then that he can before
      // and after.
      let directory = try trusted(Path(configuration.databaseHome.bytes))
      let run = try trusted(Path(configuration.runHome.bytes))
      let seal = try system { () throws(SystemError) in
        try File(Self.seal.tagged(directory), in: run, .readWrite, creating: true)
      }
      let store = Store(
        directory: directory, run: run, sealFile: seal, mode: mode,
        mapSize: Int(configuration.maxSize), notice: notice)
      try store.locked(until: deadline, body)
    }
  }

  private func locked(
    until deadline: Deadline, _ body: (borrowing Store) throws(StoreError) -> Void
  ) throws(StoreError) {
    let lock = try system { () throws(SystemError) in
      try FileLock("lock", in: directory, mode, until: deadline)
    }
    try withExtendedLifetime(lock) { () throws(StoreError) in try body(self) }
  }

  /// Opens the directory `path`, and makes it if it is missing, unless others may write to it.
  static func trusted(_ path: Path) throws(StoreError) -> File {
    let directory = try system { () throws(SystemError) in
      try File.directory(creating: path)
    }
    let status = try system { () throws(SystemError) in try directory.status }
    guard status.isTrustworthy else { throw .untrusted(path, status) }
    return directory
  }
}

/// Calls `body`, and makes what it throws a `StoreError`.
func system<Result: ~Copyable>(
  _ body: () throws(SystemError) -> Result
) throws(StoreError) -> Result {
  do throws(SystemError) { return try body() } catch { throw .system(error) }
}

/// The file that `open` opens; nil if it isn't there.
func existing(
  _ open: () throws(SystemError) -> File
) throws(StoreError) -> File? {
  do throws(SystemError) { return try open() } catch {
    guard error.isAbsence else { throw .system(error) }
    return nil
  }
}
