import Dispatch
import Policy
import Synchronization
import Testing

@testable import BlockList
@testable import Upkeep

/// Whose guesses count for a host: clauses of `host_rule` with users in front.
@Suite struct GuessedUsersTests {
  private static let thresholds = "root@*:1/25d !root|?@*:10/5d ?@*:5/10d"

  /// Whose password is guessed, one after the other, and how many of these are judged.
  struct Row: CustomTestStringConvertible {
    let rule, guesses: String
    let judged: Int
    /// The limit that refuses the rest.
    let by: String?

    init(_ rule: String, _ guesses: String, judged: Int, by: String?) {
      (self.rule, self.guesses, self.judged, self.by) = (rule, guesses, judged, by)
    }

    var testDescription: String { "\(rule): \(guesses)" }
  }

  /// A letter is a guess: at root, at bob or eve, who exist, at users that don't.
  private static func guess(_ letter: Character, _ number: Int) -> (user: String, isUnknown: Bool) {
    switch letter {
    case "r": ("root", false)
    case "b": ("bob", false)
    case "e": ("eve", false)
    default: ("nobody\(number)", true)
    }
  }

  @Test(
    "as many are judged as the limit says that counts them",
    arguments: [
      Row("root@*:1/1d", "rrr", judged: 1, by: "root@*:1/1d"),
      Row("root@*:1/1d", "bebe?rb", judged: 6, by: "root@*:1/1d"),
      Row("root|bob@*:3/1d", "rberbe", judged: 4, by: "root|bob@*:3/1d"),
      Row("!root@*:3/1d", "rrrrbe?b", judged: 7, by: "!root@*:3/1d"),
      Row("?@*:5/1h", "bbbbbbbb?????b", judged: 13, by: "?@*:5/1h"),
      Row("?@*:5/1h", "b?b?b?b?b?b?", judged: 10, by: "?@*:5/1h"),
      Row("!?@*:2/1h", "???????be", judged: 9, by: nil),
      Row("?@*:2/1h *:4/1h", "bb?b", judged: 4, by: nil),
      Row("?@*:2/1h *:4/1h", "bb?bb", judged: 4, by: "*:4/1h"),
      Row("?@*:2/1h *:4/1h", "b??b", judged: 3, by: "?@*:2/1h"),
      Row(thresholds, "rr", judged: 1, by: "root@*:1/25d"),
      Row(thresholds, "bebebebebebe", judged: 10, by: "!root|?@*:10/5d"),
      Row(thresholds, "????????", judged: 5, by: "?@*:5/10d"),
      Row(thresholds, "beb?e?b?b?eb", judged: 12, by: nil),
      Row(thresholds, "beb?e?b?b?ebeb?", judged: 14, by: "!root|?@*:10/5d"),
    ], [false, true])
  func table(_ row: Row, isStored: Bool) throws {
    let sample = try Sample(hosts: row.rule)
    var (judged, rule): (Int, String?) = (0, nil)
    for (number, letter) in row.guesses.enumerated() {
      let (user, isUnknown) = Self.guess(letter, number)
      let refusal = try sample.guess(
        Attempt(user, from: "192.0.2.7"), isUnknown: isUnknown, at: Int64(number))
      if isStored { try sample.fileAll(at: Int64(number)) }
      if refusal == nil { judged += 1 }
      if case .blocked(let block)? = refusal?.cause { rule = block.ruleText.description }
    }
    #expect(judged == row.judged && rule == row.by)
    #expect(try sample.guess(Attempt("bob", from: "192.0.2.8"), at: 99) == nil)
  }

  @Test("in flight an unknown user is none, and the verdict tells which it was")
  func inFlight() throws {
    let sample = try Sample(hosts: "?@*:2/1h")
    let bob = Attempt("bob", from: "192.0.2.7")
    let two = try [sample.begin(bob), sample.begin(bob)]
    #expect(try sample.admit(bob).refusal?.cause == .inFlight)
    try sample.blockList.settle(two[0], .failed, isUnknownUser: false, at: start)
    let third = try sample.begin(bob)
    try sample.blockList.settle(two[1], .failed, isUnknownUser: true, at: start)
    try sample.blockList.settle(third, .failed, isUnknownUser: true, at: start)
    #expect(try sample.admit(bob).refusal?.subject == .host("192.0.2.7"))
  }

  @Test("who isn't counted isn't held: bob, while guesses at root are judged")
  func others() throws {
    let sample = try Sample(hosts: "root@*:1/1d")
    _ = try sample.begin(Attempt("root", from: "192.0.2.7"))
    #expect(try sample.admit(Attempt("root", from: "192.0.2.7")).refusal?.cause == .inFlight)
    _ = try sample.begin(Attempt("bob", from: "192.0.2.7"))
  }

  @Test(
    "with 64 at once as many are judged as each limit says",
    arguments: [("root", false, 1), ("bob", false, 10), ("nobody", true, 5)])
  func crowd(_ user: String, _ isUnknown: Bool, _ limit: Int) throws {
    let sample = try Sample(hosts: Self.thresholds)
    sample.configuration.pendingWait = 600_000
    let judged = Mutex(0)
    let failures = Mutex(0)
    let configuration = sample.configuration
    DispatchQueue.concurrentPerform(iterations: 64) { _ in
      let blockList = BlockList(configuration)
      do {
        guard
          case .admitted(let reservation?) = try blockList.admit(
            Attempt(user, from: "192.0.2.7"), at: start)
        else { return }
        judged.withLock { $0 += 1 }
        try blockList.settle(reservation, .failed, isUnknownUser: isUnknown, at: start)
      } catch { failures.withLock { $0 += 1 } }
    }
    #expect(judged.withLock { $0 } == limit && failures.withLock { $0 } == 0)
  }

  @Test("other guesses don't push out those that count, however many there are")
  func pushedOut() throws {
    let sample = try Sample(hosts: "root@*:3/10d")
    sample.configuration.limits = HistoryLimits(lower: 20, upper: 30)
    sample.configuration.hostPurge = 10 * 24 * 60 * 60
    let day: Int64 = 24 * 60 * 60
    for _ in 0..<2 { try sample.guess(Attempt("root", from: "192.0.2.7")) }
    for number in 0..<60 {
      try sample.guess(Attempt("bob", from: "192.0.2.7"), at: 2 * day + Int64(number))
    }
    try sample.fileAll(at: 3 * day)
    #expect(try sample.guess(Attempt("root", from: "192.0.2.7"), at: 3 * day) == nil)
    #expect(try sample.guess(Attempt("bob", from: "192.0.2.7"), at: 3 * day) != nil)
  }

  @Test("a refused try at a user that a limit counts prolongs its block, another one doesn't")
  func prolonged() throws {
    for (user, isBlocked) in [("root", true), ("bob", false)] {
      let sample = try Sample(hosts: "root@*:1/1h")
      try sample.guess(Attempt("root", from: "192.0.2.7"))
      #expect(try sample.guess(Attempt(user, from: "192.0.2.7"), at: 3000) != nil)
      let later = try sample.guess(Attempt("eve", from: "192.0.2.7"), at: 5000)
      #expect((later != nil) == isBlocked)
    }
  }

  @Test("networks count whose guesses their rule names")
  func networks() throws {
    let sample = try Sample()
    sample.configuration.networkRule = try Rule(
      parsing: Array("?@/24:5/1h".utf8)[...], for: .network)
    var judged = 0
    for number in 0..<20 {
      let attempt = Attempt("u\(number)", from: "192.0.2.\(number)")
      let isUnknown = number % 2 == 1
      if try sample.guess(attempt, isUnknown: isUnknown, at: Int64(number)) == nil { judged += 1 }
    }
    #expect(judged == 10)
  }

  @Test("root is never a user that doesn't exist, though sshd may say so where it lets no root in")
  func root() throws {
    let sample = try Sample(hosts: "?@*:1/1h")
    try sample.guess(Attempt("root", from: "192.0.2.7"), isUnknown: true)
    #expect(try sample.guess(Attempt("bob", from: "192.0.2.7"), at: 1) == nil)
  }

  @Test("what isn't told is looked up, for a rule that asks only; it is kept for the host only")
  func looked() throws {
    let name = "abl-nobody-has-this-name"
    for (rule, isNoted) in [("?@*:1/1h", true), ("*:9/1h", false)] {
      let sample = try Sample(hosts: rule)
      try sample.guess(Attempt(name, from: "192.0.2.7"))
      try sample.guess(Attempt("root", from: "192.0.2.8"))
      try sample.fileAll()
      func noted(_ subject: Subject) throws -> Bool? {
        try sample.blockList.record(of: subject)?.attempts.first?.isUnknownUser
      }
      #expect(try noted(.host("192.0.2.7")) == isNoted)
      #expect(try noted(.user(name)) == false)
      #expect(try noted(.host("192.0.2.8")) == false)
    }
  }

  @Test("the version before sees a record of the third version, where it would misread the second")
  func version() throws {
    for isUnknown in [false, true] {
      var record = SubjectRecord(due: start)
      record.append(
        RecordedAttempt(
          id: 7, time: start, state: .failed, reason: .authentication, service: "sshd",
          counterpart: .user("eve"), port: 22, isUnknownUser: isUnknown))
      #expect(record.encoded[0] == (isUnknown ? 3 : 2))
      let again = try #require(SubjectRecord(decoding: record.encoded))
      #expect(again.attempts == record.attempts && again.guesses == record.guesses)
      #expect(again.guesses == [Guess(start, record.attempts[0].tried)])
      var summary = SubjectSummary()
      #expect(summary.read(record.encoded[...]) && summary.times == record.guesses)
    }
  }

  @Test("the journal and a late file keep whether there is such a user")
  func journal() throws {
    for isUnknown in [true, false] {
      let attempt = Attempt("eve", from: "192.0.2.7")
      let entry = InFlight(1, attempt, .journaled).resolved(isUnknownUser: isUnknown)
      let again = InFlight(decoding: entry.encoded[...], slot: 1, state: .journaled)
      #expect(again?.isUnknownUser == isUnknown && again?.tried == entry.tried)
      let sample = try Sample(hosts: "?@*:1/1h")
      try sample.guess(attempt, isUnknown: isUnknown)
      try sample.boot()
      #expect((try sample.guess(attempt, at: 9) != nil) == isUnknown)
    }
  }
}

extension Sample {
  /// Tries, with a wrong password, and tells whether there is no such user.
  @discardableResult
  fileprivate func guess(
    _ attempt: Attempt, isUnknown: Bool, at seconds: Int64 = 0
  ) throws -> Refusal? {
    switch try admit(attempt, at: seconds) {
    case .refused(let refusal): return refusal
    case .admitted(let reservation):
      if let reservation {
        try blockList.settle(
          reservation, .failed, isUnknownUser: isUnknown, at: start.adding(seconds))
      }
      return nil
    }
  }
}
