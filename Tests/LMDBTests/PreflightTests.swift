import Foundation
import LMDB
import Testing

private let pageSize = 4096

/// What preflight says of a file of these bytes: as BlockList asks it.
private func finding(_ bytes: [UInt8], size: Int? = nil) -> Preflight.Finding? {
  do throws(Preflight.Finding) {
    let head = Array(bytes.prefix(Preflight.headLength))
    for root in try Preflight(head, size: size ?? bytes.count).roots {
      let (offset, count) = Preflight.place(of: root)
      try Preflight.checkRoot(Array(bytes.dropFirst(offset).prefix(count)), number: root)
    }
    return nil
  } catch {
    return error
  }
}

@Test("accepts what LMDB makes", arguments: [0, 1, 10, 100, 1000, 10_000, 50_000] as [UInt32])
func goodFile(count: UInt32) throws {
  let sample = try Sample(mapSize: 16 << 20)
  try #expect(finding(sample.bytes) == nil)
  for step in 1...5 as ClosedRange<UInt32> {
    try sample.fill((0..<count).map { $0 * step })
    try #expect(finding(sample.bytes) == nil)
  }
}

@Test("accepts what LMDB makes, after each of many commits")
func manyCommits() throws {
  let sample = try Sample()
  var random = Random(seed: 11)
  for _ in 0..<200 {
    let transaction = try WriteTransaction(sample.environment())
    let numbers = try Numbers(creating: "numbers", in: transaction)
    for _ in 0..<10 {
      let number = Number(UInt32(random.next() % 100))
      if random.next() % 2 == 0 {
        let value = [UInt8](repeating: 1, count: Int(random.next() % 6000))
        try numbers.set(value, for: number, in: transaction)
      } else {
        try numbers.remove(number, in: transaction)
      }
    }
    try transaction.commit()
    try #expect(finding(sample.bytes) == nil)
  }
}

/// LMDB doesn't write pages that a transaction takes and gives back: the last ones of the file may
/// be among them.
@Test("accepts what LMDB makes of a value that grows and shrinks within one commit")
func growingValue() throws {
  for most in 1...40 {
    let sample = try Sample()
    for length in [1, 3, 2].map({ $0 * most * 1000 }) {
      let transaction = try WriteTransaction(sample.environment())
      let numbers = try Numbers(creating: "numbers", in: transaction)
      for step in [3, 5, 8, 1] {
        let value = [UInt8](repeating: 1, count: length * step / 8)
        try numbers.set(value, for: Number(1), in: transaction)
      }
      try transaction.commit()
      try #expect(finding(sample.bytes) == nil, "\(length) bytes")
    }
  }
}

@Test("refuses a file that is cut, wherever")
func truncation() throws {
  let sample = try Sample()
  try sample.fill(0..<10_000)
  let whole = try sample.bytes
  #expect(whole.count % pageSize == 0 && whole.count > 20 * pageSize)
  let boundaries = stride(from: 0, to: whole.count, by: pageSize)
  let odd = boundaries.flatMap { [$0 + 1, $0 + 15, $0 + 2048, $0 + pageSize - 1] }
  for size in Array(boundaries) + odd {
    let expected: Preflight.Finding = size < 2 * pageSize ? .tooShort : .truncated
    #expect(finding(Array(whole.prefix(size))) == expected, "cut to \(size) bytes")
  }
  #expect(finding(whole) == nil)
  #expect(finding(whole + [0]) == nil)
}

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
    Damage(.truncated, "last page", 136, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0], onNewest: true),
    Damage(.truncated, "last page", 138, [1], onNewest: true),
    Damage(.badGeometry, "root of the free list", 80, [0, 0, 0, 0, 0, 0, 0, 0], onNewest: true),
    Damage(.badGeometry, "root of the free list", 80, [1, 0, 0, 0, 0, 0, 0, 0], onNewest: true),
    Damage(.badGeometry, "root of the main tree", 128, [0, 0, 0, 0, 0, 0, 0, 0], onNewest: true),
    Damage(.badGeometry, "root of the main tree", 130, [1], onNewest: true),
    Damage(
      .badGeometry, "root of the main tree", 128, [0xFE] + [UInt8](repeating: 0xFF, count: 7),
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
    #expect(finding(bytes) == damage.finding, "on page \(page)")
  }
}

/// Which of the two pages has the later transaction.
private func newestPage(of bytes: [UInt8]) -> Int {
  bytes[144] > bytes[pageSize + 144] ? 0 : 1
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
    #expect(finding(bytes) == .notAPage, "byte \(offset)")
  }
  for header: [UInt8] in [[], [0], Array(good[start..<start + 10])] {
    #expect(throws: Preflight.Finding.notAPage) {
      try Preflight.checkRoot(header, number: root)
    }
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

@Test("refuses what is no LMDB file")
func foreignFile() {
  #expect(finding([]) == .tooShort)
  #expect(finding(Array("SQLite format 3\0".utf8)) == .tooShort)
  #expect(finding([UInt8](repeating: 0, count: 100_000)) == .notAPage)
  #expect(finding([UInt8](repeating: 0xFF, count: 100_000)) == .notAPage)
  #expect(finding([UInt8](repeating: 0x61, count: 2 * pageSize)) == .notAPage)
}

@Test("bears a head and a size that don't belong together")
func absurdSize() throws {
  let sample = try Sample()
  try sample.fill(0..<100)
  let bytes = try sample.bytes
  #expect(finding(bytes, size: .max) == nil)
  #expect(finding(bytes, size: .min) == .tooShort)
  #expect(finding(bytes, size: -1) == .tooShort)
  #expect(finding(Array(bytes.prefix(100)), size: bytes.count) == .tooShort)
  // The pages behind the head can't be read.
  #expect(finding(Array(bytes.prefix(2 * pageSize)), size: bytes.count) == .notAPage)
}

@Test("bears any bytes")
func randomBytes() throws {
  let sample = try Sample()
  try sample.fill(0..<100)
  let good = try sample.bytes
  var random = Random(seed: 5)
  for _ in 0..<2000 {
    let garbage = (0..<1024).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
    #expect(finding(garbage, size: Int(truncatingIfNeeded: random.next())) != nil)
    var bytes = good
    for _ in 0..<(1 + random.next() % 8) {
      // Where the fields are.
      let offset = Int(random.next() % 160) + Int(random.next() % 2) * pageSize
      bytes[offset] = UInt8(truncatingIfNeeded: random.next())
    }
    // Either way, but no trap; and a root that is accepted lies within the file.
    let preflight = try? Preflight(Array(bytes.prefix(2 * pageSize)), size: bytes.count)
    for root in preflight?.roots ?? [] { #expect((2..<bytes.count / pageSize).contains(root)) }
  }
}

@Test(
  "says what is wrong",
  arguments: zip(
    [
      .tooShort, .notAPage, .notLMDB, .otherVersion, .otherPageSize, .badGeometry, .truncated,
    ] as [Preflight.Finding],
    [
      "it is too short to be an LMDB file",
      "its pages make no sense",
      "it is no LMDB file",
      "another version of LMDB wrote it",
      "its page size is not 4096",
      "its header makes no sense",
      "it is shorter than its header says",
    ]))
func message(_ finding: Preflight.Finding, _ message: String) {
  #expect(finding.message.description == message)
}
