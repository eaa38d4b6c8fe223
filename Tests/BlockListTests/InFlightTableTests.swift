import Foundation
import Platform
import Policy
import Testing

import struct Harness.SeededRandom

@testable import BlockList

private let bob = Attempt("bob", from: "192.0.2.7")

@Test("uses slots again")
func slots() throws {
  let sample = try Sample()
  for _ in 0..<20 { try sample.settle(sample.begin(bob), .succeeded) }
  let open = try (0..<5).map { _ in try sample.begin(bob) }
  #expect(open.map(\.entry.slot) == [1, 2, 3, 4, 5])
  for index in [3, 1] { try sample.settle(open[index], .succeeded) }
  let again = try (0..<3).map { _ in try sample.begin(bob) }
  #expect(again.map(\.entry.slot) == [2, 4, 6])
  #expect(try Data(contentsOf: sample.table).count == 7 * InFlight.slotLength)
  #expect(try Set(sample.entries(.judging).map(\.id)).count == 6)
}

@Test("has another number after each change")
func changes() throws {
  let sample = try Sample()
  try sample.settle(sample.begin(bob), .succeeded)
  var numbers: Set<UInt64> = [try InFlightTable.change(sample.configuration)]
  for _ in 0..<3 {
    let reservation = try sample.begin(bob)
    numbers.insert(try InFlightTable.change(sample.configuration))
    try sample.settle(reservation, .succeeded)
    numbers.insert(try InFlightTable.change(sample.configuration))
  }
  #expect(numbers.count == 7)
}

@Test("is made, with its directory, for its owner alone")
func madeTable() throws {
  let sample = try Sample()
  _ = try sample.begin(bob)
  let manager = FileManager.default
  let modes = try [sample.directory.file("run"), sample.table].map {
    try manager.attributesOfItem(atPath: $0.path)[.posixPermissions] as? Int
  }
  #expect(modes == [0o700, 0o600])
}

/// A file that is no table.
struct NoTable: CustomTestStringConvertible {
  var testDescription: String
  var bytes: [UInt8]

  init(_ description: String, _ bytes: [UInt8]) {
    (testDescription, self.bytes) = (description, bytes)
  }
}

private let magic = Array("abl in flight 1\n".utf8) + Boot.id

@Test(
  "begins anew where there is no table",
  arguments: [
    NoTable("nothing", []),
    NoTable("a byte", [0]),
    NoTable("zeros", [UInt8](repeating: 0, count: 5000)),
    NoTable("ones", [UInt8](repeating: 0xFF, count: 5000)),
    NoTable("half of the magic word", Array(magic.prefix(7))),
    NoTable(
      "another magic word", Array("abl in flight 2\n".utf8) + [UInt8](repeating: 1, count: 4096)),
  ])
func noTable(_ content: NoTable) throws {
  let sample = try Sample(hosts: "*:2/1h")
  try write(content.bytes, to: sample)
  let open = try (0..<2).map { _ in try sample.begin(bob) }
  #expect(try sample.admit(bob).refusal?.cause == .inFlight)
  for reservation in open { try sample.settle(reservation, .failed) }
  #expect(try sample.count(of: .user("bob")) == 2)
  #expect(try Data(contentsOf: sample.table).starts(with: magic))
  #expect(try Data(contentsOf: sample.table).count == 3 * InFlight.slotLength)
}

private func write(_ bytes: [UInt8], to sample: Sample) throws {
  try FileManager.default.createDirectory(
    at: sample.directory.file("run"), withIntermediateDirectories: true,
    attributes: [.posixPermissions: 0o700])
  try Data(bytes).write(to: sample.table)
}

@Test("takes a slot that makes no sense for a free one, and bears any bytes in it")
func damagedSlots() throws {
  var random = SeededRandom(seed: 9)
  let sample = try Sample(hosts: "*:1/1h")
  for round in 0..<100 {
    var bytes = magic
    bytes += [UInt8](repeating: 0, count: 56 - bytes.count) + random.bytes(8)
    bytes += [UInt8](repeating: 0, count: InFlight.slotLength - bytes.count)
    for _ in 0..<4 {
      let state = UInt8(round % 6)
      bytes += [state] + random.bytes(InFlight.slotLength - 1)
    }
    try write(bytes + random.bytes(round * 7), to: sample)
    // It may be anything that stands there, but it is no trap, and not ours.
    try sample.settle(sample.begin(bob), .succeeded)
  }
}

@Test("reads what was cut in the middle of a slot")
func cutTable() throws {
  let sample = try Sample(hosts: "*:9/1h")
  for _ in 0..<3 { _ = try sample.begin(bob) }
  let whole = try Data(contentsOf: sample.table)
  for size in [16, 20, 1023, 1024, 1025, 2047, 2048, 4095] {
    try Array(whole.prefix(size)).withUnsafeBytes { try Data($0).write(to: sample.table) }
    #expect(try sample.entries(.judging).count == max(size / 1024 - 1, 0), "cut to \(size) bytes")
    _ = try sample.begin(bob)
  }
}

@Test("takes nobody to have lapsed who was judged since the table was read")
func judgedMeanwhile() throws {
  let sample = try Sample()
  try sample.add(InFlight(1, bob, .judging, in: deadProcess))
  for state in [InFlight.State.writing, .journaled, .failed] {
    try sample.blockList.locked(.exclusive) { (store) throws(StoreError) in
      let table = try InFlightTable.load(in: store)
      let own = table.all[0]
      #expect(try table.hasLapsed(own, at: start))
      // Its process has no need of the lock for that.
      let reservation = Reservation(entry: own)
      #expect(
        try InFlightTable.mark(reservation, as: state, at: start, sample.configuration) != nil)
      #expect(try !table.hasLapsed(own, at: start))
    }
    try sample.boot()
    try sample.add(InFlight(1, bob, .judging, in: deadProcess))
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
    #expect(try sample.entries(.judging).count == index + 1, "\(path)")
  }
}

@Test("two stores that share run_home count apart, and keep their failures apart")
func sharedRunHome() throws {
  let (one, other) = (try Sample(users: "*:2/1h"), try Sample(users: "*:2/1h"))
  other.configuration.runHome = one.configuration.runHome
  try one.guess(bob)
  try other.guess(bob)
  let open = try one.begin(bob)
  #expect(try other.entries(.judging).isEmpty)
  try one.settle(open, .failed)
  #expect(try one.guess(bob) != nil)
  #expect(try other.guess(bob) == nil)
}

/// What may be in the place of the table or its directory, and what is said about it.
@Test("says why it can't be used")
func trouble() throws {
  let manager = FileManager.default
  let sample = try Sample()
  let (run, path) = (sample.directory.file("run").path, try sample.table.path)
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
  #expect(symlink("/etc/passwd", path) == 0)
  #expect(answer() == "cannot open '\(path)': Too many levels of symbolic links")
  try manager.removeItem(atPath: path)
  #expect(mkfifo(path, 0o600) == 0)
  #expect(answer() == "cannot resize '\(path)': Invalid argument")
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
