package import LMDB
internal import LMDBFile
package import Platform
internal import Policy
internal import Text

/// What the store has of a subject.
struct StoredValue {
  let record: [UInt8]?
  /// Those that win first.
  let decrees: [Decree]
}

/// The databases of the store.
package struct Schema {
  package let meta: Database<[UInt8], [UInt8]>
  package let subjects: Database<SubjectKey, SubjectRecord>
  package let expiry: Database<ExpiryKey, [UInt8]>
  /// Blocks that began and ended, by their numbers, and those that last, by their subjects: see
  /// `Event`. Nil in a store that only the versions before have written.
  package private(set) var events, blocked: Database<[UInt8], [UInt8]>?
  /// See `Decree`. Nil likewise.
  package private(set) var decrees: Database<[UInt8], [UInt8]>?

  /// As many as LMDB has to make room for.
  package static let databases: UInt32 = 8
  private static var versionKey: [UInt8] { Text("schema").bytes }
  /// 2: records that may say since when attempts lie in the future, expiry keys of blocked ones, a
  /// record of the clock. 3: events. What older versions wrote is read as it is.
  private static let version: UInt8 = 3

  /// Opens them.
  ///
  /// - Throws: `isForeign` if a newer version of abl made them, or something else did.
  package init(in transaction: borrowing some LMDB.Transaction & ~Copyable) throws(LMDBError) {
    guard let meta = try Database<[UInt8], [UInt8]>("meta", in: transaction),
      let version = try Self.version(meta, transaction), 1...Self.version ~= version,
      let subjects = try Database<SubjectKey, SubjectRecord>("subjects", in: transaction),
      let expiry = try Database<ExpiryKey, [UInt8]>("expiry", in: transaction)
    else { throw .foreign }
    (self.meta, self.subjects, self.expiry) = (meta, subjects, expiry)
    events = try Database("events", in: transaction)
    blocked = try Database("blocked", in: transaction)
    decrees = try Database("decrees", in: transaction)
  }

  /// What "subjects" has for `keys`, and the decrees on `names`, as many, found without LMDB.
  @inline(never)
  static func values(
    for keys: [[UInt8]], _ names: [[UInt8]], size: Int, _ read: Preflight.Read
  ) throws(Preflight.Finding) -> [StoredValue] {
    let all = try PageLookup(size: size, read)
    let meta = try all.database(Text("meta").bytes, read)
    let version = try meta.value(for: versionKey, read)
    guard let version = number(in: version), 1...Self.version ~= version else { throw .foreign }
    let usage = try meta.value(for: decreeUsageKey, read) ?? []
    let subjects = try all.database(Text("subjects").bytes, read)
    var values: [StoredValue] = []
    for (index, key) in keys.enumerated() {
      let value = try subjects.value(for: key, read)
      values.append(
        StoredValue(
          record: value, decrees: try decrees(for: names[index], by: usage, in: all, read)))
    }
    return values
  }

  /// Sees to it that an older version, which couldn't read what is about to be written, refuses it.
  mutating func migrate(in transaction: borrowing WriteTransaction) throws(LMDBError) {
    guard try Self.version(meta, transaction) != Self.version || decrees == nil else { return }
    events = try Database(creating: "events", in: transaction)
    blocked = try Database(creating: "blocked", in: transaction)
    decrees = try Database(creating: "decrees", in: transaction)
    try meta.set(Self.encodedVersion, for: Self.versionKey, in: transaction)
  }

  /// The version of what is stored.
  package func version(
    _ transaction: borrowing some LMDB.Transaction & ~Copyable
  ) throws(LMDBError) -> Int {
    Int(try Self.version(meta, transaction) ?? 0)
  }

  private static var encodedVersion: [UInt8] { [0, 0, 0, version] }

  private static func version(
    _ meta: Database<[UInt8], [UInt8]>,
    _ transaction: borrowing some LMDB.Transaction & ~Copyable
  ) throws(LMDBError) -> UInt8? {
    number(in: try meta.value(for: versionKey, in: transaction))
  }

  private static func number(in value: [UInt8]?) -> UInt8? {
    guard let value, value.count == 4, value.starts(with: [0, 0, 0]) else { return nil }
    return value.last
  }

  /// A new file with them, and nothing in them.
  package static func create(
    _ path: Path, _ access: Environment.Access
  ) throws(StoreError) -> Environment {
    do throws(LMDBError) {
      let environment = try unsafe path.withCString { (path) throws(LMDBError) in
        try unsafe Environment(path, access, databases: databases)
      }
      let transaction = try WriteTransaction(environment)
      try create(in: transaction)
      try transaction.commit()
      return environment
    } catch {
      throw .lmdb(error, path)
    }
  }

  private static func create(in transaction: borrowing WriteTransaction) throws(LMDBError) {
    let meta = try Database<[UInt8], [UInt8]>(creating: "meta", in: transaction)
    _ = try Database<SubjectKey, SubjectRecord>(creating: "subjects", in: transaction)
    _ = try Database<ExpiryKey, [UInt8]>(creating: "expiry", in: transaction)
    _ = try Database<[UInt8], [UInt8]>(creating: "events", in: transaction)
    _ = try Database<[UInt8], [UInt8]>(creating: "blocked", in: transaction)
    _ = try Database<[UInt8], [UInt8]>(creating: "decrees", in: transaction)
    try meta.set(encodedVersion, for: versionKey, in: transaction)
    try meta.set([1], for: completeKey, in: transaction)
  }

  /// Where the number of the last event stands.
  static var sequenceKey: [UInt8] { Text("sequence").bytes }
  /// Whether `blocked` has every subject that is blocked: in a new store from the beginning.
  package static var completeKey: [UInt8] { Text("blocked").bytes }

  /// The number of the last event; 0 if there was none, or if what stands there is no number of
  /// one: then they are counted anew.
  package func lastSequence(
    _ transaction: borrowing some LMDB.Transaction & ~Copyable
  ) throws(LMDBError) -> UInt64 {
    var reader = Bytes.Reader(try meta.value(for: Self.sequenceKey, in: transaction) ?? [])
    return UInt64(reader.int64() ?? 0)
  }
}
