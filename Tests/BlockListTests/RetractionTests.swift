import Policy
import Testing

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")
private let host = Subject.host("192.0.2.7")

extension Sample {
  fileprivate func fail() throws -> Reservation {
    let reservation = try begin(bob)
    try settle(reservation, .failed)
    return reservation
  }

  fileprivate func takeBack(_ reservation: Reservation) throws {
    try blockList.takeBack(reservation, at: start)
  }

  /// It counts no more, whether in the table, in the store or after a boot.
  fileprivate func isTakenBack(_ reservation: Reservation) throws {
    #expect(try record(of: host)?.contains(reservation.entry.id) != true)
    try fileAll()
    #expect(try entries().isEmpty)
    for subject in bob.subjects {
      #expect(try blockList.record(of: subject)?.contains(reservation.entry.id) != true)
    }
    #expect(try journalStates.allSatisfy { $0 == 0 })
    try boot()
    #expect(try record(of: host)?.contains(reservation.entry.id) != true)
  }
}

@Suite("A failure that is taken back")
struct RetractionTests {
  @Test("a failure that is in the table is taken back there")
  func retractedInTable() throws {
    let sample = try Sample(hosts: "*:2/1h")
    let reservation = try sample.fail()
    try sample.whileLocked {
      try sample.takeBack(reservation)
      #expect(try sample.entries().map(\.state) == [.retracted])
      #expect(try sample.entries().map(\.slot) == [reservation.claim.slot])
      // There is room for two again.
      let open = try (0..<2).map { _ in try sample.begin(bob) }
      for other in open { try sample.settle(other, .succeeded) }
      #expect(try sample.counted(host) == 0)
    }
    try sample.isTakenBack(reservation)
  }

  @Test("a failure that is in the store counts no more at once, and is removed there")
  func retractedInStore() throws {
    let sample = try Sample(hosts: "*:2/1h")
    let (reservation, other) = (try sample.fail(), try sample.fail())
    #expect(try sample.stored(host) == 2)
    try sample.whileLocked {
      #expect(try sample.admit(bob).refusal != nil)
      try sample.takeBack(reservation)
      #expect(try sample.entries().map(\.state) == [.retracted])
      try sample.settle(sample.begin(bob), .succeeded)
      #expect(try sample.counted(host) == 1)
      #expect(try sample.blockList.unwrittenFailures(at: start).isEmpty)
    }
    #expect(try sample.record(of: host)?.attempts.map(\.id) == [other.entry.id])
    let blockList = sample.blockList
    try blockList.fileAll(at: start)
    // The block that it made has ended with it.
    #expect(blockList.takeChanges().map(\.isBlocked) == [false])
    #expect(try sample.stored(host) == 1 && sample.stored(.user("bob")) == 1)
    try sample.isTakenBack(reservation)
    try sample.checkIndex()
  }

  @Test("a failure that is nowhere any more is taken back without a trace")
  func retractedNowhere() throws {
    let sample = try Sample(hosts: "*:2/1h")
    let reservation = try sample.fail()
    #expect(try sample.blockList.forgive(bob.subjects, at: start).count == 2)
    try sample.takeBack(reservation)
    try sample.takeBack(reservation)
    #expect(try sample.entries().isEmpty)
    #expect(try sample.stored(host) == 0)
    try sample.isTakenBack(reservation)
  }

  @Test("a retraction brings itself into the store if the lock is free, and makes no store for it")
  func retractedAtOnce() throws {
    let sample = try Sample(hosts: "*:2/1h")
    let reservation = try sample.fail()
    try sample.takeBack(reservation)
    #expect(try sample.entries().isEmpty)
    #expect(try sample.journalStates.allSatisfy { $0 == 0 })
    #expect(try sample.stored(host) == 0)
  }

  @Test(
    "what was taken for a failure, was wrong, and is taken back then, counts nowhere",
    arguments: [false, true])
  func retractedTwin(isFiled: Bool) throws {
    let sample = try Sample(hosts: "*:1/1h")
    let reservation = try sample.begin(bob)
    try sample.whileLocked {
      // Its slot was made a failure, so its own verdict stands in another one.
      #expect(reservation.claim.table.become(.failed, try sample.view(reservation.claim)))
      try sample.settle(reservation, .failed)
    }
    if isFiled { try sample.fileAll() }
    try sample.whileLocked {
      try sample.takeBack(reservation)
      #expect(try sample.counted(host) == 0)
      try sample.settle(sample.begin(bob), .succeeded)
    }
    try sample.isTakenBack(reservation)
  }
}
