import Platform
import Policy
import Testing

import func Harness.waitUntil

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")
private let host = Subject.host("192.0.2.7")

extension Sample {
  /// Takes its slot away from an attempt, as one of another process does that finds it stopped.
  fileprivate func take(_ claim: Claim, for state: InFlight.State = .free) throws {
    #expect(claim.table.become(state, try view(claim)))
    #expect(!claim.isOurs)
  }
}

@Suite("A slot that another process took")
struct TakenSlotTests {
  @Test("an attempt whose slot was freed before it took its ticket doesn't get it")
  func takenWhenChoosing() throws {
    let sample = try Sample()
    let claim = try sample.add(InFlight(1, bob, .choosing))[0]
    try sample.take(claim)
    let other = try sample.add(InFlight(2, bob, .claimed))[0]
    #expect(other.slot == claim.slot)
    #expect(!claim.publish() && !claim.become(.open) && !claim.become(.admitted))
    claim.free()
    #expect(other.isOurs && other.publish())
    #expect(try sample.entries().map(\.id) == [2])
  }

  @Test("an attempt whose slot was freed while it looked isn't admitted, and leaves the slot alone")
  func takenWhenOpen() throws {
    let sample = try Sample()
    let claim = try sample.add(InFlight(1, bob, .open))[0]
    try sample.take(claim)
    #expect(!claim.become(.admitted))
    let other = try sample.add(InFlight(2, bob, .open))[0]
    #expect(other.slot == claim.slot)
    #expect(!claim.become(.admitted) && !claim.become(.free))
    claim.free()
    #expect(other.isOurs)
  }

  @Test("a word that was there before doesn't come back: a slot is lost also if it is free again")
  func takenAndFreeAgain() throws {
    let sample = try Sample()
    let claim = try sample.add(InFlight(1, bob, .open))[0]
    try sample.take(claim)
    for _ in 0..<3 {
      let other = try sample.add(InFlight(2, bob, .open))[0]
      #expect(other.slot == claim.slot)
      other.free()
      #expect(!claim.become(.admitted))
    }
  }

  @Test("an attempt that waits begins anew if its slot is taken away", .timeLimit(.minutes(20)))
  func takenWhenWaiting() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let first = try sample.begin(bob)
    sample.configuration.pendingWait = 60_000
    let waiting = sample.admitBeside(bob)
    var known: Set<UInt64> = []
    for _ in 0..<5 {
      try waitUntil("another waits") {
        try sample.entries(.open).contains { !known.contains($0.id) }
      }
      let entry = try #require(try sample.entries(.open).first)
      known.insert(entry.id)
      let table = try sample.table()
      if let view = table.view(entry.slot), view.state == .open { _ = table.become(.free, view) }
    }
    try waitUntil("another waits") {
      try sample.entries(.open).contains { !known.contains($0.id) }
    }
    #expect(try sample.entries(.admitted).map(\.id) == [first.entry.id])
    try sample.settle(first, .succeeded)
    let reservation = try #require(try waiting.result.reservation)
    #expect(!known.contains(reservation.entry.id))
    #expect(try sample.entries().map(\.id) == [reservation.entry.id])
  }

  @Test(
    "an attempt that was taken for a failure, and was right, counts no more",
    arguments: [false, true])
  func rightAfterAll(isFiled: Bool) throws {
    let sample = try Sample(hosts: "*:1/1h")
    let reservation = try sample.begin(bob)
    try sample.take(reservation.claim, for: .failed)
    if isFiled { try sample.fileAll() }
    #expect(try sample.stored(host) == (isFiled ? 1 : 0))
    try sample.whileLocked {
      #expect(try sample.admit(bob).refusal != nil)
      try sample.settle(reservation, .succeeded)
      #expect(try sample.entries(.retracted).map(\.id) == [reservation.entry.id])
      #expect(try sample.counted(host) == 0)
      let other = try sample.begin(bob)
      try sample.settle(other, .succeeded)
    }
    try sample.isClear()
  }

  @Test(
    "an attempt that was taken for a failure, and was wrong, counts once", arguments: [false, true])
  func wrongAfterAll(isFiled: Bool) throws {
    let sample = try Sample(hosts: "*:2/1h")
    let reservation = try sample.begin(bob)
    try sample.take(reservation.claim, for: .failed)
    if isFiled { try sample.fileAll() }
    try sample.whileLocked {
      try sample.settle(reservation, .failed, at: 7)
      #expect(try sample.counted(host) == 1)
      // Were it counted twice, the limit would be complete.
      try sample.settle(sample.begin(bob, at: 8), .succeeded, at: 8)
      #expect(try sample.blockList.block(of: host, using: nil, at: start.adding(8)) == nil)
    }
    try sample.fileAll()
    #expect(try sample.stored(host) == 1 && sample.stored(.user("bob")) == 1)
    #expect(try sample.entries().isEmpty)
    try sample.boot()
    #expect(try sample.count(of: host) == 1)
  }

  @Test(
    "an attempt that lapsed counts if it was wrong, and leaves nothing if it was right",
    arguments: [true, false])
  func lapsedVerdict(isRight: Bool) throws {
    let sample = try Sample(hosts: "*:1/1h")
    let reservation = try sample.begin(bob)
    try sample.take(reservation.claim)
    try sample.settle(reservation, isRight ? .succeeded : .failed, at: 7)
    #expect(try sample.count(of: host) == (isRight ? 0 : 1))
    #expect(try sample.counted(host, at: 8) == (isRight ? 0 : 1))
    if isRight { try sample.isClear() }
  }

  @Test("a prompt that was left halfway, and taken for a failure, counts once it is answered wrong")
  func halfwayAfterAll() throws {
    let sample = try Sample(hosts: "*:2/1h")
    let reservation = try sample.blockList.goHalfway(sample.begin(bob), at: start)
    #expect(reservation.isHalfway)
    #expect(try sample.entries(.halfway).map(\.id) == [reservation.entry.id])
    try sample.take(reservation.claim, for: .failed)
    try sample.whileLocked {
      #expect(try sample.counted(host) == 1)
      try sample.settle(reservation, .failed)
      #expect(try sample.counted(host) == 1)
    }
    try sample.fileAll()
    #expect(try sample.stored(host) == 1)
  }

  @Test("an attempt goes halfway, and its verdict counts as any other", arguments: [true, false])
  func halfwayVerdict(isRight: Bool) throws {
    let sample = try Sample(hosts: "*:1/1h")
    let reservation = try sample.blockList.goHalfway(sample.begin(bob), at: start)
    #expect(try sample.admit(bob).refusal?.cause == .inFlight)
    try sample.settle(reservation, isRight ? .succeeded : .failed)
    #expect(try sample.count(of: host) == (isRight ? 0 : 1))
    #expect(try sample.entries(.halfway).isEmpty)
  }
}

extension Sample {
  /// Nothing is known of bob, now or after a boot.
  fileprivate func isClear() throws {
    for _ in 0..<2 {
      try fileAll()
      #expect(try entries().isEmpty)
      #expect(try stored(host) == 0 && stored(.user("bob")) == 0)
      #expect(try admit(bob).isAdmitted)
      try boot()
    }
  }
}
