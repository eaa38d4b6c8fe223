import Foundation
import Harness
import LMDB
import LMDBFile
import Testing

/// A file in which every kind of page is: branches, leaves, large values, a list of free pages.
private func richSample(_ random: inout SeededRandom) throws -> Sample {
  let sample = try Sample(mapSize: 4 << 20)
  for _ in 0..<12 { try change(sample, &random, count: 150) }
  return sample
}

/// Stores and removes values of all sizes, in one commit.
private func change(_ sample: Sample, _ random: inout SeededRandom, count: Int) throws {
  let transaction = try WriteTransaction(sample.environment())
  for name: StaticString in ["numbers", "others"] {
    let numbers = try Numbers(creating: name, in: transaction)
    for _ in 0..<count {
      let number = Number(UInt32(random.next() % 400))
      let size = random.next() % 4 == 0 ? random.next() % 9000 : random.next() % 300
      if random.next() % 3 == 0 {
        try numbers.remove(number, in: transaction)
      } else {
        let value = [UInt8](repeating: UInt8(truncatingIfNeeded: size), count: Int(size))
        try numbers.set(value, for: number, in: transaction)
      }
    }
  }
  try transaction.commit()
}

/// How many entries a walk along all keys meets.
private func walk(_ sample: Sample) throws -> Int {
  let transaction = try ReadTransaction(sample.environment(.read))
  var count = 0
  for name: StaticString in ["numbers", "others"] {
    guard let numbers = try Bytes(name, in: transaction) else { continue }
    let cursor = try Cursor(numbers, in: transaction)
    var entry = try cursor.first()
    while entry != nil {
      count += 1
      entry = try cursor.next()
    }
  }
  return count
}

@Suite("A walk over the pages")
struct PageWalkTests {
  @Test("accepts every state that LMDB leaves, also a file that was emptied again")
  func manyStates() throws {
    var random = SeededRandom(seed: 21)
    let sample = try Sample(mapSize: 8 << 20)
    for round in 0..<150 {
      try change(sample, &random, count: Int(random.next() % 200))
      #expect(finding(try sample.bytes) == nil, "round \(round)")
    }
    let transaction = try WriteTransaction(sample.environment())
    for name: StaticString in ["numbers", "others"] {
      let numbers = try Numbers(creating: name, in: transaction)
      for number: UInt32 in 0..<400 { try numbers.remove(Number(number), in: transaction) }
    }
    try transaction.commit()
    #expect(finding(try sample.bytes) == nil)
    #expect(try walk(sample) == 0)
  }

  @Test("finds a page that was overwritten, wherever it is used")
  func overwrittenPages() throws {
    var random = SeededRandom(seed: 22)
    let sample = try richSample(&random)
    let good = try sample.bytes
    let used =
      1
      + (0..<3).reduce(0) { $0 | Int(good[newestPage(of: good) * pageSize + 136 + $1]) << (8 * $1) }
    var (found, missed) = (0, 0)
    for page in 2..<used {
      var bytes = good
      let start = page * pageSize
      bytes.replaceSubrange(start..<start + 16, with: [UInt8](repeating: 0xA5, count: 16))
      if finding(bytes) == nil { missed += 1 } else { found += 1 }
    }
    // What is missed is free, or inside a large value.
    #expect(found > used / 4, "\(found) found, \(missed) not, of \(used)")
  }

  /// Should it let anything through that LMDB can't bear, this ends the whole run.
  @Test("lets nothing through that LMDB could not read and change")
  func acceptedDamage() throws {
    var random = SeededRandom(seed: 23)
    let sample = try richSample(&random)
    let good = try sample.bytes
    let used =
      pageSize
      * (1
        + (0..<3).reduce(0) {
          $0 | Int(good[newestPage(of: good) * pageSize + 136 + $1]) << (8 * $1)
        })
    var accepted = 0
    for round in 0..<1000 {
      var bytes = good
      for _ in 0..<(1 + random.next() % 3) {
        let page = Int(random.next() % UInt64(used / pageSize)) * pageSize
        // Half of it where a page says what is on it.
        let within = Int(random.next() % (random.next() % 2 == 0 ? 160 : 4096))
        bytes[page + within] ^= UInt8(truncatingIfNeeded: 1 << (random.next() % 8))
      }
      if round % 10 == 0 {
        let (from, to) = (
          random.next() % UInt64(used / pageSize), random.next() % UInt64(used / pageSize)
        )
        let page = good[Int(from) * pageSize..<(Int(from) + 1) * pageSize]
        bytes.replaceSubrange(Int(to) * pageSize..<(Int(to) + 1) * pageSize, with: page)
      }
      guard finding(bytes) == nil else { continue }
      accepted += 1
      try Data(bytes).write(to: URL(fileURLWithPath: sample.path))
      _ = try walk(sample)
      try change(sample, &random, count: 60)
      #expect(finding(try sample.bytes) == nil, "round \(round)")
      _ = try walk(sample)
    }
    #expect(accepted > 30, "\(accepted)")
  }

  @Test("refuses a tree whose depth is not that of its pages", arguments: [0, 1, 4, 33, 0xFFFF])
  func damagedDepth(_ depth: Int) throws {
    let sample = try Sample()
    try sample.fill(0..<10_000)
    var bytes = try sample.bytes
    // What is known of a tree stands behind its name: MDB_db.md_depth.
    for place in Data(bytes).ranges(of: Data("numbers".utf8)) {
      let field = place.upperBound + 6
      #expect(bytes[field] == 2 || bytes[field] == 3)
      bytes.replaceSubrange(field..<field + 2, with: [UInt8(depth & 255), UInt8(depth >> 8)])
    }
    #expect(finding(bytes)?.isBadPage == true)
  }

  /// Should one of them trap, this ends the whole run.
  @Test(
    "bears each byte of a header, a root and a branch at its extremes, as do looks without LMDB")
  func extremeBytes() throws {
    let sample = try Sample()
    try sample.fill(0..<1500)
    let good = try sample.bytes
    let pages = (0..<24).filter { page in
      page < 2 || [1, 2].contains(good[page * pageSize + 10])
    }
    for page in pages {
      let upper = Int(good[page * pageSize + 14]) | Int(good[page * pageSize + 15]) << 8
      let places = page < 2 ? Array(0..<152) : Array(0..<40) + (upper..<min(upper + 80, pageSize))
      for place in places {
        for byte: UInt8 in [0, 1, 0x80, 0xFF] {
          var bytes = good
          bytes[page * pageSize + place] = byte
          _ = finding(bytes)
          func read(_ count: Int, _ offset: Int) -> [UInt8] {
            Array(bytes.dropFirst(offset).prefix(count))
          }
          _ = try? PageLookup(size: bytes.count, read).database(Array("numbers".utf8), read)
            .value(for: Number(700).encoded, read)
        }
      }
    }
  }
}
