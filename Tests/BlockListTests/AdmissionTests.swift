import Foundation
import Policy
import Testing

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")

@Suite("An attempt is admitted")
struct AdmissionTests {
  @Test("judges as many guesses as the rule says, and refuses the next")
  func exactlyTheLimit() throws {
    let sample = try Sample(hosts: "*:10/1h")
    for second: Int64 in 0..<10 { #expect(try sample.guess(bob, at: second) == nil) }
    let refusal = try #require(try sample.guess(bob, at: 10))
    #expect(refusal.subject == .host("192.0.2.7"))
    #expect(refusal.message == "host '192.0.2.7' is blocked by *:10/1h")
    guard case .blocked(let block) = refusal.cause else {
      Issue.record("\(refusal.cause)")
      return
    }
    #expect(block.until == start.adding(3601))
    #expect(block.refusalInterval == 180)
    // Nobody else is, and nothing but the ten is counted.
    #expect(try sample.guess(Attempt("bob", from: "192.0.2.8"), at: 10) == nil)
    #expect(try sample.count(of: .host("192.0.2.7")) == 10)
  }

  @Test("is clear again in the first second at which no limit blocks")
  func clearAgain() throws {
    let sample = try Sample(hosts: "*:3/60s")
    for second: Int64 in 0..<3 { try sample.guess(bob, at: second) }
    #expect(try sample.guess(bob, at: 3) != nil)
    // A refused one would prolong it, so it is asked in two ways.
    let host = Subject.host("192.0.2.7")
    #expect(try sample.blockList.block(of: host, using: "sshd", at: start.adding(60)) != nil)
    #expect(try sample.blockList.block(of: host, using: "sshd", at: start.adding(61)) == nil)
    #expect(try sample.guess(bob, at: 61) == nil)
  }

  @Test("names the user, the clause and the service")
  func blockedUser() throws {
    let sample = try Sample(users: "root:1/1h !root/sshd|admin:3/2d")
    for second: Int64 in 0..<3 { #expect(try sample.guess(bob, at: second) == nil) }
    #expect(
      try sample.guess(bob, at: 3)?.message == "user 'bob' is blocked by !root/sshd|admin:3/2d")
    #expect(try sample.guess(Attempt("\u{1B}[2J\n", from: "a"), at: 3) == nil)
  }

  @Test("escapes the name of who is blocked")
  func hostileName() throws {
    let sample = try Sample(users: "*:1/1h")
    let attempt = Attempt("a'\n\u{1B}[2J", from: nil)
    try sample.guess(attempt)
    #expect(try sample.guess(attempt)?.message == "user 'a\\x27\\x0a\\x1b[2J' is blocked by *:1/1h")
  }

  @Test("refuses because of the host first, if both are blocked")
  func bothBlocked() throws {
    let sample = try Sample(hosts: "*:1/1h", users: "*:1/1h")
    try sample.guess(bob)
    #expect(try sample.guess(bob)?.subject == .host("192.0.2.7"))
    #expect(try sample.guess(Attempt("bob", from: nil))?.subject == .user("bob"))
    #expect(try sample.guess(Attempt("eve", from: "192.0.2.7"))?.subject == .host("192.0.2.7"))
  }

  @Test("asks the rule of the service that is used")
  func service() throws {
    let sample = try Sample(users: "*/sshd:2/1h")
    for _ in 0..<2 { try sample.guess(Attempt("bob", from: nil, using: "su")) }
    #expect(try sample.guess(Attempt("bob", from: nil, using: "su")) == nil)
    #expect(try sample.guess(Attempt("bob", from: nil, using: "sshd")) != nil)
  }

  @Test("leaves nothing behind a right password, and makes no store for it")
  func success() throws {
    let sample = try Sample(hosts: "*:3/1h", users: "*:3/1h")
    for second: Int64 in 0..<50 {
      try sample.settle(sample.begin(bob, at: second), .succeeded, at: second)
    }
    // Nothing is made for it in db_home, not even a lock.
    #expect(sample.names == [])
    #expect(try sample.entries().isEmpty)
    #expect(try sample.record(of: .host("192.0.2.7")) == nil)
  }

  @Test("doesn't count right passwords among wrong ones")
  func mixed() throws {
    let sample = try Sample(hosts: "*:3/1h")
    for second: Int64 in 0..<2 {
      try sample.settle(sample.begin(bob, at: second), .succeeded, at: second)
      #expect(try sample.guess(bob, at: second) == nil)
    }
    #expect(try sample.count(of: .host("192.0.2.7")) == 2)
    #expect(try sample.guess(bob, at: 3) == nil)
    #expect(try sample.guess(bob, at: 4) != nil)
  }

  @Test("writes each failure once, in the history of its host and of its user")
  func history() throws {
    let sample = try Sample()
    let reservation = try sample.begin(bob)
    for second: Int64 in 5..<8 { try sample.settle(reservation, .failed, at: second) }
    let host = try #require(try sample.record(of: .host("192.0.2.7"))?.attempts)
    let user = try #require(try sample.record(of: .user("bob"))?.attempts)
    try #require(host.count == 1 && user.count == 1)
    #expect(host[0].id == user[0].id)
    for attempt in [host[0], user[0]] {
      #expect(attempt.time == start.adding(5))
      #expect(attempt.state == .failed && attempt.reason == .authentication)
      #expect(attempt.service == "sshd")
    }
    #expect(host[0].counterpart == .user("bob"))
    #expect(user[0].counterpart == .host("192.0.2.7"))
    #expect(try sample.entries().map(\.state) == [.journaled])
    try sample.fileAll()
    #expect(try sample.entries().isEmpty)
    #expect(try sample.stored(.host("192.0.2.7")) == 1 && sample.stored(.user("bob")) == 1)
  }

  @Test("bears any clock", arguments: [.min, .min + 1, -1, 0, 1, .max - 1] as [Int64])
  func anyClock(_ seconds: Int64) throws {
    let sample = try Sample(hosts: "*:2/1h", users: "*:3/1h")
    let now = Timestamp(seconds: seconds)
    for _ in 0..<2 {
      guard case .admitted(let reservation?) = try sample.blockList.admit(bob, at: now) else {
        Issue.record("not admitted")
        return
      }
      try sample.blockList.settle(reservation, .failed, at: now)
    }
    _ = try sample.blockList.admit(bob, at: now)
    _ = try sample.blockList.admit(bob, at: start)
    _ = try sample.blockList.pending(at: now)
    _ = try sample.blockList.purge(at: now)
    _ = try sample.blockList.forgive(bob.subjects, at: now)
  }

  @Test("a look refuses the blocked, and holds no other attempt up")
  func lookOnly() throws {
    let sample = try Sample(hosts: "*:1/1h")
    for _ in 0..<20 { #expect(try sample.blockList.refusal(of: bob, at: start) == nil) }
    #expect(try sample.entries().isEmpty)
    // Nor does it wait for others.
    let reservation = try sample.begin(bob)
    #expect(try sample.blockList.refusal(of: bob, at: start) == nil)
    try sample.settle(reservation, .failed)
    let refusal = try sample.blockList.refusal(of: bob, at: start)
    #expect(refusal?.message == "host '192.0.2.7' is blocked by *:1/1h")
    #expect(try sample.blockList.refusal(of: Attempt("bob", from: nil), at: start) == nil)
  }

  @Test("what is admitted at its answer doesn't lapse, as long as its process lives")
  func admittedAtAnswer() throws {
    let sample = try Sample(hosts: "*:1/1h")
    guard case .admitted(let reservation?) = try sample.blockList.admit(bob, at: start) else {
      Issue.record("not admitted")
      return
    }
    #expect(try sample.admit(bob, at: 80_000).refusal?.cause == .inFlight)
    let halfway = try sample.blockList.goHalfway(reservation, at: start)
    #expect(halfway.isHalfway)
    #expect(try sample.entries(.halfway).count == 1)
  }

  @Test("takes a failure back, wherever it stands", arguments: [1, 3, 16, 40])
  func takenBack(_ count: Int) throws {
    let sample = try Sample(hosts: "*:50/1h", users: "*:50/1h")
    var reservations: [Reservation] = []
    for second in 0..<count {
      reservations.append(try sample.begin(bob, at: Int64(second)))
      try sample.settle(reservations[second], .failed, at: Int64(second))
    }
    let now = start.adding(100)
    for (index, reservation) in reservations.enumerated() where index % 2 == 0 {
      try sample.blockList.takeBack(reservation, at: now)
      try sample.blockList.takeBack(reservation, at: now)
    }
    try sample.blockList.fileAll(at: now)
    for subject in bob.subjects { #expect(try sample.count(of: subject) == count / 2) }
  }
}
