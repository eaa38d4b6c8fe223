internal import LMDB
package import Platform
internal import Policy
internal import Text

extension Store {
  package static var file: Path { "data.mdb" }

  /// Which file the store is, after a look at it; nil if there is none, or none any more.
  ///
  /// A file that must not be mapped is moved aside if the lock is ours alone, else an error.
  package func usableFile() throws(StoreError) -> FileStatus.Identity? {
    do {
      return try inspected()
    } catch  where error.isDamage && mode == .exclusive {
      try moveAside(error)
      return nil
    }
  }

  /// What a file that is no store any more is called first.
  package static var movedAside: Path { "data.mdb.damaged-" }

  private func inspected() throws(StoreError) -> FileStatus.Identity? {
    guard let file = try existingFile() else { return nil }
    return try examine(file).identity
  }

  /// Sees to it that the file may be mapped and read.
  @inline(never)
  func examine(_ file: borrowing File) throws(StoreError) -> FileStatus {
    let status = try system { () throws(SystemError) in try file.status }
    guard status.isTrustworthyFile else { throw .untrusted(file.path, status) }
    if !isSealed(status) {
      if sound != status.fingerprint { try check(file, size: status.size) }
      seal(status)
    }
    return status
  }

  /// Whether the file is known to be sound without a look at all of it, or there is none.
  var isKnownSound: Bool {
    guard let status = try? home.directory.status(of: Self.file) else { return true }
    return isSealed(status) || sound == status.fingerprint
  }

  /// Looks at all of the file, without the lock; nil if that isn't needed, or the file wasn't sound
  /// or didn't stay as it was.
  func soundFingerprint() -> [UInt64]? {
    guard let found = try? existingFile(), let status = try? found.status, !isSealed(status)
    else { return nil }
    guard (try? check(found, size: status.size)) != nil else { return nil }
    return status.fingerprint
  }

  @inline(never)
  package func existingFile() throws(StoreError) -> File? {
    try existing { () throws(SystemError) in try File(Self.file, in: home.directory, .read) }
  }

  /// Brings what was committed to the disk.
  func synchronize() throws(StoreError) {
    try system { () throws(SystemError) in
      try File(Self.file, in: home.directory, .read).synchronizeData()
    }
  }

  /// Gives a bad file another name, so that a fresh store can be made; nothing is deleted.
  func moveAside(_ reason: StoreError) throws(StoreError) {
    guard mode == .exclusive else { return }
    var name: Path
    repeat {
      name = Path("data.mdb.damaged-\(Clock.now)-\(Random.number % 1_000_000)")
    } while (try? home.directory.status(of: name)) != nil
    try system { () throws(SystemError) in try home.directory.rename(Self.file, to: name) }
    home.notice(
      .error, "\(reason.message); moved aside as '\(name.text)', starting with an empty store")
  }

  /// Makes an empty store: under another name, so that there is never half of one.
  func create() throws(StoreError) -> FileStatus.Identity {
    let name: Path = "data.mdb.new"
    let path = home.directory.path.appending(name)
    try system { () throws(SystemError) in try home.directory.remove(name) }
    _ = try Schema.create(path, .create(mapSize: mapSize))
    try system { () throws(SystemError) in
      try home.directory.rename(name, to: Self.file)
      try home.directory.synchronize()
    }
    let identity = try system { () throws(SystemError) in
      try home.directory.status(of: Self.file).identity
    }
    let file = home.directory.path.appending(Self.file)
    home.notice(.notice, "made a new store, '\(file.text)': it has no failures yet")
    return identity
  }
}
