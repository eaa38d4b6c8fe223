/// A page of an LMDB file, of which anything may be damaged: what lies beyond its end reads as 0.
struct Page {
  static let size = 4096
  /// Number 8, 2 of no use, flags 2, then where the free room begins 2 and ends 2 (of an overflow
  /// page: how many pages there are, 4).
  static let headerLength = 16

  let bytes: [UInt8]

  /// The little-endian integer of `count` bytes, an even number, at `offset`.
  subscript(offset: Int, count: Int) -> UInt64 {
    @inline(never) get {
      guard offset >= 0, count <= bytes.count, offset <= bytes.count - count else { return 0 }
      var value: UInt64 = 0
      for place in stride(from: 0, to: count, by: 2) {
        value |= UInt64(short(offset + place)) << UInt64(8 * place)
      }
      return value
    }
  }

  /// Likewise, of two bytes: most of what is read.
  @inline(never)
  func short(_ offset: Int) -> Int {
    guard offset >= 0, offset < bytes.count - 1 else { return 0 }
    return Int(bytes[offset]) | Int(bytes[offset + 1]) << 8
  }

  var number: UInt64 { self[0, 8] }
  var kind: Kind? { Kind(rawValue: short(10)) }

  /// No other flag is ever written to the disk.
  enum Kind: Int {
    case branch = 1
    case leaf = 2
    case overflow = 4
  }
}

extension Page {
  /// Where the nodes of a branch or a leaf begin. All of each lies within the page, and together
  /// they fill it from its end to where the free room ends.
  func nodes(_ number: UInt64) throws(Preflight.Finding) -> [Int] {
    let (lower, upper) = (short(12), short(14))
    let count = (lower - Self.headerLength) / 2
    // A branch of one is what LMDB stops at with an assertion.
    guard lower >= Self.headerLength, count >= (kind == .leaf ? 1 : 2), lower <= upper else {
      throw .badPage(number)
    }
    var nodes: [Int] = []
    // At each place the length of the node that begins there, to see that one follows the other.
    var lengths = [UInt16](repeating: 0, count: Self.size)
    for index in 0..<count {
      let node = try node(index, number)
      guard node.place >= upper else { throw .badPage(number) }
      lengths[node.place] = UInt16(truncatingIfNeeded: node.length)
      nodes.append(node.place)
    }
    var (end, passed) = (upper, 0)
    while end < Self.size, lengths[end] > 0 {
      end += Int(lengths[end])
      passed += 1
    }
    guard end == Self.size, passed == count else { throw .badPage(number) }
    return nodes
  }
}

extension Page {
  /// The node of an index; all of it lies within the page.
  func node(_ index: Int, _ number: UInt64) throws(Preflight.Finding) -> Node {
    let node = Node(page: self, place: short(Self.headerLength + 2 * index))
    guard node.isWithinPage else { throw .badPage(number) }
    return node
  }
}

/// `MDB_node`: on a leaf the size of the value 4, flags 2, size of the key 2, key, value; on a
/// branch the number of the child 6, size of the key 2, key.
struct Node {
  let page: Page
  let place: Int
  private let isOnLeaf: Bool
  private let (flags, keySize): (Int, Int)

  /// The longest key that LMDB takes.
  private static let longestKey = 511

  init(page: Page, place: Int) {
    (self.page, self.place) = (page, place)
    isOnLeaf = page.kind == .leaf
    flags = isOnLeaf ? page.short(place + 4) : 0
    keySize = page.short(place + 6)
  }

  /// Only once it is known that the node lies within the page.
  var key: ArraySlice<UInt8> { page.bytes[place + 8..<value] }
  /// Where its value begins.
  var value: Int { place + 8 + keySize }

  var child: UInt64 { page[place, 6] }
  /// Bytes of the value.
  var size: Int { Int(page[place, 4]) }
  /// Whether the value stands on pages of its own, and here only the number of the first.
  var isLarge: Bool { flags & 1 != 0 }
  /// Whether the value is a tree.
  var isTree: Bool { flags & 2 != 0 }
  /// Bytes of the value that stand here.
  var stored: Int { isOnLeaf ? (isLarge ? 8 : size) : 0 }
  /// Bytes of the page; always an even number.
  var length: Int { (8 + keySize + stored + 1) & ~1 }

  var isWithinPage: Bool {
    flags & ~3 == 0 && keySize <= Self.longestKey && place + length <= Page.size
  }
}

/// What LMDB knows of a tree: `MDB_db`, 48 bytes.
struct Tree: Equatable, Sendable {
  let (flags, depth): (UInt64, UInt64)
  var pages = Pages()
  var entries: UInt64
  let root: UInt64

  /// How many there are of each kind.
  struct Pages: Equatable, Sendable {
    var (branch, leaf, overflow): (UInt64, UInt64, UInt64) = (0, 0, 0)
  }

  static let length = 48
  /// No tree of LMDB is deeper.
  static let deepest: UInt64 = 32
  static let emptyRoot = UInt64.max

  init(_ page: Page, at offset: Int) {
    (flags, depth) = (page[offset + 4, 2], page[offset + 6, 2])
    pages.branch = page[offset + 8, 8]
    pages.leaf = page[offset + 16, 8]
    pages.overflow = page[offset + 24, 8]
    entries = page[offset + 32, 8]
    root = page[offset + 40, 8]
  }
}
