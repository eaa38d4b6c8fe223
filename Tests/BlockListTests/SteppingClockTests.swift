import Policy
import Testing

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")
private let eve = Attempt("eve", from: "192.0.2.8")
private let hour: Int64 = 3600
private let day: Int64 = 86400
private let year: Int64 = 365 * 86400

extension Sample {
  /// Fails until blocked; the limit is three.
  fileprivate func block(_ attempt: Attempt, at seconds: Int64 = 0) throws {
    for _ in 0..<3 { #expect(try guess(attempt, at: seconds) == nil) }
    #expect(try isBlocked(attempt, at: seconds))
  }

  fileprivate func isBlocked(_ attempt: Attempt, at seconds: Int64) throws -> Bool {
    let admission = try admit(attempt, at: seconds)
    if case .admitted(let reservation?) = admission {
      try blockList.settle(reservation, .succeeded, at: start.adding(seconds))
    }
    return admission.refusal != nil
  }

  fileprivate static func three() throws -> Sample { try Sample(hosts: "*:3/1h") }
}

@Suite("A clock that steps")
struct SteppingClockTests {
  @Test("a clock that is set back by a year blocks for as long as if the attempts were of then")
  func setBack() throws {
    let sample = try Sample.three()
    try sample.block(bob)
    #expect(try sample.isBlocked(bob, at: -year))
    #expect(try sample.isBlocked(bob, at: -year + hour))
    #expect(try !sample.isBlocked(bob, at: -year + hour + 1))
    // And he is counted as ever.
    try sample.block(bob, at: -year + day)
    #expect(try !sample.isBlocked(bob, at: -year + day + hour + 1))
  }

  @Test("a clock that was wrong for a while, and is right again, has lost no block")
  func setBackAndRight() throws {
    let sample = try Sample.three()
    try sample.block(bob)
    for second in [-year, -year + 2 * hour] { _ = try sample.isBlocked(bob, at: second) }
    #expect(try sample.isBlocked(bob, at: 60))
    #expect(try sample.isBlocked(bob, at: hour))
    #expect(try !sample.isBlocked(bob, at: hour + 1))
  }

  @Test(
    "a clock that leaps ahead by a year for less than a day, and is right again, has lost no block")
  func leapAhead() throws {
    let sample = try Sample.three()
    try sample.block(bob)
    #expect(try !sample.isBlocked(bob, at: year))
    // Others fail meanwhile, whose writes purge, and a purge is asked for.
    for number in 0..<20 { try sample.guess(eve, at: year + Int64(number) * 60) }
    #expect(try sample.purge(at: year + hour) == 0)
    #expect(try sample.isBlocked(bob, at: 60))
    #expect(try sample.isBlocked(bob, at: hour))
    #expect(try !sample.isBlocked(bob, at: hour + 1))
  }

  @Test("a failure of a blocked one, while the clock is a year ahead, leaves his history as it was")
  func failureOfBlockedAhead() throws {
    let sample = try Sample.three()
    try sample.block(bob)
    #expect(try sample.guess(bob, at: year) == nil)
    sample.blockList.fileWaiting(at: start.adding(year))
    #expect(try sample.isBlocked(bob, at: 60))
    #expect(try sample.isBlocked(bob, at: hour))
  }

  @Test(
    "what fails while the clock is a year ahead blocks nobody once it is right again for an hour")
  func failuresAhead() throws {
    let sample = try Sample.three()
    try sample.block(bob, at: year)
    #expect(try sample.isBlocked(bob, at: 0))
    #expect(try sample.isBlocked(bob, at: hour))
    #expect(try !sample.isBlocked(bob, at: hour + 1))
    #expect(try !sample.isBlocked(bob, at: 2 * day))
  }

  @Test("after a leap is purged again in a day, if it was the truth")
  func truth() throws {
    let sample = try Sample.three()
    try sample.block(bob)
    try sample.guess(eve, at: year)
    #expect(try sample.purge(at: year + hour) == 0)
    #expect(
      sample.notices == ["the clock has leapt, removing nothing until it has gone on for a day"])
    #expect(try sample.purge(at: year + day + hour) == 2)
    #expect(try sample.record(of: .host("192.0.2.7")) == nil)
  }

  @Test("attempts in flight bear a clock that steps", arguments: [-year, year])
  func inFlight(_ step: Int64) throws {
    let sample = try Sample.three()
    let reservation = try sample.begin(bob)
    for _ in 0..<2 { try sample.guess(bob) }
    // One more would be too many, had not the clock made it look abandoned.
    let later = try sample.begin(bob, at: step)
    try sample.settle(reservation, .failed, at: step)
    try sample.settle(later, .failed, at: step)
    #expect(try sample.isBlocked(bob, at: step) == (step < 0))
  }

  @Test("the history of a subject that lies ahead is purged in time, too")
  func purgedAhead() throws {
    let sample = try Sample.three()
    try sample.block(bob, at: year)
    _ = try sample.isBlocked(bob, at: 0)
    for hours in 0..<72 { try sample.guess(eve, at: Int64(hours) * hour) }
    _ = try sample.purge(at: 3 * day)
    #expect(try sample.record(of: .host("192.0.2.7")) == nil)
    try sample.checkIndex()
  }
}
