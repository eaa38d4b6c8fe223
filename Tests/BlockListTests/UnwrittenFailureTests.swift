import Foundation
import Policy
import Testing

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")

@Suite("A failure that its process could not write")
struct UnwrittenFailureTests {
  @Test("writes the failure of a process that died before it could")
  func orphan() throws {
    let sample = try Sample(hosts: "*:1/1h")
    try sample.add(InFlight(1, bob, .failed, at: -5, of: .dead))
    // It counts at once, and the next login that fails brings it into the store.
    let eve = Attempt("eve", from: "192.0.2.9")
    let other = try sample.begin(eve)
    #expect(try sample.count(of: .host("192.0.2.7")) == 1)
    try sample.settle(other, .failed)
    #expect(try sample.entries(.failed).isEmpty)
    let recorded = try #require(try sample.blockList.record(of: .host("192.0.2.7"))?.attempts)
    #expect(recorded.map(\.id) == [1])
    #expect(recorded.map(\.time) == [start.adding(-5)])
    #expect(try sample.admit(bob).refusal != nil)
  }

  @Test("is brought into the store by the next attempt that is refused for it")
  func refusedOrphan() throws {
    let sample = try Sample(hosts: "*:1/1h")
    try sample.add(InFlight(1, bob, .failed, of: .dead))
    #expect(try sample.admit(bob).refusal != nil)
    #expect(try sample.entries(.failed).isEmpty)
    #expect(try sample.stored(.host("192.0.2.7")) == 1)
  }

  @Test("writes no failure twice, if its process was killed between the commit and the clearing")
  func killedAfterCommit() throws {
    let sample = try Sample(hosts: "*:2/1h")
    let failure = InFlight(1, bob, .failed, of: .dead)
    try sample.file([failure])
    try sample.add(failure)
    #expect(try sample.admit(bob, at: 1).isAdmitted)
    #expect(try sample.count(of: .host("192.0.2.7")) == 1)
    try sample.fileAll()
    #expect(try sample.stored(.host("192.0.2.7")) == 1)
    #expect(try sample.stored(.user("bob")) == 1)
    #expect(try sample.entries(.failed).isEmpty)
  }

  @Test("counts a failure that its process is about to write, and leaves it to it")
  func unfiledFailure() throws {
    let sample = try Sample(hosts: "*:2/1h", users: "*:9/1h")
    try sample.add(InFlight(1, bob, .writing))
    #expect(sample.names == [])
    let other = try sample.begin(bob)
    #expect(try sample.admit(bob).refusal?.cause == .inFlight)
    try sample.settle(other, .succeeded)
    // Also beside one that is written; and not twice when it is.
    try sample.file([InFlight(2, bob, .failed)])
    #expect(try sample.stored(.host("192.0.2.7")) == 1)
    #expect(try sample.admit(bob).refusal?.cause != nil)
    #expect(try sample.entries(.writing).map(\.id) == [1])
    // The block is brought into the store; its process doesn't notice.
    #expect(try sample.stored(.host("192.0.2.7")) == 2)
    #expect(try sample.count(of: .host("192.0.2.7")) == 2)
    try sample.file([InFlight(1, Attempt("bob", from: nil), .failed)])
    sample.configuration.hostRule = Rule()
    sample.configuration.userRule = try Rule(parsing: Array("*:3/1h".utf8)[...])
    #expect(try sample.admit(Attempt("bob", from: nil)).isAdmitted)
  }

  @Test("writes the failures of all who wait with one, in one commit")
  func groupCommit() throws {
    let sample = try Sample()
    let own = try sample.begin(bob)
    try sample.add(InFlight(1, bob, .failed), InFlight(2, Attempt("eve", from: "::1"), .failed))
    try sample.settle(own, .failed)
    #expect(try sample.stored(.host("192.0.2.7")) == 2)
    #expect(try sample.stored(.user("eve")) == 1)
    #expect(try sample.entries(.failed).isEmpty)
  }

  @Test("counts a failure even if its attempt had lapsed meanwhile")
  func lateVerdict() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let day: Int64 = 86_400
    let late = try sample.begin(bob)
    let other = try sample.begin(bob, at: day)
    try sample.settle(late, .failed, at: day + 1)
    #expect(try sample.count(of: .host("192.0.2.7"), at: day + 1) == 1)
    #expect(try sample.stored(.host("192.0.2.7")) == 1)
    // The other one is left alone.
    #expect(try sample.entries(.admitted).map(\.id) == [other.entry.id])
    try sample.settle(late, .succeeded, at: day + 2)
    #expect(try sample.entries(.admitted).map(\.id) == [other.entry.id])
  }

  @Test("leaves the slot alone that is another's since")
  func lateVerdictOnAnothersSlot() throws {
    let sample = try Sample()
    let late = try sample.begin(bob)
    #expect(late.claim.table.become(.free, try sample.view(late.claim)))
    let other = try sample.begin(Attempt("eve", from: "::1"))
    #expect(other.claim.slot == late.claim.slot)
    try sample.settle(late, .failed, at: 7)
    #expect(try sample.entries(.admitted).map(\.id) == [other.entry.id])
    #expect(try sample.entries(.journaled).map(\.id) == [late.entry.id])
    #expect(try sample.entries(.journaled).map(\.time) == [start.adding(7)])
  }

  @Test("marks a failure in the table, without the lock, also if it can't be written anywhere")
  func marking() throws {
    let sample = try Sample()
    let (own, other) = (try sample.begin(bob), try sample.begin(Attempt("eve", from: "::1")))
    try FileManager.default.createDirectory(at: sample.journal, withIntermediateDirectories: false)
    try sample.whileLocked {
      try sample.settle(own, .failed, at: 7)
      let failed = try sample.entries(.failed)
      #expect(failed.map(\.id) == [own.entry.id])
      #expect(failed.map(\.time) == [start.adding(7)])
      #expect(failed.map(\.attempt) == [bob])
      #expect(failed.map(\.slot) == [own.claim.slot])
    }
    #expect(try sample.entries(.admitted).map(\.id) == [other.entry.id])
    #expect(
      sample.notices == [
        "failures take longer: cannot open '\(sample.journal.path)': Is a directory"
      ]
    )
    // Once the lock is free the next one brings it into the store.
    try sample.settle(other, .failed, at: 8)
    #expect(try sample.entries().isEmpty)
    let stored = try sample.blockList.record(of: .host("192.0.2.7"))?.attempts ?? []
    #expect(stored.map(\.id) == [own.entry.id] && stored.map(\.time) == [start.adding(7)])
  }

  @Test("doesn't lose a failure that couldn't be brought into the store")
  func failureKept() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let reservation = try sample.begin(bob)
    try FileManager.default.createDirectory(at: sample.store, withIntermediateDirectories: false)
    try sample.settle(reservation, .failed)
    #expect(sample.notices.last?.hasPrefix("failures wait for the store: ") == true)
    try FileManager.default.removeItem(at: sample.store)
    for _ in 0..<2 {
      #expect(try sample.entries(.journaled).map(\.id) == [reservation.entry.id])
      try sample.boot()
    }
    guard case .blocked = try sample.admit(bob).refusal?.cause else {
      Issue.record("not blocked")
      return
    }
    #expect(try sample.stored(.host("192.0.2.7")) == 1)
  }

  @Test(
    "says so if a failure couldn't be written anywhere; it counts for as long as the table lasts")
  func failureInTheTable() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let reservation = try sample.begin(bob)
    for path in [sample.store, sample.journal] {
      try FileManager.default.createDirectory(at: path, withIntermediateDirectories: false)
    }
    try sample.settle(reservation, .failed)
    let (waits, slow) = ("failures wait for the store: ", "failures take longer: ")
    #expect(sample.notices.count { $0.hasPrefix(slow) } == 1)
    #expect(sample.notices.count { $0.hasPrefix(waits) } == sample.notices.count - 1)
    #expect(sample.notices.count > 1)
    #expect(try sample.entries(.failed).map(\.id) == [reservation.entry.id])
    for path in [sample.store, sample.journal] { try FileManager.default.removeItem(at: path) }
    guard case .blocked = try sample.admit(bob).refusal?.cause else {
      Issue.record("not blocked")
      return
    }
    #expect(try sample.stored(.host("192.0.2.7")) == 1)
  }
}
