import Policy
import Testing

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: nil)
private let user = Subject.user("bob")

/// The limits are for what is older than a day: these tests fail once in a bit more than that.
private let step: Int64 = 90_000

/// A store that keeps a history for years, as far as its limits let it.
private func longSample(_ lower: UInt32, _ upper: UInt32) throws -> Sample {
  let sample = try Sample()
  sample.configuration.limits = HistoryLimits(lower: lower, upper: upper)
  (sample.configuration.hostPurge, sample.configuration.userPurge) = (1_000_000_000, 1_000_000_000)
  return sample
}

@Suite("The attempts that a store keeps")
struct HistoryTests {
  @Test("keeps as many as the limits say, as pam_abl does, of what is older than a day")
  func limits() throws {
    let sample = try longSample(5, 8)
    var counts: [Int] = []
    for number: Int64 in 0..<14 {
      try sample.blockList.fileFailure(of: bob, at: start.adding(number * step))
      counts.append(try sample.count(of: user))
    }
    // One more than 8 would be too many: the newest 4 are kept, and it.
    #expect(counts == [1, 2, 3, 4, 5, 6, 7, 8, 5, 6, 7, 8, 5, 6])
    let record = try #require(try sample.record(of: user))
    #expect(record.times == (8..<14).map { start.adding($0 * step) })
    #expect(record.attempts.map(\.time) == record.times)
  }

  @Test("keeps all of the last day, whatever the limits are: another configuration may count them")
  func sparedByLimits() throws {
    let sample = try longSample(5, 8)
    let day: Int64 = 86_400
    for second: Int64 in 0..<14 {
      try sample.blockList.fileFailure(of: bob, at: start.adding(second))
    }
    #expect(try sample.record(of: user)?.times == (0..<14).map { start.adding($0) })
    // The first four are older than a day by now.
    try sample.blockList.fileFailure(of: bob, at: start.adding(day + 4))
    #expect(
      try sample.record(of: user)?.times == (Array(4..<14) + [day + 4]).map { start.adding($0) })
    // And of all of these four are kept.
    try sample.blockList.fileFailure(of: bob, at: start.adding(3 * day))
    #expect(
      try sample.record(of: user)?.times
        == [11, 12, 13, day + 4, 3 * day].map { start.adding($0) })
  }

  @Test(
    "keeps the least that limits allow",
    arguments: [(2, 2, [1, 2, 2, 2]), (2, 3, [1, 2, 3, 2]), (3, 3, [1, 2, 3, 3])]
      as [(UInt32, UInt32, [Int])])
  func narrowLimits(_ lower: UInt32, _ upper: UInt32, _ expected: [Int]) throws {
    let sample = try longSample(lower, upper)
    var counts: [Int] = []
    for number: Int64 in 0..<4 {
      try sample.blockList.fileFailure(of: bob, at: start.adding(number * step))
      counts.append(try sample.count(of: user))
    }
    #expect(counts == expected)
    #expect(try sample.record(of: user)?.newest == start.adding(3 * step))
  }

  @Test("shortens a long history once the limits are lowered")
  func loweredLimits() throws {
    let sample = try longSample(1000, 1000)
    try sample.file(
      (0..<100).map { InFlight(UInt64($0), bob, .failed, at: Int64($0) * step) }, at: 99 * step)
    #expect(try sample.count(of: user) == 100)
    sample.configuration.limits = HistoryLimits(lower: 10, upper: 20)
    try sample.blockList.fileFailure(of: bob, at: start.adding(100 * step))
    #expect(try sample.record(of: user)?.times == (91...100).map { start.adding($0 * step) })
  }

  @Test("forgets with each failure those that are too old, each kind by its own time")
  func age() throws {
    let sample = try Sample()
    let day: Int64 = 86_400
    (sample.configuration.hostPurge, sample.configuration.userPurge) = (2 * 86_400, 86_400)
    let attempt = Attempt("bob", from: "a")
    for second in [0, 1, day, day + 1, 2 * day + 2] {
      try sample.blockList.fileFailure(of: attempt, at: start.adding(second))
    }
    // As old as the time is not too old.
    let kept = [day, day + 1, 2 * day + 2].map { start.adding($0) }
    #expect(try sample.record(of: .host("a"))?.times == kept)
    #expect(try sample.record(of: user)?.times == [start.adding(2 * day + 2)])
  }

  @Test("keeps for a day what another configuration may count; a purge goes by its own time")
  func aDayAtLeast() throws {
    let sample = try Sample()
    sample.configuration.userPurge = 3600
    let (early, late) = (start, start.adding(86_400))
    try sample.blockList.fileFailure(of: bob, at: early)
    try sample.blockList.fileFailure(of: Attempt("eve", from: "b"), at: early)
    try sample.blockList.fileFailure(of: bob, at: late)
    #expect(try sample.record(of: user)?.times == [early, late])
    #expect(try sample.record(of: .user("eve")) != nil)
    _ = try sample.blockList.purge(at: late)
    #expect(try sample.record(of: .user("eve")) == nil)
  }

  @Test("keeps what the clock, when it was wrong, dated in the future")
  func future() throws {
    let sample = try Sample(users: "*:2/1h")
    try sample.blockList.recordFailure(of: bob, at: start.adding(1_000_000))
    try sample.blockList.recordFailure(of: bob, at: start)
    #expect(try sample.count(of: user) == 2)
    #expect(try sample.admit(bob).refusal != nil)
  }

  @Test("bears a long history of the longest names")
  func largeRecord() throws {
    let sample = try Sample()
    sample.configuration.limits = HistoryLimits(lower: Limit.most, upper: Limit.most)
    sample.configuration.maxSize = 64 << 20
    let long = Name([UInt8](repeating: 0x61, count: 255))
    let attempt = Attempt(user: long, host: .name(long), service: long)
    for part in 0..<10 {
      let numbers = part * 30..<(part + 1) * 30
      try sample.file(numbers.map { InFlight(UInt64($0), attempt, .failed, at: Int64($0)) })
    }
    let record = try #require(try sample.record(of: .user(long)))
    #expect(record.times.count == 300 && record.failureCount == 300)
    let attempts = record.attempts
    #expect(attempts.count == 300)
    #expect(attempts.allSatisfy { $0.service == long && $0.counterpart == .host(.name(long)) })
  }

  @Test("counts a failure that was judged elsewhere")
  func recordedFailure() throws {
    let sample = try Sample(users: "*:1/1h")
    let attempt = Attempt("bob", from: "192.0.2.7", using: "smtp")
    try sample.blockList.recordFailure(of: attempt, at: start)
    #expect(try sample.record(of: user)?.attempts.map(\.service) == ["smtp"])
    #expect(try sample.guess(bob)?.message == "user 'bob' is blocked by *:1/1h")
    #expect(try sample.count(of: .host("192.0.2.7")) == 1)
  }

  @Test("answers whether a subject is blocked, and changes nothing")
  func block() throws {
    let sample = try Sample(users: "*/sshd:1/1h root:2/1h")
    func block(_ service: Name?, at seconds: Int64 = 0) throws -> Block? {
      try sample.blockList.block(of: user, using: service, at: start.adding(seconds))
    }
    #expect(try block("sshd") == nil)
    try sample.blockList.recordFailure(of: bob, at: start)
    #expect(try block("sshd")?.ruleText == "*/sshd:1/1h")
    #expect(try block(nil)?.until == start.adding(3601))
    #expect(try block("su") == nil)
    #expect(try block("sshd", at: 3600) != nil)
    #expect(try block("sshd", at: 3601) == nil)
    #expect(try sample.count(of: user) == 1)
    // What is in flight doesn't block; what has failed, but isn't written yet, does.
    sample.configuration.userRule = try Rule(parsing: Array("*:2/1h".utf8)[...])
    try sample.add(InFlight(1, bob))
    #expect(try block(nil) == nil)
    try sample.add(InFlight(2, bob, .failed))
    #expect(try block(nil) != nil)
  }

  @Test("forgives the subjects that are named, and says whom it knew")
  func forgive() throws {
    let sample = try Sample(hosts: "*:1/1h", users: "*:1/1h")
    for attempt in [Attempt("bob", from: "a"), Attempt("eve", from: "b")] {
      try sample.blockList.recordFailure(of: attempt, at: start)
    }
    let known = try sample.blockList.forgive([user, .host("none"), .host("a")], at: start)
    #expect(known == [user, .host("a")])
    #expect(try sample.blockList.forgive([user], at: start) == [])
    #expect(try sample.admit(Attempt("bob", from: "a")).isAdmitted)
    #expect(try sample.admit(Attempt("eve", from: nil)).refusal != nil)
    try sample.checkIndex()
  }

  @Test("forgives also what isn't written yet, and needs no store for it")
  func forgiveUnfiled() throws {
    let sample = try Sample(users: "*:1/1h")
    #expect(try sample.blockList.forgive([user], at: start) == [])
    #expect(sample.names == ["lock"])
    #expect(try sample.entries().isEmpty)
    try sample.add(InFlight(1, bob, .failed))
    #expect(try sample.blockList.forgive([user], at: start) == [user])
    #expect(try sample.admit(bob).isAdmitted)
    #expect(try sample.entries(.failed).isEmpty)
  }

  @Test("is still there after a crowd has failed at once, again and again")
  func groupCommits() throws {
    let sample = try Sample()
    for round: Int64 in 0..<60 {
      let others = (0..<4).map { number in
        InFlight(UInt64(round) * 10 + number, Attempt("bob", from: "a"), .failed, at: round)
      }
      try sample.file(others, at: round)
      #expect(try sample.count(of: user) == 4 * Int(round + 1))
    }
    #expect(sample.notices == [])
  }
}
