import Foundation
import Platform
import Policy
import Testing

import class Harness.Child
import func Harness.waitUntil

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")
private let host = Subject.host("192.0.2.7")

extension Sample {
  /// A failure that its process has written to the journal, and has not said so in the table yet.
  fileprivate func addWriting(_ owner: SlotOwner = .process()) throws -> Claim {
    let claim = try add(InFlight(1, bob, .journaled, of: owner))[0]
    #expect(claim.become(.writing))
    return claim
  }

  fileprivate func forgive(_ subjects: [Subject] = [host]) throws -> [Subject] {
    try blockList.forgive(subjects, at: start)
  }
}

@Suite("A pardon while failures are being written")
struct ForgivenSlotTests {
  @Test("a failure that is being written when its subject is forgiven counts no more, for that one")
  func forgivenWhileWriting() throws {
    let sample = try Sample(hosts: "*:1/1h", users: "*:2/1h")
    let claim = try sample.addWriting()
    #expect(try sample.admit(bob).refusal != nil)
    #expect(try sample.forgive() == [host])
    // The slot is its process's, in the journal too.
    #expect(try sample.entries().map(\.state) == [.writing])
    #expect(try sample.journalStates[claim.slot] != 0)
    try sample.isForgiven()
    #expect(claim.become(.journaled))
    try sample.isForgiven()
    try sample.boot()
    #expect(try sample.entries().map(\.state) == [.journaled])
    try sample.isForgiven()
    try sample.fileAll()
    #expect(try sample.entries().isEmpty)
    try sample.isForgiven()
    #expect(try sample.forgive() == [])
  }

  @Test("a failure whose process died while it wrote it is gone when its subject is forgiven")
  func forgivenWriterIsDead() throws {
    let sample = try Sample(hosts: "*:1/1h")
    _ = try sample.addWriting(.dead)
    #expect(try sample.forgive() == [host])
    #expect(try sample.entries().isEmpty)
    #expect(try sample.journalStates.allSatisfy { $0 == 0 })
    try sample.boot()
    #expect(try sample.count(of: host) == 0)
  }

  @Test(
    "a failure that was forgiven while its process wrote it, which died then, doesn't come back")
  func forgivenWriterDies() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let child = try Child.idle()
    let process = ProcessIdentity(id: child.id, seen: ProcessIdentity.current.seen)
    _ = try sample.addWriting(.process(process))
    #expect(try sample.forgive() == [host])
    #expect(try sample.entries().map(\.state) == [.writing])
    child.end()
    try sample.fileAll()
    #expect(try sample.entries().isEmpty)
    #expect(try sample.journalStates.allSatisfy { $0 == 0 })
    try sample.boot()
    #expect(try sample.counted(host) == 0 && sample.counted(.user("bob")) == 1)
  }

  @Test("what is forgiven stays so when another failure is taken back")
  func forgivenAndTakenBack() throws {
    let sample = try Sample(hosts: "*:2/1h")
    let claim = try sample.addWriting()
    #expect(try sample.forgive() == [host])
    let other = try sample.begin(bob)
    try sample.settle(other, .failed)
    try sample.fileAll()
    #expect(try sample.counted(host) == 1)
    try sample.blockList.takeBack(other, at: start)
    #expect(try sample.counted(host) == 0)
    #expect(claim.become(.journaled))
    try sample.fileAll()
    #expect(try sample.counted(host) == 0 && sample.stored(host) == 0)
  }

  @Test("of another subject of the failure nothing is forgiven")
  func forgivenOther() throws {
    let sample = try Sample(hosts: "*:1/1h", users: "*:1/1h")
    _ = try sample.addWriting()
    #expect(try sample.forgive() == [host])
    #expect(try sample.stored(.user("bob")) == 1)
    #expect(try sample.admit(bob).refusal?.subject == .user("bob"))
  }

  @Test(
    "attempts that hang are let go of when all of their subjects are forgiven, and count if they fail"
  )
  func forgivenStuck() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let stuck = try sample.begin(bob)
    func forgive(_ subjects: [Subject], at seconds: Int64) throws {
      #expect(try sample.blockList.forgive(subjects, at: start.adding(seconds)) == [])
    }
    try forgive(bob.subjects, at: 9)
    try forgive([host], at: 10)
    #expect(try sample.admit(bob, at: 10).refusal?.cause == .inFlight)
    try forgive(bob.subjects, at: 10)
    let other = try sample.begin(bob, at: 10)
    try sample.settle(stuck, .failed, at: 11)
    #expect(try sample.count(of: host) == 1)
    try sample.settle(other, .succeeded, at: 12)
    #expect(try sample.admit(bob, at: 13).refusal != nil)
  }

  @Test("an attempt whose process is stopped is let go of at once when its subjects are forgiven")
  func forgivenStopped() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let child = try Child.idle()
    let process = ProcessIdentity(id: child.id, seen: ProcessIdentity.current.seen)
    try sample.add(InFlight(1, bob, .admitted, of: .process(process)))
    child.stop()
    #expect(try sample.admit(bob).refusal?.cause == .inFlight)
    #expect(try sample.forgive(bob.subjects) == [])
    #expect(try sample.admit(bob).isAdmitted)
  }

  @Test(
    "what fails while others forgive is in the journal and the table, or in neither",
    .timeLimit(.minutes(20)))
  func failingAndForgiving() throws {
    let sample = try Sample(hosts: "*:1000/1h")
    let configuration = sample.configuration
    for round in 0..<12 {
      try inThreads(6) { number in
        let blockList = BlockList(configuration)
        for step in 0..<8 {
          let attempt = Attempt("user\(number)", from: "192.0.2.\(number % 2)")
          if number == 0 {
            _ = try blockList.forgive([.host("192.0.2.\(step % 2)")], at: start)
          } else if let reservation = try blockList.admit(attempt, at: start).reservation {
            try blockList.settle(reservation, step % 3 == 0 ? .succeeded : .failed, at: start)
          }
        }
      }
      let entries = try sample.entries()
      #expect(entries.allSatisfy { $0.state == .journaled }, "round \(round)")
      let states = try sample.journalStates
      let whole = states.indices.filter { states[$0] != 0 }
      // What is acknowledged, and isn't in the store, outlives a boot; and nothing comes back.
      #expect(entries.map(\.slot) == whole, "round \(round)")
      #expect(try sample.journaled() == entries.map(\.id), "round \(round)")
    }
  }

  @Test("an unblock of others loses no failure that is written meanwhile", .timeLimit(.minutes(20)))
  func failingWhileOthersAreForgiven() throws {
    let sample = try Sample(hosts: "*:1000/1h")
    let configuration = sample.configuration
    // All slots have been used, so an unblock has much to clear.
    let table = try sample.table()
    table.memory.raise(to: UInt64(InFlightTable.slots), at: InFlightTable.Header.high)
    for round in 0..<25 {
      let unblock = Background {
        _ = try BlockList(configuration).forgive([.host("none")], at: start)
      }
      let change = table.change
      try waitUntil("the table has changed") {
        round % 2 == 0 || table.change != change || table.waitingCount == 0
      }
      for _ in 0..<4 { try sample.settle(sample.begin(bob), .failed) }
      try unblock.result
      #expect(try sample.journaled() == sample.entries().map(\.id), "round \(round)")
    }
  }
}

extension Sample {
  /// The host is, and the user isn't.
  fileprivate func isForgiven() throws {
    #expect(try counted(host) == 0 && counted(.user("bob")) == 1)
    #expect(try record(of: host)?.times.isEmpty != false)
    #expect(try count(of: .user("bob")) == 1)
    try settle(begin(bob), .succeeded)
  }
}

extension Sample {
  /// What the journal has.
  fileprivate func journaled() throws -> [UInt64] {
    try Journal.open(in: Home(configuration, notice: { _, _ in }))?.failures().map(\.id) ?? []
  }
}
