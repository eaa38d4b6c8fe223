import Policy
import Testing

import struct Harness.SeededRandom

@testable import BlockList
@testable import Upkeep

private let guesser = Attempt("root", from: "192.0.2.7")
private let host = Subject.host("192.0.2.7")

extension Sample {
  /// Three failures in a minute block: for 5 minutes, the second time for 15, then for an hour.
  fileprivate convenience init(lengths: [UInt64], purge: UInt32 = 7200) throws {
    try self.init(hosts: "*:3/1m")
    (configuration.hostBlock, configuration.hostPurge) = (lengths, purge)
  }

  /// Guesses at these moments; says of each whether it was judged (J) or refused (R).
  fileprivate func story(_ moments: [Int64]) throws -> String {
    try moments.map { try guess(guesser, at: $0) == nil ? "J" : "R" }.joined()
  }

  fileprivate func block(at seconds: Int64) throws -> Block? {
    try blockList.block(of: host, using: nil, at: start.adding(seconds))
  }

  fileprivate func series() throws -> Series {
    try blockList.record(of: host)?.series ?? Series()
  }
}

/// When somebody guesses, and what becomes of it.
private struct Table: CustomTestStringConvertible {
  let testDescription: String
  let moments: [Int64]
  let story: String

  init(_ what: String, _ moments: [Int64], _ story: String) {
    (testDescription, self.moments, self.story) = (what, moments, story)
  }
}

@Suite("Lengths of blocks") struct BlockLengthTests {
  @Test(
    "each block of a host lasts as its place says",
    arguments: [
      Table("the first one, to the second", [0, 1, 2, 3, 301, 302], "JJJRRJ"),
      Table("the second one", [0, 1, 2, 302, 303, 304, 305, 1203, 1204], "JJJJJJRRJ"),
      Table(
        "the third one, and the fourth as the third",
        [0, 1, 2, 302, 303, 304, 1204, 1205, 1206, 4805, 4806, 4807, 4808, 8406, 8407],
        "JJJJJJJJJRJJRRJ"),
      Table("two failures are none", [0, 1, 100, 101, 200, 300], "JJJJJJ"),
      Table(
        "one behind the purge time is the first again",
        [0, 1, 2, 7503, 7504, 7505, 7804, 7805], "JJJJJJRJ"),
      Table(
        "one within it is the second, also if something failed between",
        [0, 1, 2, 4000, 7502, 7502, 7502, 8401, 8402], "JJJJJJJRJ"),
      Table(
        "a slow failure now and then keeps no number alive",
        [0, 1, 2, 3000, 6000, 9000, 9001, 9002, 9301, 9302], "JJJJJJJJRJ"),
      Table(
        "refused attempts begin none, but go on as long as they come",
        [0, 1, 2] + Array(3...600) + [720], "JJJ" + String(repeating: "R", count: 598) + "J"),
    ])
  fileprivate func table(_ table: Table) throws {
    #expect(try Sample(lengths: [300, 900, 3600]).story(table.moments) == table.story)
  }

  @Test(
    "each block of a network lasts as 'network_block' says, whichever of its hosts guess",
    arguments: [
      Table("the first one, to the second", [0, 1, 2, 3, 301, 302], "JJJRRJ"),
      Table("the second one", [0, 1, 2, 302, 303, 304, 305, 1203, 1204], "JJJJJJRRJ"),
    ])
  fileprivate func networks(_ table: Table) throws {
    let sample = try Sample()
    sample.configuration.networkRule = try Rule(
      parsing: Array("/24|/48:3/1m".utf8)[...], for: .network)
    (sample.configuration.networkBlock, sample.configuration.networkPurge) = ([300, 900], 7200)
    for family in ["192.0.2.%", "2001:db8:1:%::1"] {
      let story = try table.moments.enumerated().map { place, moment in
        let address = family.replacing("%", with: String(place + 1))
        return try sample.guess(Attempt("root", from: address), at: moment) == nil ? "J" : "R"
      }
      #expect(story.joined() == table.story, "\(family)")
    }
    #expect(try sample.guess(Attempt("root", from: "192.0.3.1"), at: 2) == nil)
  }

  @Test("without lengths all is as it was, to the byte")
  func none() throws {
    let sample = try Sample(lengths: [])
    #expect(try sample.story([0, 1, 2, 3, 60, 63]) == "JJJRRJ")
    try sample.fileAll(at: 63)
    #expect(try sample.blockList.record(of: host)?.encoded.first == 2)
    #expect(try sample.block(at: 3)?.number == 0)
  }

  @Test("a block knows which one it is, by what rule, and its end")
  func number() throws {
    let sample = try Sample(lengths: [300, 900])
    _ = try sample.story([0, 1, 2])
    let first = try #require(try sample.block(at: 200))
    #expect(first.number == 1 && first.until == start.adding(302))
    #expect(first.ruleText.description == "*:3/1m")
    _ = try sample.story([302, 303, 304])
    let second = try #require(try sample.block(at: 305))
    #expect(second.number == 2 && second.until == start.adding(1204))
    #expect(try sample.blockList.blocked(at: start.adding(400)).map(\.until) == [second.until])
    #expect(try sample.block(at: 1204) == nil)
  }

  @Test("long before its end no refused attempt is recorded; shortly before, as always")
  func refusals() throws {
    let sample = try Sample(lengths: [3600])
    _ = try sample.story([0, 1, 2])
    _ = try sample.story(Array(3...3400))
    #expect(try sample.count(of: host, at: 3400) == 3)
    _ = try sample.story(Array(3401...3602))
    #expect(try sample.count(of: host, at: 3602) > 5)
    #expect(try sample.block(at: 3603)?.number == 1)
    try sample.fileAll(at: 3700)
    #expect(try sample.series().count == 1)
    #expect(try sample.story([3700]) == "J")
  }

  @Test("64 at once begin one block; what is in flight when it begins changes nothing")
  func crowd() throws {
    let sample = try Sample(lengths: [300, 900])
    let open = try (0..<3).map { _ in try sample.begin(guesser) }
    for (index, one) in open.enumerated() { try sample.settle(one, .failed, at: Int64(3 - index)) }
    for _ in 0..<61 { #expect(try sample.guess(guesser, at: 4) != nil) }
    try sample.fileAll(at: 5)
    #expect(try sample.series().count == 1)
    #expect(try sample.story([302, 303]) == "RJ")
  }

  @Test("a block that stands in the table or the journal alone counts by its attempts' times")
  func unwritten() throws {
    let sample = try Sample(lengths: [300, 900])
    try sample.whileLocked { () throws in
      #expect(try sample.story([0, 1, 2, 3, 100]) == "JJJRR")
      #expect(try sample.block(at: 301)?.until == start.adding(302))
      #expect(try sample.story([302, 303, 304, 305, 1203]) == "JJJRR")
      #expect(try sample.block(at: 305)?.number == 2)
    }
    try sample.boot()
    #expect(try sample.story([1203]) == "R")
    try sample.fileAll(at: 1300)
    #expect(try sample.series().count == 2)
    #expect(try sample.series().begin == start.adding(304))
  }

  @Test("a failure that is taken back takes its block with it, and the next one has its number")
  func takenBack() throws {
    let sample = try Sample(lengths: [300, 900])
    _ = try sample.story([0, 1, 2])
    _ = try sample.story([400, 401])
    let last = try sample.begin(guesser, at: 402)
    try sample.settle(last, .failed, at: 402)
    #expect(try sample.block(at: 500)?.number == 2)
    try sample.blockList.takeBack(last, at: start.adding(500))
    #expect(try sample.block(at: 500) == nil)
    #expect(try sample.series().count == 1)
    _ = try sample.story([520, 521, 522])
    #expect(try sample.block(at: 523)?.number == 2)
    #expect(try sample.block(at: 523)?.until == start.adding(522 + 900))
  }

  @Test("one of four failures is taken back: the block began with the fourth")
  func takenBackOfFour() throws {
    let sample = try Sample(lengths: [300])
    let open = try (0..<3).map { _ in try sample.begin(guesser) }
    let fourth = Attempt("root", from: "192.0.2.7")
    for (index, one) in open.enumerated() { try sample.settle(one, .failed, at: Int64(index)) }
    try sample.blockList.recordFailure(of: fourth, at: start.adding(5))
    try sample.blockList.takeBack(open[1], at: start.adding(6))
    try sample.fileAll(at: 7)
    #expect(try sample.series().count == 1)
    #expect(try sample.block(at: 7)?.until == start.adding(305))
  }

  @Test("unblocking forgets the blocks before, too")
  func forgiven() throws {
    let sample = try Sample(lengths: [300, 900])
    _ = try sample.story([0, 1, 2, 400, 401, 402])
    #expect(try sample.blockList.forgive([host], at: start.adding(500)) == [host])
    #expect(try sample.block(at: 500) == nil)
    _ = try sample.story([501, 502, 503])
    #expect(try sample.block(at: 504)?.number == 1)
  }

  @Test("a user at home is counted by user_block, a caller by none")
  func kinds() {
    var configuration = Configuration()
    configuration.userBlock = [60]
    #expect(configuration.blockLengths(for: .home) == [60])
    #expect(configuration.blockLengths(for: .user) == [60])
    #expect(
      SubjectKind.allCases.filter { configuration.blockLengths(for: $0).isEmpty }
        == [.host, .network, .caller])
  }
}

/// The same when what holds is changed.
@Suite("Lengths of blocks, and changes") struct ChangedBlockLengthTests {
  @Test("lengths that are changed hold for the block that lasts")
  func changed() throws {
    let sample = try Sample(lengths: [300])
    _ = try sample.story([0, 1, 2])
    sample.configuration.hostBlock = [600, 900]
    #expect(try sample.block(at: 500)?.until == start.adding(602))
    try sample.blockList.update(at: start.adding(100))
    #expect(try sample.blockList.blocked(at: start.adding(400)).map(\.until) == [start.adding(602)])
    sample.configuration.hostBlock = []
    #expect(try sample.block(at: 200) == nil)
    try sample.blockList.update(at: start.adding(200))
    #expect(try sample.blockList.blocked(at: start.adding(201)).isEmpty)
  }

  @Test("lengths that are set hold for a block that lasts, not for one that is over")
  func set() throws {
    let sample = try Sample(lengths: [])
    let other = Attempt("root", from: "192.0.2.8")
    for second: Int64 in 0..<3 { try sample.guess(other, at: second - 100) }
    _ = try sample.story([0, 1, 2])
    sample.configuration.hostBlock = [300, 900]
    try sample.blockList.update(at: start.adding(10))
    #expect(try sample.story([100, 301, 302]) == "RRJ")
    #expect(try sample.guess(other, at: 100) == nil)
    #expect(try sample.blockList.record(of: .host("192.0.2.8"))?.series.count == 0)
  }

  @Test("a rule that would not have blocked ends the block; one that is as strict has it last")
  func rule() throws {
    let sample = try Sample(lengths: [300])
    _ = try sample.story([0, 1, 2])
    sample.configuration.hostRule = try Rule(parsing: Array("*:4/1m".utf8)[...])
    #expect(try sample.block(at: 10) == nil)
    sample.configuration.hostRule = try Rule(parsing: Array("*:2/30s".utf8)[...])
    #expect(try sample.block(at: 200)?.until == start.adding(302))
  }

  @Test("a block is for the services of its clause only")
  func service() throws {
    let sample = try Sample(lengths: [300])
    sample.configuration.hostRule = try Rule(parsing: Array("*/sshd:3/1m".utf8)[...])
    _ = try sample.story([0, 1, 2])
    let ftp = Attempt("root", from: "192.0.2.7", using: "ftp")
    #expect(try sample.story([200]) == "R")
    #expect(try sample.blockList.refusal(of: ftp, at: start.adding(200)) == nil)
  }

  @Test("another configuration that shares the store, and counts no blocks, forgets none")
  func shared() throws {
    let sample = try Sample(lengths: [100_000], purge: 3600)
    _ = try sample.story([0, 1, 2])
    let lengths = sample.configuration.hostBlock
    (sample.configuration.hostBlock, sample.configuration.hostRule) = ([], Rule())
    for second: Int64 in 0..<30 { try sample.guess(guesser, at: 4000 + 3000 * second) }
    try sample.fileAll(at: 94_000)
    _ = try sample.blockList.purge(at: start.adding(94_000))
    sample.configuration.hostBlock = lengths
    sample.configuration.hostRule = try Rule(parsing: Array("*:3/1m".utf8)[...])
    #expect(try sample.block(at: 94_000)?.until == start.adding(100_002))
  }

  @Test("a clock that is set back blocks nobody for longer; set right again, no block is lost")
  func clock() throws {
    let sample = try Sample(lengths: [300])
    _ = try sample.story([100_000, 100_001, 100_002])
    #expect(try sample.story([10]) == "R")
    #expect(try sample.block(at: 10)?.until == start.adding(310))
    #expect(try sample.story([309, 310]) == "RJ")
    #expect(try sample.story([100_200, 100_302]) == "RJ")
  }
}
