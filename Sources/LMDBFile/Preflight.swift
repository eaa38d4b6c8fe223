public import Text

/// A look at an LMDB file before it is mapped: at its header, and then at each page that LMDB could
/// come to read.
///
/// LMDB looks at magic and version only. A truncated file is a SIGBUS to it, and a damaged page
/// what it happens to say: a crash of sshd, an endless walk. The layout is that of LMDB 0.9 (data
/// version 1) on a 64-bit machine: `MDB_page`, `MDB_node`, `MDB_db` and `MDB_meta` in mdb.c.
public struct Preflight: Sendable {
  /// The one size of pages that passes.
  public static var pageSize: Int { Page.size }
  /// Bytes up to the end of what the second of the two meta pages says.
  public static let headLength = Page.size + Meta.length

  /// Why a file cannot be used.
  public enum Finding: Error, Equatable, Sendable {
    case tooShort, notAPage, notLMDB, otherVersion, otherPageSize, badGeometry, truncated
    /// A page that is not what its parent says.
    case badPage(UInt64)
    /// A database of a kind that we have none of.
    case foreign
    /// A value that makes no sense to its reader.
    case badRecord
  }

  /// What the newer meta page says.
  let meta: Meta

  /// Looks at `head`, the first `headLength` bytes of a file that is `size` bytes long.
  public init(_ head: [UInt8], size: Int) throws(Finding) {
    guard size >= 2 * Page.size, head.count >= Self.headLength else { throw .tooShort }
    let one = try Meta(Page(bytes: Array(head.prefix(Meta.length))), number: 0)
    let other = try Meta(Page(bytes: Array(head[Page.size..<Page.size + Meta.length])), number: 1)
    meta = other.transaction > one.transaction ? other : one
    guard meta.lastPage < UInt64(size / Page.size) else { throw .truncated }
    guard meta.lastPage < meta.mapSize / UInt64(Page.size) else { throw .badGeometry }
  }
}

/// What a meta page says.
struct Meta: Sendable {
  /// The commit that wrote it; even ones write page 0.
  let transaction: UInt64
  let lastPage: UInt64
  /// Bytes.
  let mapSize: UInt64
  /// The free list and the main database.
  let (free, main): (Tree, Tree)

  /// Bytes of a meta page that say something: its header, and `MDB_meta`.
  static let length = Page.headerLength + 136

  /// `MDB_INTEGERKEY`, as the free list always is, and `MDB_NOSUBDIR`, as we open files; what else
  /// LMDB would take over (`MDB_FIXEDMAP`, say) we never asked it for.
  private static let flags: ClosedRange<UInt64> = 0x0008...0x4008
  private static let largestMap: UInt64 = 1 << 41

  init(_ page: Page, number: UInt64) throws(Preflight.Finding) {
    let meta = Page.headerLength
    guard page.number == number, page[10, 2] & 0x08 != 0 else { throw .notAPage }
    guard page[meta, 4] == 0xBEEF_C0DE else { throw .notLMDB }
    guard page[meta + 4, 4] == 1 else { throw .otherVersion }
    // The free list's md_pad holds the page size.
    guard page[meta + 24, 4] == UInt64(Page.size) else { throw .otherPageSize }
    (free, main) = (Tree(page, at: meta + 24), Tree(page, at: meta + 72))
    (lastPage, transaction) = (page[meta + 120, 8], page[meta + 128, 8])
    mapSize = page[meta + 16, 8]
    guard free.depth <= Tree.deepest, main.depth <= Tree.deepest, lastPage < 1 << 40, lastPage >= 1,
      free.flags == Self.flags.lowerBound || free.flags == Self.flags.upperBound,
      mapSize <= Self.largestMap
    else { throw .badGeometry }
  }
}

extension Preflight.Finding {
  public var message: Text {
    switch self {
    case .tooShort: "it is too short to be an LMDB file"
    case .notAPage: "its pages make no sense"
    case .notLMDB: "it is no LMDB file"
    case .otherVersion: "another version of LMDB wrote it"
    case .otherPageSize: "its page size is not 4096"
    case .badGeometry: "its header makes no sense"
    case .truncated: "it is shorter than its header says"
    case .badPage(let number): "its page \(number) is damaged"
    case .foreign: "another program made it"
    case .badRecord: "what is stored makes no sense"
    }
  }
}
