import LMDB
import Testing

@Suite("A database")
struct DatabaseTests {
  @Test("is none if it was never made")
  func missingDatabase() throws {
    let sample = try Sample()
    do {
      let transaction = try ReadTransaction(sample.environment(.read))
      let isMissing = try Numbers("numbers", in: transaction) == nil
      #expect(isMissing)
    }
    let transaction = try WriteTransaction(sample.environment())
    let isMissing = try Numbers("numbers", in: transaction) == nil
    #expect(isMissing)
  }

  @Test("is made once, and the same the next time")
  func creation() throws {
    let sample = try Sample()
    try sample.fill([1, 2])
    try sample.fill([2])
    let transaction = try ReadTransaction(sample.environment(.read))
    let count = try Numbers("numbers", in: transaction)?.count(in: transaction)
    #expect(count == 2)
  }

  @Test("stores, replaces and removes")
  func values() throws {
    let sample = try Sample()
    let transaction = try WriteTransaction(sample.environment())
    let database = try Bytes(creating: "bytes", in: transaction)
    let key: [UInt8] = [0, 255]
    let (none, noneYet) = (
      try database.value(for: key, in: transaction), try database.count(in: transaction)
    )
    #expect(none == nil && noneYet == 0)
    for value: [UInt8] in [[1], [], [UInt8](repeating: 7, count: 20_000)] {
      try database.set(value, for: key, in: transaction)
      let stored = try database.value(for: key, in: transaction)
      #expect(stored == value)
    }
    let one = try database.count(in: transaction)
    #expect(one == 1)
    try database.remove(key, in: transaction)
    try database.remove(key, in: transaction)
    let removed = try database.value(for: key, in: transaction)
    #expect(removed == nil)
  }

  @Test("keeps its databases apart")
  func apart() throws {
    let sample = try Sample()
    let transaction = try WriteTransaction(sample.environment())
    let one = try Bytes(creating: "one", in: transaction)
    let other = try Bytes(creating: "other", in: transaction)
    try one.set([1], for: [1], in: transaction)
    let value = try other.value(for: [1], in: transaction)
    #expect(value == nil)
  }

  @Test("refuses a key that LMDB can't store", arguments: [0, 512, 100_000])
  func badKey(count: Int) throws {
    let sample = try Sample()
    let transaction = try WriteTransaction(sample.environment())
    let database = try Bytes(creating: "bytes", in: transaction)
    let key = [UInt8](repeating: 1, count: count)
    do throws(LMDBError) {
      try database.set([1], for: key, in: transaction)
      Issue.record("stored")
    } catch {
      #expect(!error.isDamage && !error.isFull)
    }
    // The next one can be.
    try database.set([1], for: [UInt8](repeating: 1, count: 511), in: transaction)
  }

  @Test(
    "refuses what a newer version wrote, and doesn't call it damage; what nobody wrote is damage")
  func foreign() throws {
    let sample = try Sample()
    try sample.fill([1, 2])
    let transaction = try ReadTransaction(sample.environment(.read))
    let values = try #require(try Database<Number, Never>("numbers", in: transaction))
    do throws(LMDBError) {
      _ = try values.value(for: Number(1), in: transaction)
      Issue.record("read")
    } catch {
      #expect(error == .foreign)
      #expect(!error.isDamage)
      #expect(error.message == "a newer version of abl, or another program, wrote it")
    }
    do throws(LMDBError) {
      _ = try values.value(for: Number(2), in: transaction)
      Issue.record("read")
    } catch {
      #expect(error.isDamage)
    }
    let keys = try #require(try Database<Never, [UInt8]>("numbers", in: transaction))
    let cursor = try Cursor(keys, in: transaction)
    do throws(LMDBError) {
      _ = try cursor.first()
      Issue.record("read")
    } catch {
      #expect(error.isDamage)
    }
  }
}

/// Nothing is one of these; and what begins with '1' is a newer version's.
private struct Never: Storable {
  var encoded: [UInt8] { [1] }
  init() {}
  init?(decoding bytes: [UInt8]) { nil }
  static func isNewer(_ bytes: [UInt8]) -> Bool { bytes.first == UInt8(ascii: "1") }
}
