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
      return try preflight()
    } catch  where error.isDamage && mode == .exclusive {
      try moveAside(error)
      return nil
    }
  }

  private func preflight() throws(StoreError) -> FileStatus.Identity? {
    guard let file = try existingFile() else { return nil }
    let status = try system { () throws(SystemError) in try file.status }
    guard status.kind == .regular, status.isTrustworthy, status.links == 1 else {
      throw .untrusted(file.path, status)
    }
    try preflight(file, size: status.size)
    return status.identity
  }

  private func existingFile() throws(StoreError) -> File? {
    do throws(SystemError) { return try File(Self.file, in: directory, .read) } catch {
      guard error.isAbsence else { throw .system(error) }
      return nil
    }
  }

  private func preflight(_ file: borrowing File, size: Int) throws(StoreError) {
    let head = try read(file, Preflight.headLength, at: 0)
    do throws(Preflight.Finding) {
      for root in try Preflight(head, size: size).roots {
        let place = Preflight.place(of: root)
        let header = (try? file.read(place.count, at: place.offset)) ?? []
        try Preflight.checkRoot(header, number: root)
      }
    } catch {
      throw .unusable(file.path, error)
    }
  }

  private func read(
    _ file: borrowing File, _ count: Int, at offset: Int
  ) throws(StoreError) -> [UInt8] {
    do throws(SystemError) { return try file.read(count, at: offset) } catch {
      throw .system(error)
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
