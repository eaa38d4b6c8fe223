import Policy
import Testing

@testable import BlockList
@testable import Upkeep

/// Where a user is known, and who runs su: what strangers can't lock.
@Suite struct HomeTests {
  private let day: Int64 = 24 * 60 * 60

  private func sample() throws -> Sample {
    let sample = try Sample(users: "*:10/1h")
    sample.configuration.userKnown = 30 * 24 * 60 * 60
    return sample
  }

  private let home = Attempt("alice", from: "192.0.2.7")

  @Test("strangers lock a user out for strangers; the user gets in from home")
  func botnet() throws {
    let sample = try sample()
    try sample.blockList.remember(home, at: start)
    var judged = 0
    for number in 0..<200 {
      let stranger = Attempt("alice", from: "198.51.100.\(number)")
      if try sample.guess(stranger, at: 60 + Int64(number)) == nil { judged += 1 }
    }
    #expect(judged == 10)
    guard case .admitted(let reservation?) = try sample.admit(home, at: 300) else {
      Issue.record("refused at home")
      return
    }
    try sample.settle(reservation, .succeeded, at: 301)
    // Of the same /24, for a neighbour is at home, too.
    #expect(try sample.guess(Attempt("alice", from: "192.0.2.9"), at: 302) == nil)
    #expect(try sample.guess(Attempt("alice", from: "192.0.3.9"), at: 302) != nil)
  }

  @Test("a failure that isn't in the store yet is one at home only where the user is known")
  func waiting() throws {
    let sample = try sample()
    func homes() throws -> [Subject] {
      try sample.blockList.unwrittenFailures(at: start).map { $0.subject }
        .filter { $0.kind == .home }
    }
    #expect(try sample.guess(home) == nil)
    #expect(try homes() == [])
    #expect(try sample.count(of: .user("alice")) == 1)
    try sample.blockList.remember(Attempt("bob", from: "192.0.2.7"), at: start)
    #expect(try sample.guess(Attempt("bob", from: "192.0.2.9")) == nil)
    let bob = Subject.home(Name("bob"), Network(.v4(0xC000_0200), prefixLength: 24))
    #expect(try homes() == [bob])
    #expect(try sample.record(of: bob)?.lastLogin == start)
  }

  /// Where a user has logged in, where an attempt comes from, and whether that is at home.
  struct Neighbour: CustomTestStringConvertible {
    let (v4, v6): (UInt8, UInt8)
    let (home, other): (String, String)
    let isAtHome: Bool
    var testDescription: String { "\(v4):\(v6) \(home) \(other)" }

    init(_ v4: UInt8, _ v6: UInt8, _ home: String, _ other: String, _ isAtHome: Bool) {
      (self.v4, self.v6, self.home, self.other) = (v4, v6, home, other)
      self.isAtHome = isAtHome
    }
  }

  @Test(
    "home is as wide as 'known_prefix' says",
    arguments: [
      Neighbour(24, 48, "192.0.2.7", "192.0.2.200", true),
      Neighbour(24, 48, "192.0.2.7", "192.0.3.7", false),
      Neighbour(16, 48, "192.0.2.7", "192.0.3.7", true),
      Neighbour(32, 48, "192.0.2.7", "192.0.2.7", true),
      Neighbour(32, 48, "192.0.2.7", "192.0.2.8", false),
      Neighbour(24, 48, "2001:db8:1::7", "2001:db8:1:f::9", true),
      Neighbour(24, 48, "2001:db8:1::7", "2001:db8:2::7", false),
      Neighbour(24, 64, "2001:db8:1::7", "2001:db8:1::f:9", true),
      Neighbour(24, 64, "2001:db8:1::7", "2001:db8:1:f::9", false),
      Neighbour(24, 48, "192.0.2.7", "::ffff:192.0.2.9", true),
    ])
  func width(_ row: Neighbour) throws {
    let sample = try sample()
    sample.configuration.knownPrefix = PrefixLengths(v4: row.v4, v6: row.v6)
    try sample.blockList.remember(Attempt("alice", from: row.home), at: start)
    for number in 0..<10 {
      let stranger = Attempt("alice", from: "198.51.100.\(number)")
      #expect(try sample.guess(stranger, at: 60) == nil)
    }
    let refusal = try sample.guess(Attempt("alice", from: row.other), at: 61)
    #expect((refusal == nil) == row.isAtHome, "\(String(describing: refusal))")
  }

  @Test("a thief at home has ten guesses, and then the user is out there")
  func thief() throws {
    let sample = try sample()
    try sample.blockList.remember(home, at: start)
    for number in 0..<200 {
      try sample.guess(Attempt("alice", from: "198.51.100.\(number)"), at: 60 + Int64(number))
    }
    var judged = 0
    for number in 0..<20 where try sample.guess(home, at: 300 + Int64(number)) == nil {
      judged += 1
    }
    #expect(judged == 10)
    #expect(
      try sample.guess(home, at: 330)?.message
        == "user 'alice' at 192.0.2.0/24 is blocked by *:10/1h")
  }

  @Test("no more than ten guesses are in flight at home")
  func inFlight() throws {
    let sample = try sample()
    try sample.blockList.remember(home, at: start)
    var admitted = 0
    for _ in 0..<64 { if case .admitted = try sample.admit(home, at: 60) { admitted += 1 } }
    #expect(admitted == 10)
  }

  @Test("after 'user_known' it is as it was before")
  func expired() throws {
    let sample = try sample()
    try sample.blockList.remember(home, at: start)
    try sample.guess(Attempt("other", from: "192.0.2.8"))
    try sample.fileAll(at: 1)
    let later = 31 * day
    for number in 0..<20 {
      try sample.guess(Attempt("alice", from: "198.51.100.\(number)"), at: later + Int64(number))
    }
    #expect(try sample.guess(home, at: later + 30)?.subject == .user("alice"))
    // Only once the clock has gone on for a day is anything forgotten.
    for time in [later + 31, later + day, later + 2 * day] {
      _ = try sample.blockList.purge(at: start.adding(time))
    }
    #expect(try sample.blockList.homes(of: "alice").isEmpty)
  }

  @Test("a login a day is written down once, and at the next checkpoint only")
  func written() throws {
    let sample = try sample()
    for hour in 0..<12 { try sample.blockList.remember(home, at: start.adding(Int64(hour) * 3600)) }
    #expect(try sample.entries(.succeeded).count == 1)
    #expect(sample.names.filter { $0 == "data.mdb" }.isEmpty)
    try sample.fileAll(at: 13 * 3600)
    try sample.blockList.remember(home, at: start.adding(20 * 3600))
    #expect(try sample.entries(.succeeded).isEmpty)
    try sample.blockList.remember(home, at: start.adding(25 * 3600))
    #expect(try sample.entries(.succeeded).count == 1)
  }

  @Test("a user who gets in each day stays known where nothing fails that takes it along")
  func quiet() throws {
    let sample = try sample()
    for number in 0...40 as ClosedRange<Int64> {
      try sample.blockList.remember(home, at: start.adding(number * day))
    }
    let later = 40 * day + 60
    for number in 0..<12 as Range<Int64> {
      try sample.guess(Attempt("alice", from: "198.51.100.\(number)"), at: later + number)
    }
    #expect(try sample.guess(home, at: later + 60) == nil)
    try sample.fileAll(at: later + 61)
    #expect(try sample.entries(.succeeded).isEmpty)
    #expect(try sample.guess(home, at: later + 62) == nil)
  }

  @Test("of a user 16 networks are known, and the one goes that is longest ago")
  func bounded() throws {
    let sample = try sample()
    for number in 0..<20 {
      try sample.blockList.remember(
        Attempt("alice", from: "10.0.\(number).1"), at: start.adding(Int64(number) * day))
      try sample.fileAll(at: Int64(number) * day + 1)
    }
    let homes = try sample.blockList.homes(of: "alice").map { $0.network.text.description }
    #expect(Set(homes) == Set((4..<20).map { "10.0.\($0).0/24" }))
  }

  @Test("to unblock a user leaves where the user is known")
  func forgiven() throws {
    let sample = try sample()
    try sample.blockList.remember(home, at: start)
    for number in 0..<10 { try sample.guess(home, at: 60 + Int64(number)) }
    let subject = try #require(sample.configuration.home(of: "alice", at: home.host))
    #expect(try sample.blockList.forgive([subject], at: start.adding(90)) == [subject])
    #expect(try sample.blockList.homes(of: "alice").count == 1)
    #expect(try sample.guess(home, at: 91) == nil)
  }

  // MARK: su and sudo

  private func su(_ user: String, by number: UInt32, own: Bool = false) -> Attempt {
    Attempt(
      user: Name(user), host: nil, service: "su",
      caller: Attempt.Caller(number: number, isOwnAccount: own))
  }

  @Test("wrong su by another user blocks that user, and nobody else")
  func caller() throws {
    let sample = try Sample(users: "*:10/1h")
    sample.configuration.callerRule = try Rule(parsing: Array("*:10/1h".utf8)[...], for: .caller)
    var judged = 0
    for number in 0..<64 {
      let account = number % 2 == 0 ? "root" : "alice"
      if try sample.guess(su(account, by: 1001), at: Int64(number)) == nil { judged += 1 }
    }
    #expect(judged == 10)
    #expect(try sample.guess(su("alice", by: 1001), at: 70)?.subject == .caller(1001))
    #expect(try sample.guess(su("alice", by: 1002), at: 70) == nil)
    #expect(try sample.guess(su("alice", by: 1000, own: true), at: 70) == nil)
    #expect(try sample.record(of: .user("root")) == nil)
    let last = try sample.record(of: .caller(1001))?.attempts.last
    #expect(last?.counterpart == .user("alice"))
    // Refusals don't make it longer.
    #expect(try sample.guess(su("root", by: 1001), at: 3601 + 64) == nil)
  }

  @Test("strangers don't keep a user from sudo")
  func sudo() throws {
    let sample = try sample()
    sample.configuration.callerRule = try Rule(parsing: Array("*:10/1h".utf8)[...], for: .caller)
    for number in 0..<20 {
      try sample.guess(Attempt("alice", from: "198.51.100.\(number)"), at: Int64(number))
    }
    var judged = 0
    for number in 0..<20 {
      let attempt = su("alice", by: 1000, own: true)
      if try sample.guess(attempt, at: 60 + Int64(number)) == nil { judged += 1 }
    }
    #expect(judged == 10)
  }
}
