import Policy
import Testing

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")

@Suite("A refused attempt")
struct RefusalTests {
  @Test("writes refused attempts down as seldom as keeps the block, for who is blocked only")
  func seldom() throws {
    let sample = try Sample(hosts: "*:10/1h")
    for second: Int64 in 0..<10 { try sample.guess(bob, at: second) }
    for second: Int64 in 10..<600 { #expect(try sample.guess(bob, at: second) != nil) }
    let host = try #require(try sample.record(of: .host("192.0.2.7")))
    // Every 180 s, counted from the last failure.
    let refused = host.attempts.filter { $0.state == .refused }
    #expect(refused.map(\.time) == [189, 369, 549].map { start.adding($0) })
    #expect(refused.allSatisfy { $0.reason == .host && $0.counterpart == .user("bob") })
    #expect(Set(host.attempts.map(\.id)).count == 13)
    #expect(host.failureCount == 10)
    #expect(host.times == host.attempts.map(\.time))
    #expect(try sample.count(of: .user("bob")) == 10)
  }

  @Test("keeps out a host that doesn't stop, and lets it in again once it has")
  func prolonged() throws {
    let sample = try Sample(hosts: "*:3/60s")
    for second: Int64 in 0..<3 { try sample.guess(bob, at: second) }
    for second in stride(from: 5 as Int64, to: 600, by: 5) {
      #expect(try sample.guess(bob, at: second) != nil, "at \(second) s")
    }
    #expect(try sample.guess(bob, at: 600 + 60) == nil)
  }

  @Test(
    "says who was blocked",
    arguments: [
      RefusalReason("*:1/1m", "", .host, [.host("192.0.2.7")]),
      RefusalReason("", "*:1/1m", .user, [.user("bob")]),
      RefusalReason("*:1/1m", "*:1/1m", .both, [.host("192.0.2.7"), .user("bob")]),
    ])
  func reason(_ expected: RefusalReason) throws {
    let sample = try Sample(hosts: expected.hosts, users: expected.users)
    try sample.guess(bob)
    #expect(try sample.guess(bob, at: 40) != nil)
    for subject in bob.subjects {
      let refused = try sample.record(of: subject)?.attempts.filter { $0.state == .refused } ?? []
      #expect(refused.count == (expected.blocked.contains(subject) ? 1 : 0))
      #expect(refused.allSatisfy { $0.reason == expected.reason && $0.service == "sshd" })
    }
  }

  @Test("counts the refused to the block, but not to the failures")
  func notFailures() throws {
    let sample = try Sample(hosts: "*:2/1m")
    for second: Int64 in [0, 1, 30, 59] { try sample.guess(bob, at: second) }
    let record = try #require(try sample.record(of: .host("192.0.2.7")))
    #expect(record.attempts.map(\.state) == [.failed, .failed, .refused, .refused])
    #expect(record.failureCount == 2)
    #expect(try sample.guess(bob, at: 89) != nil)
  }

  @Test("goes on with an answer to its own prompt, and asks anew if its place was taken away")
  func renewed() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let reservation = try sample.begin(bob)
    func answer() throws -> Admission {
      try sample.blockList.answer(reservation, at: start.adding(100))
    }
    guard case .admitted(let same?) = try answer() else {
      Issue.record("not admitted")
      return
    }
    #expect(same.claim === reservation.claim)
    #expect(try sample.entries().map(\.id) == [reservation.entry.id])
    // As an unblock does.
    #expect(reservation.claim.table.become(.free, try sample.view(reservation.claim)))
    guard case .admitted(let renewed?) = try answer() else {
      Issue.record("not admitted")
      return
    }
    #expect(renewed.entry.id != reservation.entry.id)
    #expect(try sample.entries(.admitted).map(\.id) == [renewed.entry.id])
    #expect(try sample.entries(.admitted).map(\.time) == [start.adding(100)])
    try sample.settle(renewed, .failed, at: 100)
    #expect(try sample.count(of: .host("192.0.2.7")) == 1)
    // Blocked meanwhile, it is refused, and no trace is left of it.
    #expect(try answer().refusal != nil)
    #expect(try sample.entries().isEmpty)
  }

  @Test("doesn't let one lapse whose password was typed, as long as its process lives")
  func answered() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let reservation = try sample.begin(bob)
    guard case .admitted(let answered?) = try sample.blockList.answer(reservation, at: start) else {
      Issue.record("not admitted")
      return
    }
    #expect(try sample.entries().map(\.state) == [.admitted])
    #expect(try sample.guess(bob, at: 80_000) != nil)
    try sample.settle(answered, .failed, at: 80_001)
    #expect(try sample.count(of: .host("192.0.2.7")) == 1)
    #expect(try sample.record(of: .host("192.0.2.7"))?.newest == start.adding(80_001))
    #expect(try sample.entries(.admitted).isEmpty)
  }

  @Test(
    "asks about those and counts those that its line says",
    arguments: [
      Line([], asked: [host, user], counted: [host, user]),
      Line(.checkHost, asked: [host], counted: []),
      Line(.checkUser, asked: [user], counted: []),
      Line(.checkBoth, asked: [host, user], counted: []),
      Line(.logHost, asked: [], counted: [host]),
      Line(.logUser, asked: [], counted: [user]),
      Line([.checkHost, .logUser], asked: [host], counted: [user]),
      Line([.checkBoth, .logBoth], asked: [host, user], counted: [host, user]),
    ])
  func actions(_ line: Line) throws {
    let sample = try Sample(hosts: "*:1/1h", users: "*:1/1h")
    sample.configuration.actions = line.actions
    try sample.guess(bob)
    for subject in [host, user] {
      #expect(try sample.count(of: subject) == (line.counted.contains(subject) ? 1 : 0))
    }
    sample.configuration.actions = []
    try sample.blockList.recordFailure(of: bob, at: start)
    sample.configuration.actions = line.actions
    #expect(try sample.admit(bob).refusal?.subject == line.asked.first)
  }
}

/// Whom rules block, and why it is said that an attempt was refused.
struct RefusalReason: CustomTestStringConvertible {
  var hosts: String
  var users: String
  var reason: RecordedAttempt.Reason
  var blocked: [Subject]

  init(_ hosts: String, _ users: String, _ reason: RecordedAttempt.Reason, _ blocked: [Subject]) {
    (self.hosts, self.users, self.reason, self.blocked) = (hosts, users, reason, blocked)
  }

  var testDescription: String { "hosts '\(hosts)', users '\(users)': \(reason)" }
}

/// What words of a line say, and whom it asks about and counts.
struct Line: CustomTestStringConvertible {
  var actions: Actions
  var asked: [Subject]
  var counted: [Subject]

  init(_ actions: Actions, asked: [Subject], counted: [Subject]) {
    (self.actions, self.asked, self.counted) = (actions, asked, counted)
  }

  var testDescription: String { "actions \(actions.rawValue)" }
}

private let (host, user) = (Subject.host("192.0.2.7"), Subject.user("bob"))
