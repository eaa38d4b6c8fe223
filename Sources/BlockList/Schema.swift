internal import LMDB
internal import Policy
internal import Text

/// The databases of the store.
struct Schema {
  let subjects: Database<SubjectKey, SubjectRecord>
  let expiry: Database<ExpiryKey, [UInt8]>

  /// As many as LMDB has to make room for.
  static let databases: UInt32 = 4
  private static var versionKey: [UInt8] { Text("schema").bytes }
  private static var encodedVersion: [UInt8] { [0, 0, 0, 1] }

  /// Opens them.
  ///
  /// - Throws: `isForeign` if a newer version of abl made them, or something else did.
  init(in transaction: borrowing some LMDB.Transaction & ~Copyable) throws(LMDBError) {
    let meta = try Database<[UInt8], [UInt8]>("meta", in: transaction)
    guard try meta?.value(for: Self.versionKey, in: transaction) == Self.encodedVersion,
      let subjects = try Database<SubjectKey, SubjectRecord>("subjects", in: transaction),
      let expiry = try Database<ExpiryKey, [UInt8]>("expiry", in: transaction)
    else { throw .foreign }
    (self.subjects, self.expiry) = (subjects, expiry)
  }

  /// Makes them, in a new file.
  static func create(in transaction: borrowing WriteTransaction) throws(LMDBError) {
    let meta = try Database<[UInt8], [UInt8]>(creating: "meta", in: transaction)
    _ = try Database<SubjectKey, SubjectRecord>(creating: "subjects", in: transaction)
    _ = try Database<ExpiryKey, [UInt8]>(creating: "expiry", in: transaction)
    try meta.set(encodedVersion, for: versionKey, in: transaction)
  }
}
