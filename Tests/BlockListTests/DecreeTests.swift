import Foundation
import Harness
import Policy
import Testing

@testable import BlockList
@testable import Upkeep

@Suite("Decrees") struct DecreeTests {
  @Test("host and user are decided each by itself, and a block of either refuses")
  func twoSubjects() throws {
    let sample = try Sample(hosts: "*:2/1h", users: "*:2/1h")
    try sample.decree("allow user bob", "block 192.0.2.7", "allow 192.0.2.8", "block user eve")
    #expect(try sample.fate("bob", from: "192.0.2.7").hasPrefix("host '192.0.2.7' is blocked"))
    #expect(try sample.fate("eve", from: "192.0.2.8") == "user 'eve' is blocked by decree eve")
    #expect(try sample.fate("bob", from: "192.0.2.9") == "judged")
    for second: Int64 in 0..<5 {
      #expect(try sample.guess(Attempt("bob", from: "192.0.2.8"), at: second) == nil)
    }
    try sample.fileAll(at: 5)
    #expect(try sample.count(of: .host("192.0.2.8"), at: 5) == 0)
    #expect(try sample.count(of: .user("bob"), at: 5) == 0)
    // An allowed user's guesses count for the host that makes them.
    for second: Int64 in 5..<7 { try sample.guess(Attempt("bob", from: "192.0.2.6"), at: second) }
    let refusal = try sample.guess(Attempt("bob", from: "192.0.2.6"), at: 7)
    #expect(refusal?.subject == .host("192.0.2.6"))
  }

  @Test("an allow of one address frees that one only where its prefix is counted") func prefixes()
    throws
  {
    let sample = try Sample(hosts: "*:2/1h")
    for second: Int64 in 0..<2 {
      try sample.guess(Attempt("bob", from: "2001:db8:1:2::\(second + 1)"), at: second)
    }
    try sample.fileAll(at: 2)
    #expect(try sample.fate("bob", from: "2001:db8:1:2::9", at: 2) != "judged")
    try sample.decree("allow 2001:db8:1:2::9", at: 2)
    #expect(try sample.fate("bob", from: "2001:db8:1:2::9", at: 3) == "judged")
    #expect(try sample.fate("bob", from: "2001:db8:1:2::8", at: 3) != "judged")
    #expect(try sample.blockList.blocked(at: start.adding(3)).count == 1)
    // Its failures aren't counted for the prefix, and none of its logins writes anything.
    try sample.guess(Attempt("bob", from: "2001:db8:1:2::9"), at: 4)
    try sample.fileAll(at: 4)
    #expect(
      try sample.blockList.events(after: 0, atMost: 9).events.map { $0.kind } == [.began, .allowed])
    try sample.decree("allow 2001:db8:1::/48", at: 5)
    #expect(try sample.fate("bob", from: "2001:db8:1:2::8", at: 5) == "judged")
    #expect(try sample.blockList.blocked(at: start.adding(5)).isEmpty)
  }

  @Test("a decree ends by itself, to the second, and what it let pass counts again")
  func expiry() throws {
    let sample = try Sample(hosts: "*:2/1h")
    for second: Int64 in 0..<2 { try sample.guess(Attempt("bob", from: "192.0.2.7"), at: second) }
    #expect(try sample.fate("bob", from: "192.0.2.7", at: 2) != "judged")
    try sample.decree("allow 192.0.2.0/24", for: 100, at: 2)
    try sample.decree("block 192.0.2.9", for: 60, at: 2)
    #expect(try sample.fate("bob", from: "192.0.2.7", at: 99) == "judged")
    #expect(try sample.fate("bob", from: "192.0.2.7", at: 100) != "judged")
    #expect(try sample.fate("bob", from: "192.0.2.9", at: 59) != "judged")
    #expect(try sample.fate("bob", from: "192.0.2.9", at: 60) == "judged")
    #expect(try sample.blockList.decrees(at: start.adding(60)).all.count == 1)
    #expect(try sample.blockList.decrees(at: start.adding(100)).isEmpty)
    // The clock is set back: it holds again, for it is still there.
    #expect(try sample.fate("bob", from: "192.0.2.9", at: 30) != "judged")
    try sample.blockList.expireDecrees(at: start.adding(100))
    #expect(try sample.blockList.decrees(at: start).isEmpty)
    #expect(try sample.fate("bob", from: "192.0.2.9", at: 30) == "judged")
  }

  @Test("an allow ends blocks by evidence at once, of all that it means, and tells it once")
  func allowFrees() throws {
    let sample = try Sample(hosts: "*:1/1h")
    for host in ["192.0.2.0", "192.0.2.7", "192.0.2.255", "192.0.3.0", "192.0.1.255"] {
      try sample.guess(Attempt("bob", from: host))
    }
    try sample.fileAll()
    #expect(try sample.blockList.blocked(at: start).count == 5)
    try sample.decree("allow 192.0.2.0/24")
    let left = try sample.blockList.blocked(at: start).map { "\($0.subject.text)" }
    #expect(left == ["192.0.1.255", "192.0.3.0"])
    #expect(try #require(try sample.blockList.checkStore()).misnoted == 0)
    #expect(try sample.fate("bob", from: "192.0.2.7") == "judged")
    try sample.blockList.update(at: start)
    #expect(try sample.blockList.blocked(at: start).count == 2)
    _ = try sample.blockList.end(.allow, on: [AllowList.Entry("192.0.2.0/24")], at: start)
    #expect(try sample.blockList.blocked(at: start).count == 5)
    #expect(try sample.fate("bob", from: "192.0.2.7") != "judged")
    let story = try sample.blockList.events(after: 5, atMost: 100).events.map {
      "\($0.kind) \($0.subject.text) \($0.cause)"
    }
    #expect(
      story == [
        "allowed 192.0.2.0/24 hand", "ended 192.0.2.0 hand", "ended 192.0.2.7 hand",
        "ended 192.0.2.255 hand", "disallowed 192.0.2.0/24 hand", "began 192.0.2.0 hand",
        "began 192.0.2.7 hand", "began 192.0.2.255 hand",
      ])
  }

  @Test("what waits in the journal when an allow comes doesn't block what it lets pass")
  func waiting() throws {
    let sample = try Sample(hosts: "*:3/1h")
    for second: Int64 in 0..<2 { try sample.guess(Attempt("bob", from: "192.0.2.7"), at: second) }
    try sample.decree("allow 192.0.2.7")
    try sample.guess(Attempt("bob", from: "192.0.2.7"), at: 3)
    try sample.fileAll(at: 3)
    #expect(try sample.blockList.blocked(at: start.adding(3)).isEmpty)
    // Those of before stay on record, and count again once it ends.
    #expect(try sample.stored(.host("192.0.2.7")) == 2)
    _ = try sample.blockList.end(
      .allow, on: [AllowList.Entry("192.0.2.7")], at: start.adding(4))
    #expect(try sample.guess(Attempt("bob", from: "192.0.2.7"), at: 4) == nil)
    #expect(try sample.guess(Attempt("bob", from: "192.0.2.7"), at: 5) != nil)
  }

  /// How an allow can end while what it has let pass waits in the journal.
  enum Ending: CaseIterable {
    case byTime, byHand, byABlock, removed, afterABoot
  }

  @Test(
    "a guess that was let pass never counts, though the allow ends before it is written down",
    arguments: Ending.allCases)
  func endedBefore(_ ending: Ending) throws {
    let sample = try Sample(hosts: "*:3/1h", users: "*:9/1h")
    let (host, later): (_, Int64) = ("192.0.2.7", 100)
    try sample.decree("allow 192.0.2.0/24", for: later)
    for second: Int64 in 0..<9 {
      #expect(try sample.guess(Attempt("user\(second)", from: host), at: second) == nil)
    }
    #expect(try sample.stored(.user("user0")) == 0)
    switch ending {
    case .byTime: break
    case .byHand:
      let ended = try sample.blockList.end(
        .allow, on: [AllowList.Entry("192.0.2.0/24")], at: start.adding(50))
      #expect(ended.count == 1)
    case .byABlock: try sample.decree("block 192.0.2.7", for: 99, at: 50)
    case .removed: try sample.blockList.expireDecrees(at: start.adding(later))
    case .afterABoot: try sample.boot()
    }
    #expect(try sample.count(of: .host(host), at: later) == 0)
    for second in later..<(later + 3) {
      #expect(try sample.guess(Attempt("bob", from: host), at: second) == nil, "\(second)")
    }
    #expect(
      try sample.guess(Attempt("bob", from: host), at: later + 3)?.subject == .host(host))
    try sample.fileAll(at: later + 3)
    #expect(try sample.stored(.host(host)) == 3)
    // The users weren't let pass.
    #expect(try sample.stored(.user("user0")) == 1)
  }

  @Test("an allow of one address that has ended frees no other of its prefix, where both wait")
  func neighbour() throws {
    let sample = try Sample(hosts: "*:3/1h")
    try sample.decree("allow 2001:db8::1", for: 100)
    for second: Int64 in 0..<2 {
      #expect(try sample.guess(Attempt("bob", from: "2001:db8::2"), at: second) == nil)
    }
    #expect(try sample.guess(Attempt("bob", from: "2001:db8::1"), at: 100) == nil)
    #expect(try sample.guess(Attempt("bob", from: "2001:db8::1"), at: 101) != nil)
  }

  @Test("the configuration's white list passes, whatever is decreed")
  func whiteList() throws {
    let sample = try Sample(hosts: "*:1/1h", users: "*:1/1h")
    sample.configuration.hostAllowList = AllowList([AllowList.Entry("192.0.2.0/24")])
    sample.configuration.userAllowList = AllowList([.user("bob")])
    try sample.decree("block 192.0.2.7", "block 192.0.0.0/16", "block user bob")
    #expect(try sample.fate("bob", from: "192.0.2.7") == "judged")
    #expect(try sample.fate("bob", from: "192.0.3.7") != "judged")
    #expect(try sample.fate("eve", from: "192.0.2.7") == "judged")
  }

  @Test("a host that is known by its name, and names of any bytes")
  func names() throws {
    let sample = try Sample(hosts: "*:9/1h", users: "*:9/1h")
    let name = Name([0x61, 0xFF, 0, 1, 0x0A])
    let orders = [AllowList.Entry.host("evil.example"), .user(name)].map {
      DecreeOrder(.block, $0, by: "root", reason: Name([0x1B, 0x5B, 0x0A]), at: start)
    }
    try sample.blockList.decree(orders, at: start)
    #expect(try sample.fate("bob", from: "evil.example").contains("host 'evil.example' is blocked"))
    #expect(try sample.fate("bob", from: "evil.example.") == "judged")
    let message = try sample.fate(name, from: "192.0.2.7")
    #expect(message == #"user 'a\xff\x00\x01\x0a' is blocked by decree a\xff\x00\x01\x0a"#)
    #expect(try sample.fate(Name([0x61, 0xFF]), from: "192.0.2.7") == "judged")
    let listed = try sample.blockList.decrees(at: start).all
    #expect(listed.map { $0.target } == orders.map { $0.target })
    #expect(listed.map { $0.reason } == orders.map { $0.reason } && listed[0].by == "root")
  }

  @Test("hits are counted without a write to the store, and taken along by the next one")
  func hits() throws {
    let sample = try Sample(hosts: "*:9/1h")
    try sample.decree("block 192.0.2.0/24", "allow 192.0.3.0/24", "block 192.0.4.0/24")
    let before = try Data(contentsOf: sample.store)
    for second: Int64 in 1...3 { _ = try sample.fate("bob", from: "192.0.2.7", at: second) }
    _ = try sample.fate("bob", from: "192.0.3.7", at: 9)
    #expect(try Data(contentsOf: sample.store) == before)
    func listed() throws -> [String] {
      try sample.blockList.decrees(at: start).all.map {
        "\($0.hits) \($0.lastHit.map { "\($0.seconds - start.seconds)" } ?? "-")"
      }
    }
    #expect(try listed() == ["3 3", "1 9", "0 -"])
    try sample.decree("block 192.0.5.0/24")
    #expect(try listed() == ["3 3", "1 9", "0 -", "0 -"])
    _ = try sample.fate("bob", from: "192.0.2.7", at: 20)
    // Made anew, it keeps them.
    try sample.decree("block 192.0.2.0/24", for: 1000)
    #expect(try listed() == ["4 20", "1 9", "0 -", "0 -"])
  }

  @Test("a refused attempt is neither counted nor recorded, and a block by hand runs no sync")
  func unrecorded() throws {
    let sample = try Sample(hosts: "*:9/1h", users: "*:9/1h")
    try sample.decree("block 192.0.2.7")
    for second: Int64 in 0..<20 { try sample.guess(Attempt("bob", from: "192.0.2.7"), at: second) }
    #expect(try sample.count(of: .host("192.0.2.7")) == 0)
    #expect(try sample.count(of: .user("bob")) == 0)
    #expect(try sample.entries().isEmpty)
  }

  @Test("commands are run for a host and a user, and not for a network, nor twice")
  func commands() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let blockList = sample.blockList
    func told() -> [String] { blockList.takeChanges().map { "\($0.kind) \($0.subject.text)" } }
    try sample.guess(Attempt("bob", from: "192.0.2.9"))
    try sample.fileAll()
    let orders = ["block 192.0.2.7", "block 10.0.0.0/8", "block user eve", "block 192.0.2.9"]
    try blockList.decree(orders.map { DecreeOrder($0) }, at: start)
    #expect(told() == ["began 192.0.2.7", "began eve"])
    try blockList.decree([DecreeOrder("block 192.0.2.7", for: 9)], at: start)
    #expect(told() == [])
    let targets = orders.map { AllowList.Entry(String($0.dropFirst(6))) }
    #expect(try blockList.end(.block, on: targets, at: start).count == 4)
    #expect(told() == ["ended 192.0.2.7", "ended eve"])
    #expect(try blockList.end(.block, on: targets, at: start).isEmpty)
    // Else the log would say that the user of the next ablctl unblocked it.
    try blockList.decree([DecreeOrder("block 192.0.2.7", for: 9)], at: start)
    #expect(blockList.takeChanges().map(\.cause) == [.hand])
    try blockList.expireDecrees(at: start.adding(10))
    #expect(blockList.takeChanges().map(\.cause) == [.time])
  }

  @Test("what is used of prefixes is known after any making and ending")
  func usage() throws {
    let sample = try Sample()
    var random = SeededRandom(seed: 18)
    var held: Set<String> = []
    for _ in 0..<60 {
      let length = Int.random(in: 0...4, using: &random) * 8
      let network = "\(length == 0 ? "0.0.0.0" : "10.0.0.0")/\(length)"
      let kind = Bool.random(using: &random) ? "allow" : "block"
      if Bool.random(using: &random) {
        try sample.decree("\(kind) \(network)")
        held.insert("\(kind) \(network)")
      } else {
        _ = try sample.blockList.end(
          kind == "allow" ? .allow : .block, on: [AllowList.Entry(network)], at: start)
        held.remove("\(kind) \(network)")
      }
    }
    let book = try sample.blockList.decrees(at: start)
    #expect(book.all.count == held.count)
    for address in ["10.0.0.0", "10.0.0.1", "10.9.0.0", "11.0.0.0"] {
      let host = Subject.host(try #require(Host(Array(address.utf8)[...])))
      #expect(
        try sample.blockList.decree(for: host, at: start) == book.decree(for: host, at: start))
    }
  }

  @Test("a store that never had decrees gets them, and a compaction keeps them")
  func stores() throws {
    let sample = try Sample(hosts: "*:9/1h")
    try sample.decree("block 192.0.2.0/24", "allow user bob")
    let before = try sample.blockList.decrees(at: start).all
    _ = try sample.blockList.compact()
    #expect(try sample.blockList.decrees(at: start).all == before)
    #expect(try sample.fate("bob", from: "192.0.2.7") != "judged")
  }

  @Test("a decree that makes no sense is damage, and one of a newer version is left alone")
  func damage() throws {
    let key = AllowList.Entry("192.0.2.0/24").decreeKey(.block)
    #expect(Decree(key, []) == nil)
    #expect(Decree(key, [UInt8](repeating: 1, count: 41)) == nil)
    #expect(Decree(key, [2] + [UInt8](repeating: 0, count: 60)) == nil)
    #expect(Decree(Array(key.dropLast()) + [9], [1] + [UInt8](repeating: 0, count: 60)) == nil)
    #expect(Decree([], [1] + [UInt8](repeating: 0, count: 60)) == nil)
  }
}
