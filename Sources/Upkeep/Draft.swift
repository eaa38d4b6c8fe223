internal import BlockList
internal import LMDB
internal import Platform
internal import Policy

/// A store in the making, beside the one that is in use; only what was renamed is ever taken for
/// the store.
final class Draft {
  static var name: Path { "data.mdb.compact" }

  private let environment: Environment
  private let path: Path

  private init(_ environment: Environment, _ path: Path) {
    (self.environment, self.path) = (environment, path)
  }

  /// Makes an empty one, in place of what another compaction may have left.
  convenience init(in home: borrowing File, mapSize: Int) throws(StoreError) {
    let path = home.path.appending(Self.name)
    try system { () throws(SystemError) in try home.remove(Self.name) }
    self.init(try Schema.create(path, .draft(mapSize: mapSize)), path)
  }

  /// Adds to the end of a database.
  func append<Key: Storable, Value: Storable>(
    _ entries: Entries, to database: (Schema) -> Database<Key, Value>?
  ) throws(StoreError) {
    try change { (transaction, schema) throws(LMDBError) in
      try database(schema)?.append(entries, in: transaction)
    }
  }

  /// Takes over whatever is otherwise in `theirs`, and says of how many entries it was.
  ///
  /// - Parameter isSame: whether it is known to be as it was when it was copied.
  func catchUp(
    with theirs: Schema, in source: borrowing ReadTransaction, isSame: Bool
  ) throws(StoreError) -> Int {
    var changed = 0
    try change { (transaction, schema) throws(LMDBError) in
      _ = try schema.meta.become(theirs.meta, in: source, transaction)
      try schema.trimEvents(transaction)
      guard try !schema.isNearlyFull(transaction) else { throw .full }
      guard !isSame else { return }
      changed += try schema.subjects.become(theirs.subjects, in: source, transaction)
      changed += try schema.expiry.become(theirs.expiry, in: source, transaction)
      if let events = theirs.events, let blocked = theirs.blocked {
        changed += try schema.events?.become(events, in: source, transaction) ?? 0
        changed += try schema.blocked?.become(blocked, in: source, transaction) ?? 0
      }
      if let decrees = theirs.decrees {
        changed += try schema.decrees?.become(decrees, in: source, transaction) ?? 0
      }
      guard try !schema.isNearlyFull(transaction) else { throw .full }
    }
    return changed
  }

  /// Makes sure that all of it is on the disk.
  func synchronize() throws(StoreError) {
    do throws(LMDBError) { try environment.synchronize() } catch { throw .lmdb(error, path) }
  }

  private func change(
    _ body: (borrowing WriteTransaction, Schema) throws(LMDBError) -> Void
  ) throws(StoreError) {
    do throws(LMDBError) {
      let transaction = try WriteTransaction(environment)
      try body(transaction, Schema(in: transaction))
      try transaction.commit()
    } catch {
      throw .lmdb(error, path)
    }
  }
}

extension Store {
  /// Puts a draft that is on the disk in the place of the store.
  func replace() throws(StoreError) {
    try system { () throws(SystemError) in
      try home.directory.rename(Draft.name, to: Self.file)
      try home.directory.synchronize()
    }
    if let status = try? home.directory.status(of: Self.file) { seal(status) }
  }
}
