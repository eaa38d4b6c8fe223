import Foundation
import Harness
import LMDB
import LMDBFile
import Testing

/// What is found in a file of these bytes, as the module looks.
private struct Finder {
  let bytes: [UInt8]

  func read(_ count: Int, _ offset: Int) -> [UInt8] {
    Array(bytes.dropFirst(offset).prefix(count))
  }

  func value(of key: [UInt8], in name: String) throws -> [UInt8]? {
    let lookup = try PageLookup(size: bytes.count, read)
    return try lookup.database(Array(name.utf8), read).value(for: key, read)
  }
}

@Suite("A lookup in the pages")
struct PageLookupTests {
  @Test(
    "finds what LMDB finds, in a tree of any height, and nothing else",
    arguments: [0, 1, 2, 40, 1000, 60_000] as [UInt32])
  func lookups(count: UInt32) throws {
    let sample = try Sample(mapSize: 16 << 20)
    try sample.fill((0..<count).map { $0 * 2 + 1 })
    let finder = Finder(bytes: try sample.bytes)
    var random = SeededRandom(seed: 31)
    let some = (0..<300).map { _ in UInt32(random.next() % UInt64(2 * count + 3)) }
    for number in [0, 1, 2, count, 2 * count, 2 * count + 1] + some {
      let expected = number % 2 == 1 && number < 2 * count ? Array("\(number)".utf8) : nil
      #expect(try finder.value(of: Number(number).encoded, in: "numbers") == expected, "\(number)")
    }
  }

  @Test("finds keys and values of all lengths, also those on pages of their own")
  func lengths() throws {
    let sample = try Sample(mapSize: 16 << 20)
    let transaction = try WriteTransaction(sample.environment())
    let bytes = try Bytes(creating: "bytes", in: transaction)
    var stored: [[UInt8]: [UInt8]] = [:]
    var random = SeededRandom(seed: 32)
    for length in [1, 2, 3, 50, 200, 400, 511] {
      for _ in 0..<40 {
        let key = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let value = [UInt8](repeating: key[0], count: Int(random.next() % 20_000))
        stored[key] = value
        try bytes.set(value, for: key, in: transaction)
      }
    }
    try transaction.commit()
    let finder = Finder(bytes: try sample.bytes)
    for (key, value) in stored {
      #expect(try finder.value(of: key, in: "bytes") == value)
      let longer = key + [0]
      if stored[longer] == nil { #expect(try finder.value(of: longer, in: "bytes") == nil) }
    }
  }

  @Test("finds no database where there is none")
  func noDatabase() throws {
    let sample = try Sample()
    #expect(throws: Preflight.Finding.foreign) {
      try Finder(bytes: sample.bytes).value(of: [1], in: "numbers")
    }
    try sample.fill(0..<10)
    #expect(throws: Preflight.Finding.foreign) {
      try Finder(bytes: sample.bytes).value(of: [1], in: "number")
    }
  }

  @Test("bears any damage: it finds something, nothing, or says so")
  func damagedLookups() throws {
    let sample = try Sample()
    try sample.fill(0..<2000)
    let good = try sample.bytes
    var random = SeededRandom(seed: 33)
    var found = (right: 0, wrong: 0, nothing: 0, bad: 0)
    for _ in 0..<3000 {
      var bytes = good
      for _ in 0..<8 {
        let page = Int(random.next() % 40) * pageSize
        let offset = page + Int(random.next() % (random.next() % 2 == 0 ? 64 : 4096))
        bytes[offset] = UInt8(truncatingIfNeeded: random.next())
      }
      let number = UInt32(random.next() % 2000)
      do {
        let value = try Finder(bytes: bytes).value(of: Number(number).encoded, in: "numbers")
        if value == Array("\(number)".utf8) {
          found.right += 1
        } else if value == nil {
          found.nothing += 1
        } else {
          found.wrong += 1
        }
      } catch is Preflight.Finding { found.bad += 1 }
    }
    #expect(found.right > 500 && found.bad > 100, "\(found)")
  }
}
