import LMDB
import LMDBFile
import Testing

/// A header with one field changed, on either of the two pages.
struct Damage: CustomTestStringConvertible {
  var finding: Preflight.Finding
  var field: String
  /// From the beginning of the page.
  var offset: Int
  var bytes: [UInt8]
  /// Whether it is looked at on the newer page only.
  var isNewestOnly: Bool

  init(
    _ finding: Preflight.Finding, _ field: String, _ offset: Int, _ bytes: [UInt8],
    onNewest isNewestOnly: Bool = false
  ) {
    (self.finding, self.field, self.offset, self.bytes) = (finding, field, offset, bytes)
    self.isNewestOnly = isNewestOnly
  }

  var testDescription: String { "\(field) \(bytes)" }
}

@Suite("A file whose head is damaged")
struct DamagedHeaderTests {
  @Test(
    "refuses a header of which a field is damaged",
    arguments: [
      Damage(.notAPage, "page number", 0, [2]),
      Damage(.notAPage, "page number", 7, [1]),
      Damage(.notAPage, "flags", 10, [0x02, 0]),
      Damage(.notAPage, "flags", 10, [0, 0]),
      Damage(.notLMDB, "magic", 16, [0xDF]),
      Damage(.notLMDB, "magic", 16, [0xBE, 0xEF, 0xC0, 0xDE]),
      Damage(.notLMDB, "magic", 16, [0, 0, 0, 0]),
      Damage(.otherVersion, "version", 20, [2]),
      Damage(.otherVersion, "version", 20, [0]),
      Damage(.otherVersion, "version", 23, [1]),
      Damage(.otherPageSize, "page size", 40, [0, 0, 0, 0]),
      Damage(.otherPageSize, "page size", 40, [0, 0x40, 0, 0]),
      Damage(.otherPageSize, "page size", 40, [0xFF, 0xFF, 0xFF, 0xFF]),
      Damage(.badGeometry, "depth of the free list", 46, [33, 0]),
      Damage(.badGeometry, "depth of the main tree", 94, [0xFF, 0xFF]),
      Damage(.badGeometry, "last page", 136, [0, 0, 0, 0, 0, 0, 0, 0]),
      Damage(.badGeometry, "last page", 136, [0, 0, 0, 0, 0, 1, 0, 0]),
      Damage(.badGeometry, "last page", 136, [UInt8](repeating: 0xFF, count: 8)),
      Damage(
        .truncated, "last page", 136, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0], onNewest: true),
      Damage(.truncated, "last page", 138, [1], onNewest: true),
      Damage(.badGeometry, "flags of the environment", 44, [0x09, 0]),
      Damage(.badGeometry, "flags of the environment", 44, [0, 0]),
      Damage(.badGeometry, "map size", 37, [0xFF]),
      Damage(.badGeometry, "map size", 32, [0, 0, 0, 0], onNewest: true),
      Damage(.badPage(0), "depth of the main tree", 94, [2, 0], onNewest: true),
      Damage(.badPage(0), "entries of the main tree", 120, [7], onNewest: true),
      Damage(.badPage(0), "leaves of the main tree", 104, [7], onNewest: true),
      Damage(.foreign, "flags of the main tree", 92, [4], onNewest: true),
      Damage(.badPage(0), "root of the free list", 80, [0, 0, 0, 0, 0, 0, 0, 0], onNewest: true),
      Damage(.badPage(0), "root of the free list", 80, [1, 0, 0, 0, 0, 0, 0, 0], onNewest: true),
      Damage(.badPage(0), "root of the main tree", 128, [0, 0, 0, 0, 0, 0, 0, 0], onNewest: true),
      Damage(.badPage(0), "root of the main tree", 130, [1], onNewest: true),
      Damage(
        .badPage(0), "root of the main tree", 128, [0xFE] + [UInt8](repeating: 0xFF, count: 7),
        onNewest: true),
    ])
  func damagedHeader(_ damage: Damage) throws {
    let sample = try Sample()
    // So that the two pages differ.
    for number: UInt32 in 0..<4 { try sample.fill([number]) }
    let good = try sample.bytes
    for page in 0...1 where !damage.isNewestOnly || page == newestPage(of: good) {
      var bytes = good
      let start = page * pageSize + damage.offset
      bytes.replaceSubrange(start..<start + damage.bytes.count, with: damage.bytes)
      let found = finding(bytes)
      // Which page it is doesn't matter here.
      let isMeant = damage.finding.isBadPage ? found?.isBadPage == true : found == damage.finding
      #expect(found != nil && isMeant, "\(String(describing: found)) on page \(page)")
    }
  }

  @Test("refuses a root that is no page of a tree")
  func damagedRoot() throws {
    let sample = try Sample()
    try sample.fill(0..<100)
    let good = try sample.bytes
    let root = Int(good[newestPage(of: good) * pageSize + 128])
    let start = root * pageSize
    for (offset, byte) in [(0, 99), (7, 1), (10, 0x04), (10, 0x08), (13, 0xFF), (15, 0xFF)] {
      var bytes = good
      bytes[start + offset] = UInt8(byte)
      #expect(finding(bytes) == .badPage(UInt64(root)), "byte \(offset)")
    }
  }

  @Test("refuses what a 32-bit machine made")
  func otherWordSize() {
    var bytes = [UInt8](repeating: 0, count: 4 * pageSize)
    for page in 0...1 {
      // mp_pgno is of 4 bytes there, and so all that follows is 4 bytes nearer.
      let base = page * pageSize
      bytes[base] = UInt8(page)
      bytes[base + 6] = 0x08
      bytes.replaceSubrange(base + 12..<base + 16, with: [0xDE, 0xC0, 0xEF, 0xBE])
      bytes[base + 16] = 1
    }
    #expect(finding(bytes) == .notAPage)
  }
}
