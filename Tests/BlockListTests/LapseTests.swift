import Foundation
import Platform
import Policy
import Testing

import class Harness.Child

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")
private let host = Subject.host("192.0.2.7")

extension Child {
  /// The process of an attempt.
  fileprivate func owner(borrower: UInt32 = 0) -> SlotOwner {
    .process(ProcessIdentity(id: id, seen: ProcessIdentity.current.seen), borrower: borrower)
  }
}

extension Claim {
  /// As if it had been seen stopped that much earlier.
  fileprivate func age(byTenths tenths: UInt64) {
    let known = table.stopped(slot)
    table.setStopped(known - tenths, from: known, slot)
  }
}

/// An attempt that is judged, and what becomes of it once its process is gone.
struct Gone: CustomTestStringConvertible {
  var state: InFlight.State
  var owner: SlotOwner
  var abandoned: Abandoned
  var isFailure: Bool

  init(_ state: InFlight.State, borrower: UInt32 = 0, _ abandoned: Abandoned, isFailure: Bool) {
    (self.state, self.abandoned, self.isFailure) = (state, abandoned, isFailure)
    owner = .process(deadProcess, borrower: borrower)
  }

  var testDescription: String {
    "\(state) of \(owner.borrower), \(abandoned): a failure \(isFailure)"
  }
}

@Suite("An attempt whose process is gone")
struct LapseTests {
  @Test(
    "an attempt whose process is gone lapses, unless that may have been to hide a failure",
    arguments: [
      Gone(.admitted, .lapse, isFailure: false),
      Gone(.admitted, .count, isFailure: true),
      Gone(.halfway, .lapse, isFailure: true),
      Gone(.halfway, .count, isFailure: true),
      Gone(.admitted, borrower: ordinaryUser, .lapse, isFailure: true),
      Gone(.admitted, borrower: ordinaryUser, .count, isFailure: true),
      Gone(.halfway, borrower: ordinaryUser, .lapse, isFailure: true),
      Gone(.open, .count, isFailure: false),
      Gone(.choosing, .count, isFailure: false),
      Gone(.open, borrower: ordinaryUser, .count, isFailure: false),
      Gone(.choosing, borrower: ordinaryUser, .count, isFailure: false),
    ])
  func gone(_ gone: Gone) throws {
    let sample = try Sample(hosts: "*:1/1h")
    sample.configuration.abandoned = gone.abandoned
    try sample.add(InFlight(1, bob, gone.state, of: gone.owner))
    try sample.whileLocked { () throws in
      #expect(try sample.admit(bob, at: 9).isAdmitted == !gone.isFailure)
      #expect(try sample.entries(.failed).map(\.id) == (gone.isFailure ? [1] : []))
      #expect(try sample.entries(gone.state).allSatisfy { $0.id != 1 })
    }
    try sample.fileAll()
    #expect(try sample.stored(host) == (gone.isFailure ? 1 : 0))
    // It isn't known when it would have been judged, so it is of when it was admitted.
    let times = try sample.blockList.record(of: host)?.times ?? []
    #expect(times == (gone.isFailure ? [start] : []))
  }

  @Test(
    "one that can't be seen from here is waited for, and is a failure after 150 seconds",
    arguments: [ordinaryUser, 0], [0, 149, -149, 150, -150] as [Int64])
  func otherNamespaces(borrower: UInt32, age: Int64) throws {
    let sample = try Sample(hosts: "*:1/1h")
    // The number is that of no process here, which means nothing.
    let owner = SlotOwner.process(deadProcess, borrower: borrower, namespace: otherNamespace)
    try sample.add(InFlight(1, bob, .admitted, of: owner))
    let isLost = age.magnitude >= 150
    try sample.whileLocked { () throws in
      let refusal = try #require(try sample.admit(bob, at: age).refusal)
      #expect((refusal.cause == .inFlight) == !isLost)
      #expect(try sample.entries().map(\.state) == [isLost ? .failed : .admitted])
    }
  }

  @Test("one that waits, and can't be seen from here, is in no other's way after 150 seconds")
  func otherNamespaceWaiting() throws {
    for state in [InFlight.State.choosing, .open] {
      let sample = try Sample(hosts: "*:1/1h")
      try sample.add(InFlight(1, bob, state, of: .process(deadProcess, namespace: otherNamespace)))
      #expect(try sample.admit(bob, at: 149).refusal?.cause == .inFlight)
      #expect(try sample.admit(bob, at: 150).isAdmitted)
      #expect(try sample.count(of: host, at: 150) == 0)
    }
  }

  @Test("one of which the namespace isn't known is one of this")
  func unknownNamespace() throws {
    let sample = try Sample(hosts: "*:1/1h")
    try sample.add(InFlight(1, bob, .admitted, of: .process(deadProcess, namespace: 0)))
    #expect(try sample.admit(bob).isAdmitted)
  }

  @Test(
    "one that waits is in no other's way once its process is stopped", arguments: [ordinaryUser, 0])
  func stoppedWaiting(borrower: UInt32) throws {
    let sample = try Sample(hosts: "*:1/1h")
    let child = try Child.idle()
    for state in [InFlight.State.choosing, .open] {
      let claim = try sample.add(InFlight(1, bob, state, of: child.owner(borrower: borrower)))[0]
      #expect(try sample.admit(bob).refusal?.cause == .inFlight)
      child.stop()
      let other = try sample.begin(bob)
      #expect(!claim.isOurs)
      try sample.settle(other, .succeeded)
      child.resume()
    }
    #expect(try sample.entries().isEmpty)
  }

  @Test("one of root's that is being judged is waited for, stopped or not")
  func stoppedOfRoot() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let child = try Child.idle()
    try sample.add(InFlight(1, bob, .admitted, of: child.owner()))
    child.stop()
    for second: Int64 in [0, 10, 80_000] {
      #expect(try sample.admit(bob, at: second).refusal?.cause == .inFlight)
    }
    child.die()
    #expect(try sample.admit(bob).isAdmitted)
    #expect(try sample.count(of: host) == 0)
  }

  @Test("a borrowed one that is seen stopped for three seconds is a failure, and no sooner")
  func stoppedBorrowed() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let child = try Child.idle()
    let claim = try sample.add(
      InFlight(1, bob, .admitted, of: child.owner(borrower: ordinaryUser)))[
        0]
    try sample.whileLocked { () throws in
      child.stop()
      for _ in 0..<3 { #expect(try sample.admit(bob).refusal?.cause == .inFlight) }
      claim.age(byTenths: 25)
      #expect(try sample.admit(bob).refusal?.cause == .inFlight)
      // It has gone on meanwhile: that was another time.
      child.resume()
      #expect(try sample.admit(bob).refusal?.cause == .inFlight)
      child.stop()
      #expect(try sample.admit(bob).refusal?.cause == .inFlight)
      claim.age(byTenths: 25)
      #expect(try sample.admit(bob).refusal?.cause == .inFlight)
      claim.age(byTenths: 5)
      #expect(try sample.admit(bob).refusal?.message == "host '192.0.2.7' is blocked by *:1/1h")
      #expect(try sample.entries().map(\.state) == [.failed])
    }
  }

  @Test("the three seconds are three seconds", .timeLimit(.minutes(20)))
  func threeSeconds() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let child = try Child.idle()
    try sample.add(InFlight(1, bob, .admitted, of: child.owner(borrower: ordinaryUser)))
    child.stop()
    let before = Clock.milliseconds
    sample.configuration.pendingWait = 60_000
    guard case .blocked = try sample.admit(bob).refusal?.cause else {
      Issue.record("not blocked")
      return
    }
    // In steps of a tenth.
    #expect((2900..<50_000).contains(Clock.milliseconds - before))
  }

  @Test("what was noted of a stopped one isn't taken for another's that has its slot")
  func noteOfAnother() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let child = try Child.idle()
    let owner = child.owner(borrower: ordinaryUser)
    let first = try sample.add(InFlight(1, bob, .admitted, of: owner))[0]
    child.stop()
    #expect(try sample.admit(bob).refusal?.cause == .inFlight)
    first.age(byTenths: 100)
    first.free()
    let second = try sample.add(InFlight(2, bob, .admitted, of: owner))[0]
    #expect(second.slot == first.slot)
    #expect(try sample.admit(bob).refusal?.cause == .inFlight)
    #expect(second.isOurs)
  }

  @Test("a slot that its process has only claimed is never taken from one that is stopped")
  func claimedAndStopped() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let child = try Child.idle()
    let claim = try sample.add(InFlight(1, bob, .claimed, of: child.owner()))[0]
    child.stop()
    // It concerns no other.
    #expect(try sample.admit(bob).isAdmitted)
    for _ in 0..<3 { #expect(try sample.blockList.pending(at: start).count == 1) }
    #expect(claim.isOurs)
    child.end()
    // A number may mean nothing here, and the namespace isn't written yet: hence the time.
    for age: UInt64 in [0, 1400, 99] {
      _ = try sample.blockList.pending(at: start)
      #expect(claim.isOurs)
      claim.age(byTenths: age)
    }
    _ = try sample.blockList.pending(at: start)
    #expect(claim.isOurs)
    claim.age(byTenths: 10)
    _ = try sample.blockList.pending(at: start)
    #expect(!claim.isOurs)
  }
}
