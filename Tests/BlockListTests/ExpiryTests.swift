import LMDB
import Policy
import Testing

import struct Harness.SeededRandom

@testable import BlockList
@testable import Upkeep

private let day: Int64 = 86400
private let bob = Attempt("bob", from: nil)

extension Sample {
  /// Whom the expiry index has, by when they are due.
  func index() throws -> [(due: Timestamp, subject: SubjectKey)] {
    var found: [(due: Timestamp, subject: SubjectKey)] = []
    try blockList.locked(.shared) { (store) throws(StoreError) in
      try store.read { (transaction, schema) throws(LMDBError) in
        let cursor = try Cursor(schema.expiry, in: transaction)
        var entry = try cursor.first()
        while let (key, _) = entry {
          found.append((key.due, key.subject))
          entry = try cursor.next()
        }
      }
    }
    return found
  }

  /// Sees to it that each subject is in the index once, under the time that its record says.
  func checkIndex() throws {
    let index = try index()
    let subjects = try blockList.subjects(after: nil, count: 100_000)
    #expect(index.count == subjects.count)
    for (key, record) in subjects {
      let entries = index.filter { $0.subject == key }
      #expect(entries.map(\.due) == [record.due], "\(key.bytes)")
    }
  }

  /// Records a failure of each user, in one commit.
  func fail(_ users: some Sequence<Int>, at seconds: Int64 = 0) throws {
    let failures = users.map { user in
      InFlight(
        UInt64(user) << 32 | UInt64(seconds), Attempt("user\(user)", from: nil), .failed,
        at: seconds)
    }
    try file(failures, at: seconds)
  }

  func purge(at seconds: Int64) throws -> Int {
    try blockList.purge(at: start.adding(seconds))
  }
}

@Suite("Expiry")
struct ExpiryTests {
  @Test("removes a subject in the first second in which all of its attempts are too old")
  func boundary() throws {
    let sample = try Sample()
    try sample.blockList.fileFailure(of: bob, at: start)
    #expect(try sample.purge(at: 2 * day) == 0)
    #expect(try sample.count(of: .user("bob")) == 1)
    #expect(try sample.purge(at: 2 * day + 1) == 1)
    #expect(try sample.record(of: .user("bob")) == nil)
    #expect(try sample.index().isEmpty)
  }

  @Test("forgets hosts, networks and users each after its own time")
  func times() throws {
    let sample = try Sample(hosts: "*:9/1m", users: "*:9/1m")
    sample.configuration.networkRule = try Rule(
      parsing: Array("/24|/16:9/1m".utf8)[...], for: .network)
    sample.configuration.hostPurge = UInt32(day)
    sample.configuration.networkPurge = UInt32(3 * day)
    try sample.blockList.fileFailure(of: Attempt("bob", from: "192.0.2.7"), at: start)
    func kept() throws -> [String] {
      try sample.blockList.subjects(after: nil, count: 9).compactMap {
        $0.key.subject?.text.description
      }.sorted()
    }
    let networks = ["192.0.0.0/16", "192.0.2.0/24"]
    #expect(try kept() == networks + ["192.0.2.7", "bob"])
    #expect(try sample.purge(at: day + 1) == 1 && kept() == networks + ["bob"])
    #expect(try sample.purge(at: 2 * day + 1) == 1 && kept() == networks)
    #expect(try sample.purge(at: 3 * day) == 0)
    #expect(try sample.purge(at: 3 * day + 1) == 2 && kept() == [])
  }

  @Test("keeps a subject that has failed again, and files it anew")
  func refiled() throws {
    let sample = try Sample()
    for second in [0, day] { try sample.blockList.fileFailure(of: bob, at: start.adding(second)) }
    // It isn't moved with each failure.
    #expect(try sample.index().map(\.due) == [start.adding(2 * day + 1)])
    #expect(try sample.purge(at: 2 * day + 1) == 0)
    #expect(try sample.index().map(\.due) == [start.adding(3 * day + 1)])
    try sample.checkIndex()
    #expect(try sample.purge(at: 3 * day) == 0)
    #expect(try sample.purge(at: 3 * day + 1) == 1)
    #expect(try sample.index().isEmpty)
  }

  @Test("files anew whom a longer time keeps, and removes at once whom a shorter one doesn't")
  func changedTime() throws {
    let sample = try Sample()
    try sample.blockList.fileFailure(of: bob, at: start)
    sample.configuration.userPurge = UInt32(9 * day)
    #expect(try sample.purge(at: 2 * day + 1) == 0)
    #expect(try sample.index().map(\.due) == [start.adding(9 * day + 1)])
    sample.configuration.userPurge = 3600
    #expect(try sample.purge(at: 2 * day + 2) == 1)
    #expect(try sample.index().isEmpty)
  }

  @Test("removes exactly the expired, in small steps, and says how many")
  func purge() throws {
    let sample = try Sample()
    try sample.fail(0..<1300)
    try sample.fail(1300..<1350, at: day)
    try sample.fail([3, 700], at: day)
    var (steps, done): ([Int], [Int]) = ([], [])
    let removed = try sample.blockList.purge(at: start.adding(2 * day + 1)) { progress in
      steps.append(progress.removed)
      done.append(progress.done)
      #expect(progress.all == 1350)
      return true
    }
    #expect(done == done.sorted() && done.last == 1350)
    #expect(removed == 1298)
    #expect(steps == steps.sorted() && steps.last == 1298)
    #expect(zip([0] + steps, steps).allSatisfy { $1 - $0 <= 500 })
    let left = try sample.blockList.subjects(after: nil, count: 100_000)
    #expect(left.count == 52)
    #expect(left.contains { $0.key.subject == .user("user3") })
    try sample.checkIndex()
    #expect(try sample.purge(at: 2 * day + 1) == 0)
    #expect(try sample.purge(at: 3 * day + 1) == 52)
  }

  @Test("stops where it is when it is told to, and goes on from there when it is run again")
  func stopped() throws {
    let sample = try Sample()
    try sample.fail(0..<1300)
    let later = start.adding(2 * day + 1)
    #expect(try sample.blockList.purge(at: later) { _ in false } == 500)
    try sample.checkIndex()
    #expect(try sample.blockList.purge(at: later) == 800)
  }

  @Test("finds all that a shortened time no longer keeps, some steps of them, and nobody else")
  func shortened() throws {
    let sample = try Sample()
    try sample.fail(0..<1300)
    try sample.fail(1300..<1400, at: 3000)
    sample.configuration.userPurge = 3600
    #expect(try sample.purge(at: 3601) == 1300)
    try sample.checkIndex()
    #expect(try sample.blockList.subjects(after: nil, count: 10_000).count == 100)
    #expect(try sample.purge(at: 6601) == 100)
  }

  @Test("purges nothing where there is no store, and makes none")
  func nothingToPurge() throws {
    let sample = try Sample()
    #expect(try sample.purge(at: 0) == 0)
    #expect(sample.names == ["lock"])
  }

  @Test("removes two that have expired with each failure that is written")
  func twoPerWrite() throws {
    let sample = try Sample()
    try sample.fail(0..<5)
    let now = 2 * day + 1
    for (number, left) in [(10, 4), (11, 3), (12, 3), (13, 4)] {
      try sample.fail([number], at: now)
      #expect(try sample.index().count == left)
    }
    try sample.checkIndex()
  }

  @Test("removes two with a refused attempt that is written, too")
  func twoPerRefusal() throws {
    let sample = try Sample(users: "*:1/2d")
    try sample.fail(0..<3)
    let now = 2 * day + 1
    try sample.blockList.fileFailure(of: bob, at: start.adding(day))
    #expect(try sample.guess(bob, at: now) != nil)
    #expect(try sample.index().count == 4)
    try sample.fileAll(at: now)
    #expect(try sample.index().count == 2)
  }

  @Test("keeps its index true, whatever happens")
  func anyOrder() throws {
    let sample = try Sample()
    (sample.configuration.hostPurge, sample.configuration.userPurge) = (5000, 3600)
    var (random, now): (SeededRandom, Int64) = (SeededRandom(seed: 4), 0)
    for _ in 0..<400 {
      now += Int64(random.next() % 600) - 50
      let (user, host) = ("u\(random.next() % 20)", "h\(random.next() % 20)")
      let attempt = Attempt(user, from: host)
      switch random.next() % 10 {
      case 0: _ = try sample.blockList.forgive(attempt.subjects, at: start.adding(now))
      case 1: _ = try sample.purge(at: now)
      default: try sample.blockList.fileFailure(of: attempt, at: start.adding(now))
      }
    }
    try sample.checkIndex()
    _ = try sample.purge(at: now)
    for (key, record) in try sample.blockList.subjects(after: nil, count: 1000) {
      let period: Int64 = if case .user = key.subject { 3600 } else { 5000 }
      #expect(try #require(record.newest) >= start.adding(now - period))
    }
    _ = try sample.purge(at: now + 10_000)
    #expect(try sample.index().isEmpty)
  }
}
