internal import LMDB
package import Platform
internal import Policy
internal import Text

/// The store on disk while the lock around it is held: `data.mdb` and `lock` in `db_home`.
///
/// It lives for one change, or one question of ablctl's; a login looks without the lock (`Home`).
/// An environment is opened for it and closed before the lock is given back, so that nothing is
/// shared with a process that the host forks.
package struct Store: ~Copyable {
  package let home: Home
  /// What stands in `run_home` of the store; nil if that has no room.
  let sealFile: File?
  package let mode: FileLock.Mode
  /// Bytes; for a new store.
  let mapSize: Int
  /// What the file was like when all of it was looked at, before the lock was taken; nil if it
  /// wasn't.
  private(set) var sound: [UInt64]?

  /// Calls `body` with the store, locked.
  ///
  /// - Parameters:
  ///   - mode: `.exclusive` for changes.
  ///   - deadline: by which the lock must be had; one that has passed tries once.
  static func locked(
    _ configuration: Configuration, _ mode: FileLock.Mode, until deadline: Deadline,
    isBorrowed: Bool = false, notice: @escaping Notice,
    _ body: (borrowing Store) throws(StoreError) -> Void
  ) throws(StoreError) {
    let shelter = Shelter()
    try withExtendedLifetime(shelter) { () throws(StoreError) in
      // What can be opened, closed and looked at before and after is, so that the lock is held for
      // the change alone.
      let home = try Home(configuration, notice: notice)
      let seal = try Self.openSeal(in: home)
      var store = Store(
        home: home, sealFile: seal, mode: mode, mapSize: Int(configuration.maxSize))
      // First by its seal: while another process has the lock its file is not sealed, and a crowd
      // would look at all of it for nothing. A writer may then be faster twice; after that all is
      // looked at with the lock held.
      for round in 0...3 {
        if round == 1 || round == 2 { store.sound = store.soundFingerprint() }
        if try store.locked(until: deadline, isBorrowed, round == 3, body) { return }
      }
    }
  }

  /// Calls `body`, locked, if the file is known to be sound or `isLast`; else does nothing, and
  /// returns false.
  private func locked(
    until deadline: Deadline, _ isBorrowed: Bool, _ isLast: Bool,
    _ body: (borrowing Store) throws(StoreError) -> Void
  ) throws(StoreError) -> Bool {
    let lock = try system { () throws(SystemError) in
      try FileLock("lock", in: home.directory, mode, until: deadline, isBorrowed: isBorrowed)
    }
    return try withExtendedLifetime(lock) { () throws(StoreError) -> Bool in
      guard isLast || isKnownSound else { return false }
      try body(self)
      return true
    }
  }

  /// Opens the directory `path`, and makes it if it is missing, unless others may write to it.
  package static func trusted(_ path: Path) throws(StoreError) -> File {
    let directory = try system { () throws(SystemError) in
      try File.directory(creating: path)
    }
    let status = try system { () throws(SystemError) in try directory.status }
    guard status.isTrustworthy else { throw .untrusted(path, status) }
    return directory
  }
}

extension Store {
  init(home: consuming Home, sealFile: consuming File?, mode: FileLock.Mode, mapSize: Int) {
    (self.mode, self.mapSize, sound) = (mode, mapSize, nil)
    self.home = home
    self.sealFile = sealFile
  }
}

/// Calls `body`, and makes what it throws a `StoreError`.
package func system<Result: ~Copyable>(
  _ body: () throws(SystemError) -> Result
) throws(StoreError) -> Result {
  do throws(SystemError) { return try body() } catch { throw StoreError(error) }
}

extension StoreError {
  /// Not inlined: there are many calls of the system, and each would have this.
  @inline(never)
  init(_ error: SystemError) { self = .system(error) }
}

/// The file that `open` opens; nil if it isn't there.
func existing(
  _ open: () throws(SystemError) -> File
) throws(StoreError) -> File? {
  do throws(SystemError) { return try open() } catch {
    guard error.isAbsence else { throw StoreError(error) }
    return nil
  }
}
