import Foundation
import Policy
import Testing

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")

/// What is in the place of the store, and what is said when it is moved aside.
struct BadFile: CustomTestStringConvertible {
  var testDescription: String
  var finding: String
  var damage: @Sendable (Data) -> Data

  init(_ description: String, _ finding: String, _ damage: @escaping @Sendable (Data) -> Data) {
    (testDescription, self.finding, self.damage) = (description, finding, damage)
  }
}

private let badFiles = [
  BadFile("nothing", "it is too short to be an LMDB file") { _ in Data() },
  BadFile("a byte", "it is too short to be an LMDB file") { _ in Data([0]) },
  BadFile("one page", "it is too short to be an LMDB file") { $0.prefix(4096) },
  BadFile("two pages but a byte", "it is too short to be an LMDB file") { $0.prefix(8191) },
  BadFile("two pages", "it is shorter than its header says") { $0.prefix(8192) },
  BadFile("all used pages but one", "it is shorter than its header says") {
    $0.prefix($0.usedCount - 4096)
  },
  BadFile("all used bytes but one", "it is shorter than its header says") {
    $0.prefix($0.usedCount - 1)
  },
  BadFile("garbage", "its pages make no sense") { _ in Data(repeating: 0x61, count: 50_000) },
  BadFile("zeros", "its pages make no sense") { Data(count: $0.count) },
  BadFile("another magic word", "it is no LMDB file") { $0.replacing(16, with: 0) },
  BadFile("another version", "another version of LMDB wrote it") { $0.replacing(20, with: 2) },
  BadFile("another page size", "its page size is not 4096") { $0.replacing(41, with: 0x20) },
  BadFile("an absurd depth", "its header makes no sense") { $0.replacing(94, with: 99) },
]

extension Data {
  /// The bytes up to the end of the last page that an LMDB file ever used, of fewer than 256.
  fileprivate var usedCount: Int { 4096 * (1 + Int(Swift.max(self[136], self[4096 + 136]))) }

  fileprivate func replacing(_ offset: Int, with byte: UInt8) -> Data {
    var copy = self
    copy[offset] = byte
    return copy
  }
}

@Suite("A store that was damaged")
struct BadFileTests {
  @Test("moves a bad file aside, and starts with an empty store", arguments: badFiles)
  func badFile(_ bad: BadFile) throws {
    let sample = try Sample(hosts: "*:1/1h")
    try sample.guess(Attempt("eve", from: "192.0.2.9"))
    let bytes = bad.damage(try Data(contentsOf: sample.store))
    try bytes.write(to: sample.store)
    // Who only looks moves nothing.
    let message = "cannot use '\(sample.store.path)': \(bad.finding)"
    #expect(
      complaint { () throws(StoreError) in
        _ = try sample.blockList.record(of: .user("bob"))
      } == message)
    #expect(sample.names == ["data.mdb", "lock"])
    // Who is to be let in or not does, and goes on.
    #expect(sample.trouble() == nil)
    let name = try #require(sample.names.first { $0.hasPrefix("data.mdb.damaged-") })
    #expect(
      sample.notices == ["\(message); moved aside as '\(name)', starting with an empty store"])
    #expect(sample.movedAside == bytes)
    sample.configuration.hostRule = Rule()
    try sample.guess(bob)
    #expect(try sample.count(of: .user("bob")) == 1)
    try sample.fileAll()
    #expect(sample.names == ["data.mdb", name, "failures", "lock"])
    #expect(sample.notices.count == 1)
  }

  @Test("doesn't lose the failure that meets a bad file")
  func failureOnBadFile() throws {
    let sample = try Sample()
    let reservation = try sample.begin(bob)
    try Data().write(to: sample.store)
    try sample.settle(reservation, .failed)
    #expect(try sample.count(of: .user("bob")) == 1)
    #expect(sample.notices.count == 1)
    #expect(sample.movedAside == Data())
  }

  @Test("moves aside each of several bad files, under its own name")
  func manyBadFiles() throws {
    let sample = try Sample()
    #expect(sample.trouble() == nil)
    for number in 1...5 {
      try Data([UInt8(number)]).write(to: sample.store)
      #expect(sample.trouble() == nil)
      #expect(sample.names.count == 1 + number)
    }
  }

  @Test("moves a file aside in which a page is missing")
  func missingPage() throws {
    let sample = try Sample(hosts: "*:1/1h")
    try sample.guess(bob)
    var bytes = try Data(contentsOf: sample.store)
    // The root of "subjects" stands in the main database, behind its name: MDB_db.md_root.
    for place in bytes.ranges(of: Data("subjects".utf8)) {
      bytes.replaceSubrange(
        place.upperBound + 40..<place.upperBound + 43, with: [0xFF, 0xFF, 0xFF])
    }
    try bytes.write(to: sample.store)
    let message =
      "cannot use '\(sample.store.path)': "
      + "its page 16777215 is damaged"
    #expect(sample.trouble() == nil)
    let name = try #require(sample.names.first { $0.hasPrefix("data.mdb.damaged-") })
    #expect(
      sample.notices == ["\(message); moved aside as '\(name)', starting with an empty store"])
    #expect(sample.movedAside == bytes)
  }

  @Test("touches nothing in the place of its file that isn't a file of its own")
  func otherKinds() throws {
    let manager = FileManager.default
    let sample = try Sample()
    #expect(sample.trouble() == nil)
    try sample.fileAll()
    let path = sample.store.path
    func isRefused(_ expected: String) {
      let before = sample.names
      #expect(sample.trouble() == expected)
      #expect(
        complaint { () throws(StoreError) in
          try sample.blockList.fileFailure(of: bob, at: start)
        } == expected)
      #expect(sample.names == before)
      #expect(sample.notices == [])
      unlink(path)
      rmdir(path)
    }

    #expect(symlink("/etc/passwd", path) == 0)
    isRefused("cannot open '\(path)': Too many levels of symbolic links")
    #expect(symlink("nowhere", path) == 0)
    isRefused("cannot open '\(path)': Too many levels of symbolic links")

    let rest = "it must be root's and nobody else may write to it"
    #expect(mkfifo(path, 0o600) == 0)
    isRefused(
      "cannot trust '\(path)': owner \(geteuid()), it is no ordinary file or directory; \(rest)")

    try manager.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    let other = "it is a directory, or has a second name"
    isRefused("cannot trust '\(path)': owner \(geteuid()), \(other); \(rest)")

    try sample.guess(bob)
    #expect(chmod(path, 0o620) == 0)
    isRefused(sample.distrust(path, mode: "620"))

    try sample.guess(bob)
    try sample.fileAll()
    #expect(link(path, sample.directory.file("other").path) == 0)
    isRefused("cannot trust '\(path)': owner \(geteuid()), \(other); \(rest)")
    #expect(sample.trouble() == nil)
  }
}
