import Foundation
import Platform
import Policy
import Testing

import struct Harness.SeededRandom

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")

@Suite("The table of attempts in flight")
struct InFlightTableTests {
  @Test("uses slots again")
  func slots() throws {
    let sample = try Sample()
    for _ in 0..<20 { try sample.settle(sample.begin(bob), .succeeded) }
    let open = try (0..<5).map { _ in try sample.begin(bob) }
    #expect(open.map(\.claim.slot) == [0, 1, 2, 3, 4])
    for index in [3, 1] { try sample.settle(open[index], .succeeded) }
    let again = try (0..<3).map { _ in try sample.begin(bob) }
    #expect(again.map(\.claim.slot) == [1, 3, 5])
    #expect(try sample.table().high == 6)
    #expect(try Data(contentsOf: sample.tableFile).count == InFlightTable.length)
    #expect(try Set(sample.entries(.admitted).map(\.id)).count == 6)
  }

  @Test("gives each attempt a number that none had before, whatever slot it has")
  func numbers() throws {
    let sample = try Sample()
    var words: Set<UInt64> = []
    for round in 0..<50 {
      let reservation = try sample.begin(bob)
      #expect(words.insert(reservation.claim.control.word).inserted)
      #expect(reservation.claim.slot == 0)
      try sample.settle(reservation, .succeeded, at: Int64(round))
      #expect(words.insert(try sample.table().control(0).word).inserted)
    }
  }

  @Test("has another number after each change that those who wait want to see")
  func changes() throws {
    let sample = try Sample(hosts: "*:2/1h")
    let table = try sample.table()
    var numbers: Set<UInt64> = [table.change]
    func hasChanged() -> Bool { numbers.insert(table.change).inserted }
    for outcome in [Outcome.succeeded, .abandoned, .failed] {
      let reservation = try sample.begin(bob)
      try sample.settle(reservation, outcome)
      #expect(hasChanged(), "\(outcome)")
    }
    let open = try sample.begin(bob)
    // One that waited, and was refused, was ahead of others.
    #expect(try sample.admit(bob).refusal?.cause == .inFlight)
    #expect(hasChanged())
    #expect(table.become(.free, try sample.view(open.claim)))
    #expect(hasChanged())
    try sample.fileAll()
    #expect(hasChanged())
    try sample.add(InFlight(1, bob, .admitted, of: .dead))
    #expect(try sample.blockList.pending(at: start).isEmpty)
    #expect(hasChanged())
  }

  @Test("is made, with its directory, for its owner alone")
  func madeTable() throws {
    let sample = try Sample()
    _ = try sample.begin(bob)
    let manager = FileManager.default
    let modes = try [sample.directory.file("run"), sample.tableFile].map {
      try manager.attributesOfItem(atPath: $0.path)[.posixPermissions] as? Int
    }
    #expect(modes == [0o700, 0o600])
  }

  @Test(
    "begins anew where there is no table, and moves aside what is there, and says so",
    arguments: [
      NoTable("nothing") { _ in Data() },
      NoTable("a byte") { _ in Data([0]) },
      NoTable("zeros") { Data(count: $0.count) },
      NoTable("ones") { Data(repeating: 0xFF, count: $0.count) },
      NoTable("a table of another version") { $0.prefix(0) + [1] + $0.dropFirst() },
      NoTable("a table without its last byte") { $0.dropLast() },
      NoTable("a table and a byte") { $0 + [0] },
      NoTable("the header of a table") { $0.prefix(4096) },
    ])
  func noTable(_ content: NoTable) throws {
    let sample = try Sample(hosts: "*:2/1h")
    _ = try sample.table()
    let bytes = content.bytes(try Data(contentsOf: sample.tableFile))
    try sample.replaceTable(by: bytes)
    let open = try (0..<2).map { _ in try sample.begin(bob) }
    #expect(try sample.admit(bob).refusal?.cause == .inFlight)
    for reservation in open { try sample.settle(reservation, .failed) }
    #expect(try sample.count(of: .user("bob")) == 2)
    #expect(try Data(contentsOf: sample.tableFile).count == InFlightTable.length)
    let (path, name) = (try sample.tableFile.path, try sample.tableName)
    let bad = try #require(sample.runNames.first { $0.hasPrefix("\(name).bad-") })
    #expect(sample.notices == ["'\(path)' is no table; moved aside as '\(bad)'"])
    #expect(try Data(contentsOf: sample.directory.file("run/\(bad)")) == bytes)
    #expect(sample.runNames.filter { $0.hasPrefix("in-flight") } == [name, bad])
  }

  @Test("bears anything in its slots, in each state", arguments: 0..<16 as Range<UInt64>)
  func damagedSlots(_ state: UInt64) throws {
    var random = SeededRandom(seed: 9 + state)
    let sample = try Sample(hosts: "*:1/1h")
    for _ in 0..<6 {
      _ = try sample.table()
      try sample.replaceTable(by: garbage(&random, state))
      // It may be anything that stands there, but it is no trap, and not ours.
      let reservation = try sample.begin(bob)
      let view = try sample.view(reservation.claim)
      #expect(view.control == reservation.claim.control && view.id == reservation.entry.id)
      try sample.settle(reservation, .succeeded)
      _ = try sample.blockList.pending(at: start)
      _ = try sample.blockList.unwrittenFailures(at: start)
      try? sample.fileAll()
      _ = try? sample.blockList.forgive(bob.subjects, at: start)
      try sample.settle(sample.begin(bob), .succeeded)
    }
  }

  @Test("takes no attempt to have lapsed that was judged since it was looked at")
  func judgedMeanwhile() throws {
    let sample = try Sample()
    for state in [InFlight.State.writing, .journaled, .failed, .free] {
      let claim = try sample.add(InFlight(1, bob, .admitted, of: .dead))[0]
      let before = try sample.view(claim)
      // Its process has no need of the lock for that.
      #expect(claim.become(state))
      for isCounted in [false, true] {
        // Whatever was seen has changed.
        #expect(claim.table.settle(before, isAbandonedCounted: isCounted, at: start))
        #expect(claim.isOurs && claim.control.state == state)
      }
      // Nor now that it is looked at again.
      claim.table.sweep(isAbandonedCounted: true, at: start.adding(1_000_000))
      #expect(claim.isOurs && claim.control.state == state)
    }
  }

  @Test("a store has one table, however its path is spelled")
  func spellings() throws {
    let sample = try Sample()
    let (home, link) = (sample.home, sample.directory.file("link").path)
    #expect(symlink(sample.directory.url.path, link) == 0)
    let paths = [home, home + "/", home + "/../db", link + "/db"]
    for (index, path) in paths.enumerated() {
      sample.configuration.databaseHome = Name(Array(path.utf8))
      _ = try sample.begin(bob)
      #expect(try sample.entries(.admitted).count == index + 1, "\(path)")
    }
  }

  @Test("two stores that share run_home count apart, and keep their failures apart")
  func sharedRunHome() throws {
    let (one, other) = (try Sample(users: "*:2/1h"), try Sample(users: "*:2/1h"))
    other.configuration.runHome = one.configuration.runHome
    try one.guess(bob)
    try other.guess(bob)
    let open = try one.begin(bob)
    #expect(try other.entries(.admitted).isEmpty)
    try one.settle(open, .failed)
    #expect(try one.guess(bob) != nil)
    #expect(try other.guess(bob) == nil)
  }

  /// What may be in the place of the table or its directory, and what is said about it.
  @Test("says why it can't be used")
  func trouble() throws {
    let manager = FileManager.default
    let sample = try Sample()
    let (run, path) = (sample.run, try sample.tableFile.path)
    func answer() -> String? {
      complaint { () throws(StoreError) in _ = try sample.admit(bob) }
    }
    try manager.createDirectory(atPath: run, withIntermediateDirectories: false)
    #expect(chmod(run, 0o777) == 0)
    #expect(
      answer()
        == "cannot trust '\(run)': owner \(geteuid()), mode 777; it must be root's and nobody else may write to it"
    )
    #expect(chmod(run, 0o700) == 0)
    #expect(mkfifo(path, 0o600) == 0)
    let rest = "it must be root's and nobody else may write to it"
    let other = "it is no ordinary file or directory"
    #expect(answer() == "cannot trust '\(path)': owner \(geteuid()), \(other); \(rest)")
    try manager.removeItem(atPath: path)
    try Data(count: InFlightTable.length).write(to: sample.tableFile)
    #expect(chmod(path, 0o666) == 0)
    #expect(answer() == "cannot trust '\(path)': owner \(geteuid()), mode 666; \(rest)")
    #expect(chmod(path, 0o600) == 0)
    #expect(link(path, sample.directory.file("other").path) == 0)
    let second = "it is a directory, or has a second name"
    #expect(answer() == "cannot trust '\(path)': owner \(geteuid()), \(second); \(rest)")
    #expect(sample.runNames == [try sample.tableName])
    try manager.removeItem(atPath: path)
    try manager.createDirectory(atPath: path, withIntermediateDirectories: false)
    #expect(answer() == "cannot open '\(path)': Is a directory")
    try manager.removeItem(atPath: run)
    try Data().write(to: sample.directory.file("run"))
    #expect(answer() == "cannot open '\(run)': Not a directory")
    try manager.removeItem(atPath: run)
    #expect(answer() == nil)
    sample.configuration.runHome = Name(sample.directory.file("a/b").path)
    #expect(
      answer() == "cannot create '\(sample.directory.file("a/b").path)': No such file or directory")
  }
}

/// A file that is no table.
struct NoTable: CustomTestStringConvertible {
  var testDescription: String
  var bytes: @Sendable (Data) -> Data

  init(_ description: String, _ bytes: @escaping @Sendable (Data) -> Data) {
    (testDescription, self.bytes) = (description, bytes)
  }
}

extension Sample {
  /// What is in `run_home`.
  var runNames: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: run)) ?? []).sorted()
  }

  /// Another file in the place of the table: that is never written to but as memory.
  fileprivate func replaceTable(by bytes: Data) throws {
    try? FileManager.default.removeItem(at: tableFile)
    try bytes.write(to: tableFile)
  }
}

/// The memory of a table with anything in its slots.
private func garbage(_ random: inout SeededRandom, _ state: UInt64) -> Data {
  var words = [UInt64](repeating: 0, count: InFlightTable.length / 8)
  for index in 0..<512 { words[index] = random.next() }
  words[InFlightTable.Header.magic] = 0x6162_6C74_6162_6C01
  words[InFlightTable.Header.high] = 64
  for slot in 0..<64 {
    for word in 0..<8 { words[512 + 8 * slot + word] = random.next() }
    // Every other is in one state, with a process of its own.
    if slot % 2 == 0 {
      words[512 + 8 * slot] &= ~15
      words[512 + 8 * slot] |= state
    }
    for word in 0..<128 {
      words[512 + 8 * InFlightTable.slots + 128 * slot + word] = random.next()
    }
    // Of these every other looks right at first.
    if slot % 4 == 0 {
      let start = 512 + 8 * InFlightTable.slots + 128 * slot
      words[start] = words[start] & ~0xFF | 0xA1
      (words[start + 1], words[start + 2]) = (0, 0x0200_0000)
    }
  }
  return words.withUnsafeBytes { Data($0) }
}
