internal import CLMDB
public import Text

/// A call of LMDB that failed.
public struct LMDBError: Error, Equatable, Sendable {
  /// LMDB's own code, or an `errno`.
  public let code: Int32

  init(_ code: Int32) { self.code = code }

  /// LMDB's words for it.
  public var message: Text {
    if code == MDB_INCOMPATIBLE { return "a newer version of abl, or another program, wrote it" }
    if code == MDB_CORRUPTED { return "what is stored makes no sense" }
    // Of a write that was cut short LMDB says no more.
    if code == EIO { return "the disk is full, or has failed" }
    guard let text = unsafe mdb_strerror(code) else { return "LMDB error \(code)" }
    return unsafe Text(cString: text)
  }

  /// The map has no room left.
  public var isFull: Bool { code == MDB_MAP_FULL }

  /// What LMDB read makes no sense: the file is damaged.
  public var isDamage: Bool {
    switch code {
    case MDB_CORRUPTED, MDB_INVALID, MDB_PAGE_NOTFOUND, MDB_VERSION_MISMATCH: true
    default: false
    }
  }

  /// What is stored is not what its reader knows: another program, or a newer version, wrote it.
  public static let foreign = LMDBError(MDB_INCOMPATIBLE)

  /// The map has no room left, or will have none soon.
  public static let full = LMDBError(MDB_MAP_FULL)

  /// What is stored makes no sense.
  public static let damaged = LMDBError(MDB_CORRUPTED)

  /// A file was swapped while it was being opened.
  public static let swapped = LMDBError(EAGAIN)
}

/// Every return code of LMDB goes through here.
func check(_ code: CInt) throws(LMDBError) {
  guard code == MDB_SUCCESS else { throw LMDBError(code) }
}
