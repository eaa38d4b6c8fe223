import Foundation
import Platform
import Policy
import Testing

import enum Harness.Mounts

@testable import BlockList

private let bob = Attempt("bob", from: "192.0.2.7")
private let host = Subject.host("192.0.2.7")

extension Sample {
  /// The table, where `run_home` had no room for it.
  fileprivate var homeTable: URL { get throws { directory.file("db/" + (try tableName)) } }

  /// As one that found no room for the table in `run_home` leaves it.
  fileprivate func linkTable() throws {
    try FileManager.default.createDirectory(
      atPath: run, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    #expect(symlink(try homeTable.path, try tableFile.path) == 0)
  }

  /// It is in db_home, and nowhere else.
  fileprivate func isLinked() throws {
    #expect(try Data(contentsOf: homeTable).count == InFlightTable.length)
    let link = try FileManager.default.destinationOfSymbolicLink(atPath: tableFile.path)
    #expect(link == (try homeTable.path))
  }
}

@Suite("A table behind a link")
struct LinkedTableTests {
  @Test("the table stands in db_home where a link in run_home says so", arguments: [true, false])
  func linkedTable(isMade: Bool) throws {
    let sample = try Sample(hosts: "*:2/1h")
    try sample.linkTable()
    if isMade {
      try FileManager.default.removeItem(at: sample.tableFile)
      _ = try sample.table()
      try FileManager.default.moveItem(at: sample.tableFile, to: sample.homeTable)
      try FileManager.default.removeItem(atPath: sample.run)
      try sample.linkTable()
    }
    let open = try (0..<2).map { _ in try sample.begin(bob) }
    #expect(try sample.admit(bob).refusal?.cause == .inFlight)
    try sample.isLinked()
    for reservation in open { try sample.settle(reservation, .failed) }
    #expect(try sample.admit(bob).refusal != nil)
    #expect(sample.notices == [])
  }

  @Test("a link to anywhere says no more than that: what it names isn't looked at")
  func linkElsewhere() throws {
    let sample = try Sample(hosts: "*:2/1h")
    try sample.linkTable()
    try FileManager.default.removeItem(at: sample.tableFile)
    #expect(symlink("/etc/passwd", try sample.tableFile.path) == 0)
    let before = try Data(contentsOf: URL(fileURLWithPath: "/etc/passwd"))
    try sample.settle(sample.begin(bob), .failed)
    #expect(try sample.count(of: host) == 1)
    #expect(try Data(contentsOf: sample.homeTable).count == InFlightTable.length)
    #expect(try Data(contentsOf: URL(fileURLWithPath: "/etc/passwd")) == before)
  }

  @Test("where the link is gone, or could not be made, the table stays where it is until a boot")
  func linkRemoved() throws {
    let sample = try Sample(hosts: "*:2/1h")
    try sample.linkTable()
    let open = try sample.begin(bob)
    let identity = try sample.table().identity
    try FileManager.default.removeItem(at: sample.tableFile)
    #expect(try sample.table().identity == identity)
    try sample.settle(sample.begin(bob), .failed)
    try sample.settle(open, .failed)
    #expect(try sample.admit(bob).refusal?.message == "host '192.0.2.7' is blocked by *:2/1h")
    #expect(sample.runNames.filter { $0.hasPrefix("in-flight") } == [])
  }

  @Test("an attempt in flight counts though the table that a link names was removed")
  func linkedTableRemoved() throws {
    let sample = try Sample(hosts: "*:2/1h")
    try sample.linkTable()
    let open = try (0..<2).map { _ in try sample.begin(bob) }
    try sample.settle(open[0], .failed)
    try FileManager.default.removeItem(at: sample.homeTable)
    try sample.settle(open[1], .failed)
    #expect(try sample.admit(bob).refusal?.message == "host '192.0.2.7' is blocked by *:2/1h")
    try sample.isLinked()
  }

  @Test(
    "where run_home has no room, the table stands in db_home, and all agree on that",
    .enabled(if: Mounts.areAvailable, "needs root, to mount a file system that is full"),
    arguments: ["size=1m,mode=700", "size=64k,mode=700", "size=8m,nr_inodes=1,mode=700"])
  func fullRunHome(options: String) async {
    await #expect(processExitsWith: .success) { [options] in
      try Mounts.becomeOwn()
      let sample = try Sample(hosts: "*:2/1h")
      try Mounts.memory(at: sample.run, options)
      defer { Mounts.release(sample.run) }
      let open = try (0..<2).map { _ in try sample.begin(bob) }
      #expect(try sample.admit(bob).refusal?.cause == .inFlight)
      #expect(try Data(contentsOf: sample.homeTable).count == InFlightTable.length)
      if !options.contains("nr_inodes") { try sample.isLinked() }
      #expect(sample.runNames.filter { $0.contains(".") } == [])
      for reservation in open { try sample.settle(reservation, .failed) }
      #expect(try sample.admit(bob).refusal?.message == "host '192.0.2.7' is blocked by *:2/1h")
      #expect(try sample.stored(host) == 2)
    }
  }
}
