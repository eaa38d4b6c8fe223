import Foundation
import Platform
import Policy
import Testing

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")
private let host = Subject.host("192.0.2.7")

@Suite("The journal after a boot")
struct JournalBootTests {
  @Test("a boot loses none of it, and counts none twice")
  func booting() throws {
    let sample = try Sample.withJournal(hosts: "*:4/1h")
    let own = try (0..<3).map { try sample.fail(at: $0).entry.id }
    // The page that the kernel has not brought to the disk yet is not what counts.
    for _ in 0..<3 {
      try sample.boot()
      #expect(try sample.admit(bob, at: 5).isAdmitted)
      #expect(try sample.entries(.journaled).map(\.id) == own)
    }
    try sample.fileAll()
    #expect(try sample.count(of: host) == 3)
  }

  @Test(
    "a boot that the table outlives, as it is or as it was before, loses none of it",
    .enabled(if: !Boot.id.isEmpty, "the kernel doesn't say which boot this is"),
    arguments: [0, 1, 3])
  func outlivedBoot(written: Int) throws {
    let sample = try Sample.withJournal()
    var own = try (0..<written).map { _ in try sample.fail().entry.id }
    let table = try Data(contentsOf: sample.tableFile)
    own += try (written..<3).map { _ in try sample.fail().entry.id }
    let name = try sample.tableName
    try sample.boot()
    try FileManager.default.createDirectory(
      atPath: sample.run, withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o700])
    // Its name ends with the first letters of the boot that it is of.
    try table.write(to: sample.directory.file("run/\(name.dropLast(8))01234567"))
    #expect(try sample.entries(.journaled).map(\.id) == own)
    let open = try sample.begin(bob)
    #expect(try sample.entries(.admitted).map(\.id) == [open.entry.id])
  }

  @Test("a boot makes a table in which each failure has the slot that it has in the journal")
  func tableAfterBoot() throws {
    let sample = try Sample.withJournal()
    let open = try (0..<5).map { _ in try sample.begin(bob) }
    for index in [4, 2] { try sample.settle(open[index], .failed) }
    try sample.boot()
    #expect(try sample.entries().map(\.id) == [open[2].entry.id, open[4].entry.id])
    #expect(try sample.entries().map(\.slot) == [2, 4])
    #expect(try sample.table().high == 5)
    #expect(try sample.table().isCheckpointWanted)
    #expect(try Data(contentsOf: sample.tableFile).count == InFlightTable.length)
    // What is claimed from now on has other slots.
    #expect(try (0..<4).map { _ in try sample.begin(bob).claim.slot } == [0, 1, 3, 5])
  }

  @Test("a boot that finds failures again that are in the store already counts them once")
  func stale() throws {
    let sample = try Sample.withJournal()
    for _ in 0..<3 { try sample.fail() }
    try sample.fileAllAndCutPower()
    try sample.boot()
    #expect(try sample.admit(bob).isAdmitted)
    #expect(try sample.entries(.journaled).count == 3)
    try sample.fileAll()
    #expect(try sample.count(of: host) == 3)
  }

  @Test("takes no slot for a failure that isn't whole")
  func torn() throws {
    let sample = try Sample.withJournal()
    let own = try (0..<3).map { _ in try sample.fail().entry.id }
    var content = [UInt8](try Data(contentsOf: sample.journal))
    for place in 0..<1024 {
      content[1024 + place] ^= 1
      try Data(content.prefix(3 * 1024)).write(to: sample.journal)
      content[1024 + place] ^= 1
      try sample.boot()
      #expect(try sample.begin(bob).claim.slot == 1)
      #expect(try sample.entries(.journaled).map(\.id) == [own[0], own[2]])
    }
  }

  @Test("what was forgiven doesn't come back from a slot that could not be freed")
  func forgivenStale() throws {
    let sample = try Sample.withJournal()
    for _ in 0..<3 { try sample.fail() }
    try sample.fileAllAndCutPower()
    _ = try sample.blockList.forgive([host], at: start)
    try sample.boot()
    #expect(try sample.admit(bob).isAdmitted)
    #expect(try sample.record(of: host) == nil)
  }

  @Test("one that can't be trusted is told after a boot")
  func untrusted() throws {
    let sample = try Sample.withJournal()
    try sample.fail()
    try sample.boot()
    #expect(chmod(sample.journal.path, 0o666) == 0)
    #expect(try sample.admit(bob).isAdmitted)
    let notice = "failures of before the boot are lost: cannot trust '\(sample.journal.path)'"
    #expect(sample.notices.count == 1 && sample.notices[0].hasPrefix(notice))
  }

  @Test("one that was cut off costs what is in it only")
  func unreadable() throws {
    let sample = try Sample.withJournal()
    try sample.fail()
    for size in [0, 1, 1023, 1024, 1025, 5000, 4096 * 1024 - 1] {
      try sample.boot()
      try Data(count: size).write(to: sample.journal)
      #expect(try sample.admit(bob).isAdmitted, "\(size) bytes")
    }
  }
}
