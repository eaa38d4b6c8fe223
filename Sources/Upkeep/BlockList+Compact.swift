public import BlockList
internal import LMDB
internal import Platform
internal import Policy

/// What a compaction has done.
public struct Compaction: Sendable {
  public let before: StoreSize
  public let after: StoreSize
  /// For how long the last step held the lock, in milliseconds.
  public let pause: Int64
  /// How many entries had been changed while the others were copied.
  public let overtaken: Int
}

extension BlockList {
  static var turn: Path { "compact" }

  /// Writes the store anew, without its free room, and puts that in its place; the map gets the
  /// size that `max_size` says. Nil if there is no store.
  ///
  /// Logins go on meanwhile. All is copied first, 1000 entries under the lock at a time, into a
  /// file of another name, and that is brought to the disk without the lock. Then, under the lock,
  /// what has changed since is found by walking along both files at once, and the new one is
  /// renamed into place. One that is killed leaves a file that the next one removes.
  ///
  /// - Throws: an error that `isFull` if `max_size` is too small for what is stored and a tenth,
  ///   and one that `isTimeout` if another compaction is at it.
  public func compact() throws(StoreError) -> Compaction? {
    let home = try Store.trusted(Path(configuration.databaseHome.bytes))
    let run = try Store.trusted(Path(configuration.runHome.bytes))
    let turn = try system { () throws(SystemError) in
      try FileLock(Self.turn.tagged(home), in: run, .exclusive, until: Deadline(milliseconds: 0))
    }
    return try withExtendedLifetime(turn) { () throws(StoreError) in
      defer { try? home.remove(Draft.name) }
      return try compact(in: home)
    }
  }

  private func compact(in home: borrowing File) throws(StoreError) -> Compaction? {
    guard let (before, seen) = try current() else { return nil }
    let draft = try Draft(in: home, mapSize: Int(configuration.maxSize))
    try copy({ $0.subjects }, to: draft)
    try copy({ $0.expiry }, to: draft)
    try copy({ $0.events }, to: draft)
    try copy({ $0.blocked }, to: draft)
    try copy({ $0.decrees }, to: draft)
    try draft.synchronize()
    var (overtaken, after): (Int?, StoreSize?)
    var pause: Int64 = 0
    try locked(.exclusive) { (store) throws(StoreError) in
      let start = Clock.milliseconds
      overtaken = try store.catchUp(draft, with: seen)
      guard overtaken != nil else { return }
      try store.replace()
      pause = Clock.milliseconds - start
      after = try store.size()
    }
    guard let overtaken, let after else { return nil }
    return Compaction(before: before, after: after, pause: pause, overtaken: overtaken)
  }

  private func current() throws(StoreError) -> (StoreSize, StoreVersion)? {
    var (size, version): (StoreSize?, StoreVersion?)
    try locked(.shared) { (store) throws(StoreError) in
      size = try store.size()
      version = try store.version()
    }
    guard let size, let version else { return nil }
    return (size, version)
  }

  private func copy<Key: Storable, Value: Storable>(
    _ database: (Schema) -> Database<Key, Value>?, to draft: Draft
  ) throws(StoreError) {
    var key: [UInt8]?
    while true {
      var entries = Entries()
      try locked(.shared) { (store) throws(StoreError) in
        try store.read { (transaction, schema) throws(LMDBError) in
          guard let database = database(schema) else { return }
          entries = try database.entries(after: key, count: 1000, in: transaction)
        }
      }
      guard let last = entries.lastKey else { return }
      try draft.append(entries, to: database)
      key = last
    }
  }
}

/// Which file the store is, and as of which commit.
struct StoreVersion: Equatable {
  let identity: FileStatus.Identity
  let commit: Int
}

extension Store {
  /// Nil if there is no store.
  func version() throws(StoreError) -> StoreVersion? {
    guard let identity = try usableFile() else { return nil }
    var version: StoreVersion?
    try read { (transaction, _) throws(LMDBError) in
      version = StoreVersion(identity: identity, commit: transaction.commit)
    }
    return version
  }

  /// Takes what has changed since `seen` over into `draft`, and brings it to the disk.
  ///
  /// - Returns: of how many entries it was; nil if the store is gone.
  fileprivate func catchUp(
    _ draft: Draft, with seen: StoreVersion
  ) throws(StoreError) -> Int? {
    guard let current = try version() else { return nil }
    let isSame = current == seen
    var (changed, failure): (Int, StoreError?) = (0, nil)
    try read { (transaction, schema) throws(LMDBError) in
      do throws(StoreError) {
        changed = try draft.catchUp(with: schema, in: transaction, isSame: isSame)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    try draft.synchronize()
    return changed
  }
}
