import BlockList
import Foundation
import Harness
import Policy
import Sharing
import Testing
import Upkeep

@testable import Daemon

/// What this machine tells of its own failures, as its store and journal have them.
@Suite("Failures of this machine, for others to add up")
struct OwnFailuresTests {
  private let directory: TemporaryDirectory
  private let blockList: BlockList
  private static let now = Timestamp(seconds: 1_800_000_100)

  init() throws {
    directory = try TemporaryDirectory()
    let home = directory.file("db").path
    mkdir(home, 0o700)
    var configuration = Configuration()
    configuration.databaseHome = Name(Array(home.utf8))
    configuration.runHome = configuration.databaseHome
    configuration.hostRule = try Rule(parsing: Array("*:3/1h".utf8)[...], for: .host)
    blockList = BlockList(configuration)
  }

  private func fail(_ host: String, _ count: Int = 1, at time: Timestamp = now) throws {
    for _ in 0..<count {
      try blockList.recordFailure(of: attempt(host), at: time)
    }
  }

  private func attempt(_ host: String) -> Attempt {
    Attempt(
      user: Name(Array("bob".utf8)), host: Host(Array(host.utf8)[...]),
      service: Name(Array("sshd".utf8)))
  }

  private func read(at now: Timestamp = now) throws -> [String: [String]] {
    let found = try OwnFailures.read(blockList, window: 3600, at: now)
    return Dictionary(
      uniqueKeysWithValues: found.map { prefix, counts in
        (prefix.text, counts.buckets.map { "\(Int($0.number) - 6_000_000):\($0.failures)" })
      })
  }

  @Test("those in the journal and those in the store, each once, of hosts with an address")
  func counted() throws {
    try fail("192.0.2.7", 2, at: Self.now.adding(-600))
    blockList.fileWaiting(at: Self.now)
    try fail("192.0.2.7")
    try fail("2001:db8::1:2:3:4")
    try fail("2001:db8::9")
    try fail("a-name")
    let told = try read()
    #expect(told.keys.sorted() == ["192.0.2.7", "2001:db8::/64"])
    #expect(told["2001:db8::/64"] == ["0:2"])
    #expect(told["192.0.2.7"] == ["-2:2", "0:1"])
    blockList.fileWaiting(at: Self.now)
    #expect(try read() == told)
  }

  @Test("a bucket counts whole as long as the window touches it, then not at all")
  func window() throws {
    try fail("192.0.2.7", 1, at: Timestamp(seconds: 1_800_000_000))
    try fail("192.0.2.7", 1, at: Timestamp(seconds: 1_800_000_299))
    let end = Timestamp(seconds: 1_800_000_300 + 3600)
    #expect(try read(at: end.adding(-1)) == ["192.0.2.7": ["0:2"]])
    #expect(try read(at: end).isEmpty)
  }

  @Test("what was refused was no guess, and what was forgiven is none any more")
  func refused() throws {
    try fail("192.0.2.7", 3)
    for _ in 0..<5 {
      guard case .refused = try blockList.admit(attempt("192.0.2.7"), at: Self.now) else {
        Issue.record("it isn't refused")
        return
      }
    }
    #expect(try read() == ["192.0.2.7": ["0:3"]])
    blockList.fileWaiting(at: Self.now)
    #expect(try read() == ["192.0.2.7": ["0:3"]])
    let host = try #require(attempt("192.0.2.7").host)
    _ = try blockList.forgive([.host(host)], at: Self.now)
    #expect(try read().isEmpty)
  }
}
