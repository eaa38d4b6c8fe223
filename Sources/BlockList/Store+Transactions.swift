package import LMDB
internal import Platform
internal import Policy
internal import Text

extension Store {
  /// Calls `body` with what is stored, if there is a store yet.
  package func read(
    _ body: (borrowing ReadTransaction, Schema) throws(LMDBError) -> Void
  ) throws(StoreError) {
    guard let identity = try usableFile() else { return }
    try lmdb { () throws(LMDBError) in
      let environment = try open(.read, expecting: identity)
      let transaction = try ReadTransaction(environment)
      try body(transaction, Schema(in: transaction))
    }
  }

  /// Calls `body` with a transaction, and commits it: one sync.
  ///
  /// Makes the store if there is none. Nothing is changed if `body` throws.
  package func write(
    _ body: (borrowing WriteTransaction, Schema) throws(LMDBError) -> Void
  ) throws(StoreError) {
    let known = try usableFile()
    let identity = if let known { known } else { try create() }
    try lmdb { () throws(LMDBError) in
      let environment = try open(.write, expecting: identity)
      let transaction = try WriteTransaction(environment)
      var schema = try Schema(in: transaction)
      try schema.migrate(in: transaction)
      try body(transaction, schema)
      try transaction.commit()
      try seal(environment)
    }
  }

  private func seal(_ environment: Environment) throws(LMDBError) {
    let descriptor = try environment.descriptor
    let path = home.directory.path.appending(Self.file)
    if let status = try? File.status(ofDescriptor: descriptor, path) { seal(status) }
  }

  private func open(
    _ access: Environment.Access, expecting identity: FileStatus.Identity
  ) throws(LMDBError) -> Environment {
    let path = home.directory.path.appending(Self.file)
    let environment = try unsafe path.withCString { (path) throws(LMDBError) in
      try unsafe Environment(path, access, databases: Schema.databases)
    }
    // What was looked at before must be what was opened now.
    let descriptor = try environment.descriptor
    guard let status = try? File.status(ofDescriptor: descriptor, path), status.identity == identity
    else { throw .swapped }
    return environment
  }

  /// Calls `body`, makes what it throws a `StoreError`, and moves the file aside if that says that
  /// it is damaged.
  private func lmdb(_ body: () throws(LMDBError) -> Void) throws(StoreError) {
    do throws(LMDBError) { try body() } catch {
      let error = StoreError.lmdb(error, home.directory.path.appending(Self.file))
      if error.isDamage { try moveAside(error) }
      throw error
    }
  }
}
