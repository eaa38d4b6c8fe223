import Harness
import Testing

@testable import LMDB

private func key(_ number: UInt32) -> [UInt8] { Number(number).encoded }

extension Sample {
  fileprivate func all() throws -> [[UInt8]] {
    let transaction = try ReadTransaction(environment(.read))
    guard let database = try Bytes("numbers", in: transaction) else { return [] }
    let entries = try database.entries(after: nil, count: .max, size: .max, in: transaction)
    return (0..<entries.count).map { Array(entries.key($0)) + Array(entries.value($0)) }
  }

  fileprivate func change(_ body: (Bytes, borrowing WriteTransaction) throws -> Void) throws {
    let transaction = try WriteTransaction(environment())
    try body(Bytes(creating: "numbers", in: transaction), transaction)
    try transaction.commit()
  }

  /// Makes ours what `other` is, and says how many entries were not the same.
  fileprivate func become(_ other: Sample) throws -> Int {
    let theirs = try ReadTransaction(other.environment(.read))
    let source = try #require(try Bytes("numbers", in: theirs))
    let ours = try WriteTransaction(environment())
    let changed = try Bytes(creating: "numbers", in: ours).become(source, in: theirs, ours)
    try ours.commit()
    return changed
  }
}

@Suite("A rebuilt file")
struct RebuildTests {
  @Test("a copy of entries goes on where the last one ended, and takes no more than was asked for")
  func entries() throws {
    let sample = try Sample()
    try sample.fill(0..<100)
    let transaction = try ReadTransaction(sample.environment(.read))
    let database = try #require(try Bytes("numbers", in: transaction))
    var (found, last): ([[UInt8]], [UInt8]?) = ([], nil)
    while true {
      let entries = try database.entries(after: last, count: 7, in: transaction)
      #expect(entries.count <= 7)
      guard let end = entries.lastKey else { break }
      for index in 0..<entries.count {
        #expect(String(decoding: entries.value(index), as: UTF8.self) == "\(found.count)")
        found.append(Array(entries.key(index)))
      }
      last = end
    }
    #expect(found == (0..<100).map { key($0) })
    #expect(try database.entries(after: key(50), count: 100, size: 1, in: transaction).count == 1)
    #expect(try database.entries(after: [0xFF], count: 1, in: transaction).isEmpty)
  }

  @Test("appending fills pages to their ends")
  func append() throws {
    let (full, loose) = (try Sample(mapSize: 8 << 20), try Sample(mapSize: 8 << 20))
    try full.change { database, transaction in
      var entries = Entries()
      let source = try Sample(mapSize: 8 << 20)
      try source.fill(0..<20_000)
      let theirs = try ReadTransaction(source.environment(.read))
      let numbers = try #require(try Bytes("numbers", in: theirs))
      entries = try numbers.entries(after: nil, count: .max, in: theirs)
      try database.append(entries, in: transaction)
    }
    var random = SeededRandom(seed: 5)
    try loose.fill((0..<20_000).shuffled(using: &random))
    #expect(try full.all() == loose.all())
    let pages = try [full, loose].map { sample in
      let transaction = try ReadTransaction(sample.environment(.read))
      return try #require(try Bytes("numbers", in: transaction)).pages(in: transaction)
    }
    #expect(Double(pages[0]) < 0.8 * Double(pages[1]))
  }

  @Test("a database becomes another one, whatever is new, gone or changed in it")
  func become() throws {
    var random = SeededRandom(seed: 7)
    for round in 0..<60 {
      let (one, other) = (try Sample(), try Sample())
      let numbers = UInt32(round * 10)
      try one.fill(0..<numbers)
      try other.fill(0..<numbers)
      try other.change { database, transaction in
        for _ in 0..<(round % 7 * 20) {
          let number = key(UInt32.random(in: 0...(numbers + 20), using: &random))
          if Bool.random(using: &random) {
            try database.remove(number, in: transaction)
          } else {
            let value = [UInt8](repeating: 1, count: Int.random(in: 0...300, using: &random))
            try database.set(value, for: number, in: transaction)
          }
        }
      }
      try one.change { _, _ in }
      let differ = Set(try one.all()).symmetricDifference(try other.all())
      let changed = try one.become(other)
      #expect(changed <= differ.count && (changed > 0) == !differ.isEmpty)
      #expect(try one.all() == other.all())
      #expect(try one.become(other) == 0)
    }
  }

  @Test("says how many pages there are, and how many are free again")
  func space() throws {
    let sample = try Sample(mapSize: 8 << 20)
    try sample.fill(0..<20_000)
    let before = try ReadTransaction(sample.environment(.read)).space
    #expect(before.pageSize == 4096 && before.pages == 2048)
    try sample.change { database, transaction in
      for number in UInt32(0)..<20_000 { try database.remove(key(number), in: transaction) }
    }
    let after = try ReadTransaction(sample.environment(.read)).space
    #expect(after.free - before.free > 80, "\(before), \(after)")
    #expect(after.touched >= before.touched)
  }
}
