import Foundation
import Harness
import LMDB
import LMDBFile
import Testing

let pageSize = 4096

/// What preflight says of a file of these bytes: as BlockList asks it.
func finding(_ bytes: [UInt8], size: Int? = nil) -> Preflight.Finding? {
  do throws(Preflight.Finding) {
    let head = Array(bytes.prefix(Preflight.headLength))
    try Preflight(head, size: size ?? bytes.count).checkPages { count, offset in
      Array(bytes.dropFirst(offset).prefix(count))
    }
    return nil
  } catch {
    return error
  }
}

extension Preflight.Finding {
  var isBadPage: Bool { if case .badPage = self { true } else { false } }
}

@Suite("The preflight of a file")
struct PreflightTests {
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
    var random = SeededRandom(seed: 11)
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

  @Test("refuses a file of which a used page is cut, wherever")
  func truncation() throws {
    let sample = try Sample()
    try sample.fill(0..<10_000)
    let whole = try sample.bytes
    let used = usedCount(of: whole)
    #expect(used > 20 * pageSize && used < whole.count)
    let boundaries = stride(from: 0, to: used, by: pageSize)
    let odd = boundaries.flatMap { [$0 + 1, $0 + 15, $0 + 2048, $0 + pageSize - 1] }
    for size in Array(boundaries) + odd {
      let expected: Preflight.Finding = size < 2 * pageSize ? .tooShort : .truncated
      #expect(finding(Array(whole.prefix(size))) == expected, "cut to \(size) bytes")
    }
    for size in [used, used + 1, whole.count] { #expect(finding(Array(whole.prefix(size))) == nil) }
  }

  @Test("makes a file as long as its map, and one that is shorter longer again")
  func length() throws {
    let sample = try Sample()
    #expect(try sample.bytes.count == 1 << 20)
    try sample.fill(0..<10)
    let used = usedCount(of: try sample.bytes)
    #expect(truncate(sample.path, off_t(used)) == 0)
    // As it comes from mdb_copy. Who only looks changes nothing.
    try #expect(finding(sample.bytes) == nil)
    _ = try sample.environment(.read)
    #expect(try sample.bytes.count == used)
    _ = try sample.environment(.write)
    #expect(try sample.bytes.count == 1 << 20)
    try #expect(finding(sample.bytes) == nil)
  }

  @Test("uses no more of the disk than it holds")
  func sparse() throws {
    let sample = try Sample(mapSize: 64 << 20)
    try sample.fill(0..<10)
    var status = stat()
    #expect(stat(sample.path, &status) == 0)
    #expect(status.st_size == 64 << 20)
    #expect(status.st_blocks * 512 < 1 << 20)
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
    #expect(finding(Array(bytes.prefix(2 * pageSize)), size: bytes.count)?.isBadPage == true)
  }

  @Test("bears any bytes")
  func randomBytes() throws {
    let sample = try Sample()
    try sample.fill(0..<100)
    let good = try sample.bytes
    var random = SeededRandom(seed: 5)
    for _ in 0..<2000 {
      let garbage = (0..<1024).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
      #expect(finding(garbage, size: Int(truncatingIfNeeded: random.next())) != nil)
      var bytes = good
      for _ in 0..<(1 + random.next() % 8) {
        // Where the fields are.
        let offset = Int(random.next() % 160) + Int(random.next() % 2) * pageSize
        bytes[offset] = UInt8(truncatingIfNeeded: random.next())
      }
      // Either way, but no trap.
      _ = finding(bytes)
    }
  }

  @Test(
    "says what is wrong",
    arguments: zip(
      [
        .tooShort, .notAPage, .notLMDB, .otherVersion, .otherPageSize, .badGeometry, .truncated,
        .badPage(7), .foreign,
      ] as [Preflight.Finding],
      [
        "it is too short to be an LMDB file",
        "its pages make no sense",
        "it is no LMDB file",
        "another version of LMDB wrote it",
        "its page size is not 4096",
        "its header makes no sense",
        "it is shorter than its header says",
        "its page 7 is damaged",
        "another program made it",
      ]))
  func message(_ finding: Preflight.Finding, _ message: String) {
    #expect(finding.message.description == message)
  }
}

/// The bytes up to the end of the last page that was ever used.
private func usedCount(of bytes: [UInt8]) -> Int {
  let lastPage = newestPage(of: bytes) * pageSize + 136
  return pageSize * (1 + (0..<8).reduce(0) { $0 | Int(bytes[lastPage + $1]) << (8 * $1) })
}

/// Which of the two pages has the later transaction.
func newestPage(of bytes: [UInt8]) -> Int {
  bytes[144] > bytes[pageSize + 144] ? 0 : 1
}
