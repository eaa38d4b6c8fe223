public import Text

/// A look at the first two pages of an LMDB file, before it is mapped.
///
/// Mapping a truncated file and reading it is a SIGBUS in sshd; LMDB itself looks at magic and
/// version only. The layout is that of LMDB 0.9 (data version 1) on a 64-bit machine: `MDB_page`
/// and `MDB_meta` in mdb.c.
public struct Preflight: Sendable {
  /// Bytes of the two meta pages.
  public static let headLength = 2 * pageSize

  /// Why a file cannot be used.
  public enum Finding: Error, Equatable, Sendable {
    case tooShort, notAPage, notLMDB, otherVersion, otherPageSize, badGeometry, truncated
  }

  /// The pages that LMDB will read first, as numbers: to be looked at with `checkRoot`.
  public let roots: [Int]

  private static let pageSize = 4096
  private static let pageHeader = 16
  private static let none = UInt64.max

  /// Looks at `head`, the first `headLength` bytes of a file that is `size` bytes long.
  public init(_ head: [UInt8], size: Int) throws(Finding) {
    guard size >= Self.headLength, head.count >= Self.headLength else { throw .tooShort }
    let one = try Meta(head, page: 0)
    let other = try Meta(head, page: 1)
    let newest = other.transaction > one.transaction ? other : one
    guard newest.lastPage < UInt64(size / Self.pageSize) else { throw .truncated }
    var roots: [Int] = []
    for root in newest.roots where root != Self.none {
      guard root >= 2, root <= newest.lastPage else { throw .badGeometry }
      roots.append(Int(root))
    }
    self.roots = roots
  }

  /// Where in the file page `number` begins, and how much of it `checkRoot` wants.
  public static func place(of number: Int) -> (offset: Int, count: Int) {
    (number * pageSize, pageHeader)
  }

  /// Looks at the beginning of page `number`, which should be the root of a tree.
  public static func checkRoot(_ header: [UInt8], number: Int) throws(Finding) {
    let isBranchOrLeaf = header.integer(at: 10, 2) & 0x03 != 0
    guard header.integer(at: 0, 8) == UInt64(number), isBranchOrLeaf,
      header.integer(at: 12, 2) <= header.integer(at: 14, 2),
      header.integer(at: 14, 2) <= UInt64(pageSize)
    else { throw .notAPage }
  }

  /// What a meta page says.
  private struct Meta {
    var transaction: UInt64
    var lastPage: UInt64
    /// Of the free list and of the main database.
    var roots: [UInt64]

    init(_ head: [UInt8], page: Int) throws(Finding) {
      let base = page * pageSize
      let meta = base + pageHeader
      guard head.integer(at: base, 8) == UInt64(page), head.integer(at: base + 10, 2) & 0x08 != 0
      else { throw .notAPage }
      guard head.integer(at: meta, 4) == 0xBEEF_C0DE else { throw .notLMDB }
      guard head.integer(at: meta + 4, 4) == 1 else { throw .otherVersion }
      // mm_dbs[FREE_DBI].md_pad holds the page size; both MDB_db are 48 bytes long.
      let free = meta + 24
      let main = free + 48
      guard head.integer(at: free, 4) == UInt64(pageSize) else { throw .otherPageSize }
      let depths = [head.integer(at: free + 6, 2), head.integer(at: main + 6, 2)]
      transaction = head.integer(at: main + 56, 8)
      lastPage = head.integer(at: main + 48, 8)
      roots = [head.integer(at: free + 40, 8), head.integer(at: main + 40, 8)]
      guard depths.allSatisfy({ $0 <= 32 }), lastPage < 1 << 40, lastPage >= 1 else {
        throw .badGeometry
      }
    }
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
    }
  }
}

extension [UInt8] {
  /// The little-endian integer of `count` bytes at `offset`; what lies beyond the end is 0.
  fileprivate func integer(at offset: Int, _ count: Int) -> UInt64 {
    var value: UInt64 = 0
    for place in (offset..<offset + count).reversed() where place < self.count {
      value = value << 8 | UInt64(self[place])
    }
    return value
  }
}
