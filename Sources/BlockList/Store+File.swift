internal import LMDB
internal import Platform
internal import Policy
internal import Text

extension Store {
  static var file: Path { "data.mdb" }

  /// Which file the store is, after a look at it; nil if there is none, or none any more.
  ///
  /// A file that must not be mapped is moved aside if the lock is ours alone, else an error.
  func usableFile() throws(StoreError) -> FileStatus.Identity? {
    do {
      return try inspected()
    } catch  where error.isDamage && mode == .exclusive {
      try moveAside(error)
      return nil
    }
  }

  /// What a file that is no store any more is called first.
  static var movedAside: Path { "data.mdb.damaged-" }

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
      try check(file, size: status.size)
      seal(status)
    }
    return status
  }

  @inline(never)
  func existingFile() throws(StoreError) -> File? {
    try existing { () throws(SystemError) in try File(Self.file, in: directory, .read) }
  }

  /// Brings what was committed to the disk.
  func synchronize() throws(StoreError) {
    try system { () throws(SystemError) in
      try File(Self.file, in: directory, .read).synchronizeData()
    }
  }

  /// Gives a bad file another name, so that a fresh store can be made; nothing is deleted.
  func moveAside(_ reason: StoreError) throws(StoreError) {
    guard mode == .exclusive else { return }
    var name: Path
    repeat {
      name = Path("data.mdb.damaged-\(Clock.now)-\(Random.number % 1_000_000)")
    } while (try? directory.status(of: name)) != nil
    try system { () throws(SystemError) in try directory.rename(Self.file, to: name) }
    notice("\(reason.message); moved aside as '\(name.text)', starting with an empty store")
  }

  /// Makes an empty store: under another name, so that there is never half of one.
  func create() throws(StoreError) -> FileStatus.Identity {
    let name: Path = "data.mdb.new"
    let path = directory.path.appending(name)
    try system { () throws(SystemError) in try directory.remove(name) }
    do throws(LMDBError) {
      let environment = try unsafe path.withCString { (path) throws(LMDBError) in
        try unsafe Environment(path, .create(mapSize: mapSize), databases: Schema.databases)
      }
      let transaction = try WriteTransaction(environment)
      try Schema.create(in: transaction)
      try transaction.commit()
    } catch {
      throw .lmdb(error, path)
    }
    try system { () throws(SystemError) in
      try directory.rename(name, to: Self.file)
      try directory.synchronize()
    }
    return try system { () throws(SystemError) in try directory.status(of: Self.file).identity }
  }
}
