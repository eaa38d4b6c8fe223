import Foundation
import LMDB
import Platform
import Policy
import Testing

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")

extension Sample {
  fileprivate func fill(_ users: Range<Int>) throws {
    for first in stride(from: users.lowerBound, to: users.upperBound, by: 200) {
      try file(
        (first..<min(first + 200, users.upperBound)).map { user in
          InFlight(UInt64(user), Attempt("user\(user)", from: nil), .failed)
        })
    }
  }

  fileprivate func stored() throws -> [StoredSubject] {
    try blockList.storedSubjects(after: nil, count: 100_000).subjects
  }

  fileprivate func draft<Result>(_ body: (Draft) throws -> Result) throws -> Result {
    try body(Draft(in: Store.trusted(Path(configuration.databaseHome.bytes)), mapSize: 4 << 20))
  }
}

@Suite("Compaction")
struct CompactionTests {
  @Test("a compacted store is smaller, sealed, and holds what it held")
  func compacts() throws {
    let sample = try Sample(users: "*:3/1h")
    try sample.fill(0..<3000)
    _ = try sample.blockList.forgive((0..<2500).map { .user("user\($0)") }, at: start)
    for _ in 0..<3 { try sample.guess(bob) }
    let (before, clock) = (try sample.stored(), try sample.blockList.clockMemory())
    let done = try #require(try sample.blockList.compact())
    #expect(done.after.pages.used < done.before.pages.touched / 3)
    #expect(done.after.disk < done.before.disk / 2)
    #expect(done.after.map == done.before.map && done.after.file == done.after.map)
    #expect(done.overtaken == 0)
    #expect(try sample.stored() == before)
    #expect(try sample.blockList.clockMemory() == clock)
    try sample.checkIndex()
    #expect(sample.names == ["data.mdb", "failures", "lock"])
    #expect(try sample.blockList.storeLook()?.wasSealed == true)
    #expect(try sample.blockList.checkStore()?.subjects == before.count)
    #expect(try sample.guess(bob) != nil)
    let status = try FileManager.default.attributesOfItem(atPath: sample.store.path)
    #expect(status[.posixPermissions] as? Int == 0o600)
    #expect(sample.notices == [])
  }

  @Test("the map gets the size that is set now, also a smaller one if what is stored fits")
  func mapSize() throws {
    let sample = try Sample()
    try sample.fill(0..<3000)
    sample.configuration.maxSize = 16 << 20
    #expect(try sample.blockList.compact()?.after.map == 16 << 20)
    try sample.fill(3000..<12_000)
    let before = try sample.stored()
    sample.configuration.maxSize = 1 << 20
    #expect(complaint { () throws(StoreError) in _ = try sample.blockList.compact() } != nil)
    #expect(try sample.stored() == before)
    #expect(sample.names == ["data.mdb", "lock"])
    sample.configuration.maxSize = 16 << 20
    for first in stride(from: 0, to: 11_000, by: 500) {
      _ = try sample.blockList.forgive(
        (first..<first + 500).map { .user("user\($0)") }, at: start)
    }
    sample.configuration.maxSize = 1 << 20
    #expect(try sample.blockList.compact()?.after.file == 1 << 20)
    #expect(try sample.stored().count == 1000)
  }

  @Test("a draft catches up with what has changed since it was copied")
  func catchesUp() throws {
    let sample = try Sample()
    try sample.fill(0..<500)
    let changed = try sample.draft { draft in
      try sample.blockList.locked(.shared) { (store) throws(StoreError) in
        var (subjects, expiry) = (Entries(), Entries())
        try store.read { (transaction, schema) throws(LMDBError) in
          subjects = try schema.subjects.entries(after: nil, count: 1000, in: transaction)
          expiry = try schema.expiry.entries(after: nil, count: 1000, in: transaction)
        }
        try draft.append(subjects) { $0.subjects }
        try draft.append(expiry) { $0.expiry }
      }
      try sample.fill(490..<600)
      _ = try sample.blockList.forgive([.user("user3")], at: start)
      var changed = 0
      try sample.blockList.locked(.exclusive) { (store) throws(StoreError) in
        try store.read { (transaction, schema) throws(LMDBError) in
          changed = (try? draft.catchUp(with: schema, in: transaction, isSame: false)) ?? 0
        }
        try store.replace()
      }
      return changed
    }
    #expect(changed == 2 * 100 + 2)
    #expect(try sample.stored().count == 599)
    try sample.checkIndex()
    #expect(try sample.blockList.checkStore()?.unfiled == 0)
  }

  @Test("what a killed compaction has left is removed by the next one, and taken for nothing else")
  func leftover() throws {
    let sample = try Sample(hosts: "*:1/1h")
    #expect(try sample.blockList.compact() == nil)
    try sample.guess(bob)
    let leftover = sample.directory.file("db/data.mdb.compact")
    try Data(repeating: 0xA5, count: 100_000).write(to: leftover)
    #expect(try sample.guess(bob) != nil)
    #expect(try sample.blockList.compact() != nil)
    #expect(sample.names == ["data.mdb", "lock"])
    #expect(try sample.guess(bob) != nil)
  }

  @Test("one compaction at a time")
  func oneAtATime() throws {
    let sample = try Sample()
    try sample.fill(0..<10)
    let run = try Store.trusted(Path(sample.configuration.runHome.bytes))
    let name = try BlockList.turn.tagged(
      Store.trusted(Path(sample.configuration.databaseHome.bytes)))
    let other = try FileLock(name, in: run, .exclusive, until: Deadline(milliseconds: 0))
    withExtendedLifetime(other) {
      let complaint = complaint { () throws(StoreError) in _ = try sample.blockList.compact() }
      #expect(complaint?.contains("/compact-") == true)
    }
  }

  @Test("a check finds what is damaged behind a seal, and moves nothing")
  func check() throws {
    let sample = try Sample()
    #expect(try sample.blockList.checkStore() == nil)
    try sample.fill(0..<100)
    let file = try FileHandle(forWritingTo: sample.store)
    try file.seek(toOffset: 8192)
    try file.write(contentsOf: Data(repeating: 0xA5, count: 20 * 4096))
    try file.close()
    let complaint = complaint { () throws(StoreError) in _ = try sample.blockList.checkStore() }
    #expect(complaint?.contains("is damaged") == true)
    #expect(sample.names == ["data.mdb", "lock"])
  }
}
