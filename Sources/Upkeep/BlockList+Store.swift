public import BlockList
internal import LMDB
public import Platform
internal import Policy

/// What there is to say of the store as a whole.
public struct StoreLook: Sendable {
  public let size: StoreSize
  /// The version of the layout.
  public let version: Int
  /// Whether it was as its last writer left it; else every page was looked at for this.
  public let wasSealed: Bool
}

/// What a look at all of the store has found, if nothing is damaged.
public struct StoreCheck: Sendable {
  public var (pages, subjects) = (0, 0)
  /// Subjects that a newer version wrote.
  public var foreign = 0
  /// Subjects that the expiry index lacks: only `purge` finds that they have expired.
  public var unfiled = 0
  /// Subjects of which `blocked` says something else than their records.
  public var misnoted = 0
}

/// A file that is no store any more.
public struct MovedFile: Sendable {
  public let name: Path
  /// What it takes on the disk, in bytes.
  public let disk: Int
}

/// What can be said without the lock.
extension BlockList {
  /// Where the store is.
  public var storePath: Path { Path(configuration.databaseHome.bytes).appending(Store.file) }

  /// The files that were moved aside.
  public func movedAside() throws(StoreError) -> [MovedFile] {
    let home = try Store.trusted(Path(configuration.databaseHome.bytes))
    return try system { () throws(SystemError) in
      var files: [MovedFile] = []
      for name in try home.names(beginningWith: Store.movedAside.bytes) {
        files.append(MovedFile(name: name, disk: (try? home.space(of: name).disk) ?? 0))
      }
      return files
    }
  }

  /// How long the file is and what it takes on the disk; nil if there is none.
  public func fileSpace() throws(StoreError) -> (length: Int, disk: Int)? {
    let home = try Store.trusted(Path(configuration.databaseHome.bytes))
    return try? home.space(of: Store.file)
  }

  /// The processes that have the lock at this moment.
  public func lockHolders() throws(StoreError) -> [ProcessSketch] {
    let home = try Store.trusted(Path(configuration.databaseHome.bytes))
    return try system { () throws(SystemError) in
      try FileLock.holders(of: "lock", in: home).map { ProcessSketch($0) }
    }
  }
}

extension BlockList {
  /// Looks at the store as a whole; nil if there is none.
  public func storeLook() throws(StoreError) -> StoreLook? {
    var look: StoreLook?
    try locked(.shared) { (store) throws(StoreError) in
      guard let file = try store.existingFile() else { return }
      let status = try system { () throws(SystemError) in try file.status }
      let wasSealed = store.isSealed(status)
      guard let size = try store.size() else { return }
      try store.read { (transaction, schema) throws(LMDBError) in
        look = StoreLook(
          size: size, version: try schema.version(transaction), wasSealed: wasSealed)
      }
    }
    return look
  }

  /// Looks at every page and every subject, whether there is a seal or not; nil if there is no
  /// store. Nothing is moved aside.
  ///
  /// Logins wait while it looks at the pages: about a millisecond for each thousand subjects.
  ///
  /// - Throws: if something is damaged.
  public func checkStore() throws(StoreError) -> StoreCheck? {
    var check: StoreCheck?
    try locked(.shared) { (store) throws(StoreError) in
      guard let file = try store.existingFile() else { return }
      let status = try system { () throws(SystemError) in try file.status }
      try store.check(file, size: status.size)
      check = StoreCheck()
      check?.pages = try store.size()?.pages.touched ?? 0
    }
    if check != nil { try checkSubjects(&check) }
    return check
  }

  private func checkSubjects(_ check: inout StoreCheck?) throws(StoreError) {
    var last: SubjectKey?
    while true {
      var (entries, unfiled, foreign, misnoted) = (Entries(), 0, 0, 0)
      let key = last?.encoded
      try locked(.shared) { (store) throws(StoreError) in
        try store.read { (transaction, schema) throws(LMDBError) in
          entries = try schema.subjects.entries(after: key, count: 500, in: transaction)
          let isComplete = try schema.meta.value(for: Schema.completeKey, in: transaction) != nil
          for index in 0..<entries.count {
            guard let (key, record) = try entries.subject(index) else {
              foreign += 1
              continue
            }
            let entry = ExpiryKey(of: record, key)
            if try schema.expiry.value(for: entry, in: transaction) == nil { unfiled += 1 }
            let row = try schema.blocked?.value(for: key.bytes, in: transaction)
            if isComplete ? (row != nil) != record.isBlocked : row != nil && !record.isBlocked {
              misnoted += 1
            }
          }
        }
      }
      guard let end = entries.lastKey else { return }
      last = SubjectKey(decoding: end)
      check?.subjects += entries.count
      check?.unfiled += unfiled
      check?.foreign += foreign
      check?.misnoted += misnoted
    }
  }
}

extension Entries {
  /// Nil if a newer version wrote it.
  fileprivate func subject(
    _ index: Int
  ) throws(LMDBError) -> (key: SubjectKey, record: SubjectRecord)? {
    do throws(LMDBError) {
      return (
        try SubjectKey(stored: Array(key(index))), try SubjectRecord(stored: Array(value(index)))
      )
    } catch {
      guard error == .foreign else { throw error }
      return nil
    }
  }
}
