import Foundation
import Harness
import LMDB
import Policy
import Testing

@testable import BlockList
@testable import Upkeep

extension Sample {
  fileprivate func events(after sequence: UInt64 = 0) throws -> [Event] {
    try blockList.events(after: sequence, atMost: 1000).events
  }

  /// What happened, in short: "began host 192.0.2.7 attempt".
  fileprivate func story() throws -> [String] {
    try events().map { "\($0.kind) \($0.subject.text) \($0.cause)" }
  }

  /// Every subject whose record says that it is blocked has its row in `blocked`, and no other.
  fileprivate func expectBlockedAsRecorded() throws {
    #expect(try #require(try blockList.checkStore()).misnoted == 0)
  }

  fileprivate func rows(at seconds: Int64 = 0) throws -> [Event] {
    try blockList.blocked(at: start.adding(seconds))
  }

  /// What a store of the version before is like.
  fileprivate func forgetEvents() throws {
    let environment = try Environment(store.path, .write, databases: 8)
    let transaction = try WriteTransaction(environment)
    let meta = try #require(try Database<[UInt8], [UInt8]>("meta", in: transaction))
    try meta.set([0, 0, 0, 2], for: Array("schema".utf8), in: transaction)
    try meta.remove(Schema.completeKey, in: transaction)
    try meta.remove(Schema.sequenceKey, in: transaction)
    for name: StaticString in ["events", "blocked"] {
      let database = try #require(try Database<[UInt8], [UInt8]>(name, in: transaction))
      while let key = try Cursor(database, in: transaction).first()?.0 {
        try database.remove(key, in: transaction)
      }
    }
    try transaction.commit()
  }
}

private let guesser = Attempt(
  user: Name("root"), host: .init(Array("192.0.2.7".utf8)[...]), service: Name("sshd"), port: 4711)

@Suite("Events") struct EventTests {
  @Test("a block that begins, goes on and ends is told, each once, with all that is known of it")
  func life() throws {
    let sample = try Sample(hosts: "*:3/1h")
    for second: Int64 in 0..<3 { try sample.guess(guesser, at: second) }
    try sample.guess(guesser, at: 1200)
    try sample.fileAll(at: 1200)
    #expect(try sample.guess(guesser, at: 4000) == nil)
    #expect(
      try sample.story()
        == ["began 192.0.2.7 attempt", "extended 192.0.2.7 attempt", "ended 192.0.2.7 time"])
    let events = try sample.events()
    #expect(events.map(\.sequence) == [1, 2, 3])
    #expect(events.map(\.since) == [2, 2, 2].map { start.adding($0) })
    #expect(events[0].until == start.adding(3601) && events[1].until == start.adding(3602))
    #expect(events.allSatisfy { String(decoding: $0.rule, as: UTF8.self) == "*:3/1h" })
    #expect(events.allSatisfy { $0.service == Name("sshd") && $0.counterpart == .user("root") })
    #expect(events[0].port == 4711 && events[0].failures == 3)
    try sample.expectBlockedAsRecorded()
  }

  @Test(
    "an administrator, a right password behind all, and a full store end blocks, and that is told")
  func ends() throws {
    let sample = try Sample(hosts: "*:1/1h")
    try sample.guess(guesser)
    _ = try sample.blockList.forgive([.host("192.0.2.7")], at: start)
    let late = try sample.begin(Attempt("bob", from: "192.0.2.8"))
    try sample.settle(late, .failed)
    try sample.fileAll()
    try sample.blockList.takeBack(late, at: start)
    try sample.fileAll()
    #expect(
      try sample.story() == [
        "began 192.0.2.7 attempt", "ended 192.0.2.7 hand", "began 192.0.2.8 attempt",
        "ended 192.0.2.8 verdict",
      ])
    #expect(try sample.rows() == [])
    try sample.expectBlockedAsRecorded()
  }

  @Test("a changed configuration begins and ends blocks: at the next look, and by update")
  func configuration() throws {
    let sample = try Sample(hosts: "*:5/1h")
    for second: Int64 in 0..<3 { try sample.guess(guesser, at: second) }
    try sample.fileAll(at: 3)
    sample.configuration.hostRule = try Rule(parsing: Array("*:2/1h".utf8)[...])
    #expect(try sample.guess(guesser, at: 4) != nil)
    #expect(try sample.story() == ["began 192.0.2.7 configuration"])
    sample.configuration.hostRule = try Rule(parsing: Array("*:9/1h".utf8)[...])
    try sample.blockList.update(at: start.adding(5))
    #expect(try sample.story().last == "ended 192.0.2.7 configuration")
    try sample.expectBlockedAsRecorded()
  }

  @Test("update writes when a block ends by the rules as they are now")
  func changedWindow() throws {
    let sample = try Sample(hosts: "*:1/1h")
    try sample.guess(guesser)
    sample.configuration.hostRule = try Rule(parsing: Array("*:1/2h".utf8)[...])
    try sample.blockList.update(at: start.adding(1))
    #expect(try sample.rows().map(\.until) == [start.adding(7201)])
    try sample.blockList.update(at: start.adding(2))
    #expect(try sample.events().count == 2, "what is as written is left alone")
  }

  @Test(
    "what is blocked now is told without a look at those that aren't, with failures in the journal")
  func present() throws {
    let sample = try Sample(hosts: "*:2/1h", users: "eve:1/1h")
    for number in 1...5 { try sample.guess(Attempt("bob", from: "198.51.100.\(number)")) }
    try sample.guess(Attempt("eve", from: "198.51.100.9"))
    try sample.guess(guesser)
    try sample.guess(guesser)
    #expect(
      Set(try sample.rows().map { String(describing: $0.subject.text) }) == ["eve", "192.0.2.7"])
    #expect(try sample.rows(at: 3602) == [])
    #expect(try sample.blockList.endBlocks(at: start.adding(3602)) == 2)
    #expect(try sample.story().suffix(2).sorted() == ["ended 192.0.2.7 time", "ended eve time"])
    try sample.expectBlockedAsRecorded()
  }

  @Test("the ring is bounded: the oldest events go, and the sequence goes on")
  func ring() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let limit: UInt64 = ((4 << 20) >> 12) / 8
    for number in 0..<Int(limit) + 20 {
      try sample.guess(Attempt("bob", from: "10.0.\(number / 256).\(number % 256)"))
    }
    try sample.fileAll()
    let (events, last) = try sample.blockList.events(after: 0, atMost: 1000)
    #expect(last == limit + 20)
    #expect(events.map(\.sequence) == Array(21...last))
    try sample.expectBlockedAsRecorded()
  }

  @Test(
    "a store of the version before is read by its records until update or purge has gone through it",
    arguments: [false, true])
  func migration(_ byPurge: Bool) throws {
    let sample = try Sample(hosts: "*:1/1h")
    for number in 1...700 {
      try sample.guess(Attempt("bob", from: "10.1.\(number / 256).\(number % 256)"))
    }
    try sample.fileAll()
    try sample.forgetEvents()
    #expect(try !sample.blockList.isBlockedComplete())
    #expect(try sample.rows(at: 1).count == 700)
    #expect(try sample.events() == [])
    try sample.guess(guesser, at: 1)
    #expect(try sample.rows(at: 1).count == 701)
    if byPurge {
      _ = try sample.blockList.purge(at: start.adding(2))
    } else {
      try sample.blockList.update(at: start.adding(2))
    }
    #expect(try sample.blockList.isBlockedComplete())
    #expect(try sample.rows(at: 2).count == 701)
    try sample.expectBlockedAsRecorded()
  }

  @Test("compaction keeps events and what is blocked; an import brings blocks along")
  func moves() throws {
    let sample = try Sample(hosts: "*:1/1d")
    for number in 1...50 { try sample.guess(Attempt("bob", from: "10.1.0.\(number)")) }
    try sample.fileAll()
    let (events, rows) = (try sample.events(), try sample.rows())
    _ = try #require(try sample.blockList.compact())
    #expect(try sample.events() == events && sample.rows() == rows)
    let other = try Sample(hosts: "*:1/1d")
    let stored = try sample.blockList.storedSubjects(after: nil, count: 100).subjects
    _ = try other.blockList.restore(stored, nil)
    #expect(try other.events().allSatisfy { $0.kind == .began && $0.cause == .transfer })
    #expect(try other.events().count == 50)
    try other.expectBlockedAsRecorded()
  }

  @Test("after any history `blocked` is what the records say", arguments: 0..<20)
  func histories(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let sample = try Sample(hosts: "*:3/60s", users: "*:4/90s")
    var now: Int64 = 0
    for _ in 0..<120 {
      now += Int64.random(in: 0...20, using: &random)
      let host = "192.0.2.\(Int.random(in: 1...3, using: &random))"
      let user = "u\(Int.random(in: 1...3, using: &random))"
      switch Int.random(in: 0...11, using: &random) {
      case 0: _ = try sample.blockList.forgive([.host(host), .user(user)], at: start.adding(now))
      case 1: try sample.blockList.update(at: start.adding(now))
      case 2: try sample.blockList.endBlocks(at: start.adding(now))
      default: try sample.guess(Attempt(user, from: host), at: now)
      }
    }
    try sample.fileAll(at: now)
    try sample.expectBlockedAsRecorded()
    // Each subject's events take turns: it begins, goes on, ends.
    var blocked: [[UInt8]: Bool] = [:]
    for event in try sample.events() {
      let key = SubjectKey(event.subject).bytes
      #expect(blocked[key, default: false] == (event.kind != .began), "event \(event.sequence)")
      blocked[key] = event.kind != .ended
    }
  }

  @Test("what a table or a journal of the version before says has no port; of this one it has")
  func port() throws {
    let entry = InFlight(
      slot: 1, id: 2, time: start, owner: .none, state: .writing, attempt: guesser,
      subjects: guesser.subjects)
    #expect(InFlight(decoding: entry.encoded[...], slot: 1, state: .writing)?.attempt.port == 4711)
    let sample = try Sample(hosts: "*:3/1h")
    try sample.guess(guesser)
    try sample.guess(Attempt("root", from: "192.0.2.7"))
    try sample.fileAll()
    let attempts = try sample.record(of: .host("192.0.2.7"))?.attempts
    #expect(attempts?.map(\.port) == [4711, 0])
  }
}
