import Foundation
import Platform
import Policy
import Testing

import func Harness.waitUntil

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")
private let host = Subject.host("192.0.2.7")

@Suite("The making of the table")
struct TableMakingTests {
  @Test("of many that make the table at once all have the same one", .timeLimit(.minutes(20)))
  func manyMakers() throws {
    let sample = try Sample(hosts: "*:9/1h")
    let configuration = sample.configuration
    let failures = try (0..<3).map { second in
      let reservation = try sample.begin(bob)
      try sample.settle(reservation, .failed, at: Int64(second))
      return reservation.entry.id
    }
    for _ in 0..<20 {
      try sample.boot()
      let made = Made()
      try inThreads(12) { number in
        let table = try Home(configuration, notice: { _, _ in }).table()
        made.add(table)
        let blockList = BlockList(configuration)
        let attempt = Attempt("user\(number)", from: "192.0.2.100")
        guard let reservation = try blockList.admit(attempt, at: start).reservation else { return }
        try blockList.settle(reservation, .succeeded, at: start)
      }
      #expect(made.tables.allSatisfy { $0.identity == made.tables[0].identity })
      #expect(try sample.table().identity == made.tables[0].identity)
      #expect(sample.runNames.filter { $0.hasPrefix("in-flight") } == [try sample.tableName])
      #expect(try sample.entries().map(\.id) == failures)
    }
    #expect(sample.notices == [])
  }

  @Test("a table is complete when it has its name", .timeLimit(.minutes(20)))
  func completeTable() throws {
    let sample = try Sample()
    let (configuration, path) = (sample.configuration, try sample.tableFile.path)
    for _ in 0..<20 {
      let watcher = Background { () -> Int in
        // Without a pause: it is the moment at which the table gets its name that matters.
        var status = stat()
        while stat(path, &status) != 0 { sched_yield() }
        return Int(status.st_size)
      }
      try inThreads(3) { _ in _ = try Home(configuration, notice: { _, _ in }).table() }
      #expect(try watcher.result == InFlightTable.length)
      try sample.boot()
    }
  }

  @Test("has all of its memory, so that no access to it fails for want of room")
  func tableRoom() throws {
    let sample = try Sample()
    _ = try sample.table()
    var status = stat()
    #expect(stat(try sample.tableFile.path, &status) == 0)
    #expect(status.st_size == InFlightTable.length && status.st_blocks * 512 >= status.st_size)
  }

  @Test(
    "a failure counts though the table was removed while it was in flight",
    arguments: [true, false])
  func removedTable(isMadeAnew: Bool) throws {
    let sample = try Sample(hosts: "*:2/1h")
    let open = try (0..<2).map { _ in try sample.begin(bob) }
    try FileManager.default.removeItem(at: sample.tableFile)
    if isMadeAnew { #expect(try sample.entries().isEmpty) }
    for reservation in open { try sample.settle(reservation, .failed, at: 5) }
    #expect(try sample.count(of: host) == 2)
    #expect(try sample.admit(bob).refusal?.message == "host '192.0.2.7' is blocked by *:2/1h")
    #expect(try sample.entries(.admitted).isEmpty)
  }

  @Test("a right password leaves nothing though the table was removed while it was in flight")
  func removedTableRight() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let reservation = try sample.begin(bob)
    try FileManager.default.removeItem(at: sample.tableFile)
    try sample.settle(reservation, .succeeded)
    #expect(try sample.entries().isEmpty)
    #expect(try sample.admit(bob).isAdmitted)
    #expect(sample.names == [])
  }

  @Test("an attempt that waits goes on in the new table", .timeLimit(.minutes(20)))
  func removedTableWaiting() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let first = try sample.begin(bob)
    sample.configuration.pendingWait = 60_000
    let waiting = sample.admitBeside(bob)
    try waitUntil("one waits") { try sample.entries(.open).count == 1 }
    try FileManager.default.removeItem(at: sample.tableFile)
    // There nothing is ahead of it.
    let reservation = try #require(try waiting.result.reservation)
    #expect(try sample.entries(.admitted).map(\.id) == [reservation.entry.id])
    // The first one's verdict counts all the same.
    try sample.settle(first, .failed)
    #expect(try sample.count(of: host) == 1)
  }

  @Test("a failure is taken back though the table was removed since")
  func removedTableTakenBack() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let reservation = try sample.begin(bob)
    try sample.whileLocked { try sample.settle(reservation, .failed) }
    try FileManager.default.removeItem(at: sample.tableFile)
    // The new one has it from the journal.
    #expect(try sample.count(of: host) == 1)
    try sample.blockList.takeBack(reservation, at: start)
    #expect(try sample.count(of: host) == 0)
    try sample.fileAll()
    #expect(try sample.stored(host) == 0)
    #expect(try sample.entries().isEmpty)
  }
}

private final class Made: @unchecked Sendable {
  private let lock = NSLock()
  private(set) var tables: [InFlightTable] = []

  func add(_ table: InFlightTable) { lock.withLock { tables.append(table) } }
}
