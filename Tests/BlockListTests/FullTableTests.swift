import Foundation
import Platform
import Policy
import Testing

import class Harness.Child

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")
private let eve = Attempt("eve", from: "192.0.2.9")

extension Sample {
  /// Fills the slots of the table that are free, as processes would, but faster.
  fileprivate func fill(
    _ state: InFlight.State, _ owner: SlotOwner = .process(),
    _ slots: Range<Int> = 0..<InFlightTable.slots
  ) throws -> InFlightTable {
    let table = try table()
    for slot in slots {
      let control = table.control(slot)
      guard control.state == .free else { continue }
      table.write(InFlight(UInt64(slot) + 1, eve, state, of: owner), slot)
      let new = SlotControl(number: UInt64(1 << 30 + slot), process: owner.process.id, state)
      #expect(table.replace(control, by: new, slot))
    }
    table.memory.raise(to: UInt64(slots.upperBound), at: InFlightTable.Header.high)
    return table
  }
}

@Suite("A full table")
struct FullTableTests {
  @Test(
    "a table full of living ones refuses, and counts nothing; a failure waits in a file of its own")
  func fullOfLiving() throws {
    let sample = try Sample(hosts: "*:9999/1h")
    let reservation = try sample.begin(bob)
    let table = try sample.fill(.admitted)
    #expect(try sample.admit(bob).refusal?.cause == .inFlight)
    try sample.blockList.recordFailure(of: bob, at: start)
    let why = "cannot write '\(sample.run)': No space left on device"
    #expect(sample.notices == ["a failure waits in a file of its own: \(why)"])
    #expect(try sample.counted(.host("192.0.2.7")) == 1)
    // What has a slot needs no other one.
    try sample.settle(reservation, .failed)
    #expect(try sample.count(of: .host("192.0.2.7")) == 2)
    #expect(table.high == InFlightTable.slots)
    // And ablctl needs none.
    try sample.blockList.fileFailure(of: bob, at: start)
    #expect(try sample.stored(.host("192.0.2.7")) == 3)
    // By then one is free again.
    #expect(try sample.admit(bob).isAdmitted)
    #expect(try sample.admit(bob).refusal?.cause == .inFlight)
  }

  @Test("a failure for which no slot is left counts, from a file of its own")
  func lateFailure() throws {
    let sample = try Sample(hosts: "*:9999/1h")
    let reservation = try sample.begin(bob)
    try FileManager.default.removeItem(at: sample.tableFile)
    _ = try sample.fill(.admitted)
    #expect(
      complaint { () throws(StoreError) in
        try sample.blockList.settle(reservation, .failed, at: start)
      } == "cannot write '\(sample.run)': No space left on device")
    #expect(sample.names.contains("late"))
    for _ in 0..<2 {
      #expect(try sample.counted(.host("192.0.2.7")) == 1)
      #expect(try sample.count(of: .host("192.0.2.7")) == 1)
      try sample.fileAll()
      #expect(try sample.stored(.host("192.0.2.7")) == 1)
    }
    #expect(!sample.names.contains("late") && !sample.names.contains("late.taken"))
  }

  @Test("a table full of dead ones lets go of them")
  func fullOfDead() throws {
    let sample = try Sample(hosts: "*:9999/1h")
    let child = try Child.idle()
    let owner = SlotOwner.process(ProcessIdentity(id: child.id, seen: ProcessIdentity.current.seen))
    _ = try sample.fill(.admitted, owner)
    #expect(try sample.admit(bob).refusal != nil)
    child.end()
    #expect(try sample.admit(bob).isAdmitted)
    #expect(try sample.entries().count == 1)
  }

  @Test("a table full of failures brings them into the store", .timeLimit(.minutes(20)))
  func fullOfFailures() throws {
    let sample = try Sample()
    sample.configuration.maxSize = 32 << 20
    _ = try sample.fill(.failed, .dead)
    #expect(try sample.admit(bob).isAdmitted)
    // A login gives a third of a second to the failures of others; on a slow machine there are more.
    for number in 0..<1000 where try sample.entries(.failed).count > 0 {
      try sample.guess(Attempt("\(number)", from: nil))
    }
    #expect(try sample.entries(.failed).count == 0)
    // A record has an end, but all were brought there.
    #expect(try sample.stored(.user("eve")) >= 999)
  }

  @Test("the last quarter is for programs that root runs")
  func reserve() throws {
    let sample = try Sample(hosts: "*:9999/1h")
    _ = try sample.fill(.admitted, .process(), 0..<3072)
    let blockList = sample.blockList
    blockList.borrower = ordinaryUser
    #expect(try blockList.admit(bob, at: start).refusal?.cause == .inFlight)
    let reservation = try sample.begin(bob)
    #expect(reservation.claim.slot == 3072)
    #expect(try blockList.admit(bob, at: start).refusal?.cause == .inFlight)
    for slot in 3073..<3080 { #expect(try sample.begin(bob).claim.slot == slot) }
  }
}
