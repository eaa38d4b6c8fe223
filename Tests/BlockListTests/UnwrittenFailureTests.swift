import Foundation
import Policy
import Testing

@testable import BlockList

private let bob = Attempt("bob", from: "192.0.2.7")

@Test("writes the failure of a process that died before it could")
func orphan() throws {
  let sample = try Sample(hosts: "*:1/1h")
  try sample.add(InFlight(1, bob, .failed, at: -5, in: deadProcess))
  // Whoever looks next does it.
  #expect(try sample.admit(Attempt("eve", from: "192.0.2.9")).isAdmitted)
  #expect(try sample.entries(.failed).isEmpty)
  let recorded = try #require(try sample.record(of: .host("192.0.2.7"))?.attempts)
  #expect(recorded.map(\.id) == [1])
  #expect(recorded.map(\.time) == [start.adding(-5)])
  #expect(try sample.admit(bob).refusal != nil)
}

@Test("writes no failure twice, if its process was killed between the commit and the clearing")
func killedAfterCommit() throws {
  let sample = try Sample(hosts: "*:2/1h")
  let failure = InFlight(1, bob, .failed, in: deadProcess)
  try sample.file([failure])
  try sample.add(failure)
  #expect(try sample.admit(bob, at: 1).isAdmitted)
  #expect(try sample.count(of: .host("192.0.2.7")) == 1)
  #expect(try sample.count(of: .user("bob")) == 1)
  #expect(try sample.entries(.failed).isEmpty)
}

@Test("counts a failure that its process is about to write, and leaves it to it")
func unfiledFailure() throws {
  let sample = try Sample(hosts: "*:2/1h", users: "*:9/1h")
  try sample.add(InFlight(1, bob, .failed))
  #expect(sample.names == ["lock"])
  let other = try sample.begin(bob)
  #expect(try sample.admit(bob).refusal?.cause == .inFlight)
  try sample.settle(other, .succeeded)
  // Also beside one that is written; and not twice when it is.
  try sample.file([InFlight(2, bob, .failed)])
  #expect(try sample.admit(bob).refusal?.cause != nil)
  #expect(try sample.entries(.failed).map(\.id) == [1])
  #expect(try sample.stored(.host("192.0.2.7")) == 1)
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
  #expect(try sample.count(of: .host("192.0.2.7")) == 2)
  #expect(try sample.count(of: .user("eve")) == 1)
  #expect(try sample.entries(.failed).isEmpty)
}

@Test("counts a failure even if its attempt had lapsed meanwhile")
func lateVerdict() throws {
  let sample = try Sample(hosts: "*:1/1h")
  let late = try sample.begin(bob)
  let other = try sample.begin(bob, at: 200)
  try sample.settle(late, .failed, at: 201)
  #expect(try sample.count(of: .host("192.0.2.7")) == 1)
  // Its slot is another's now, who is left alone.
  #expect(try sample.entries(.judging).map(\.id) == [other.entry.id])
  try sample.settle(late, .succeeded, at: 202)
  #expect(try sample.entries(.judging).map(\.id) == [other.entry.id])
}

@Test("marks a failure in the table, without the lock, before it is written")
func marking() throws {
  let sample = try Sample()
  let (own, other) = (try sample.begin(bob), try sample.begin(Attempt("eve", from: "::1")))
  _ = try InFlightTable.mark(own, as: .failed, at: start.adding(7), sample.configuration)
  let failed = try sample.entries(.failed)
  #expect(failed.map(\.id) == [own.entry.id])
  #expect(failed.map(\.time) == [start.adding(7)])
  #expect(failed.map(\.attempt) == [bob])
  #expect(try sample.entries(.judging).map(\.id) == [other.entry.id])
  // One whose slot may be another's at any moment isn't.
  _ = try InFlightTable.mark(other, as: .failed, at: start.adding(75), sample.configuration)
  #expect(try sample.entries(.failed).count == 1)
  _ = try InFlightTable.mark(other, as: .failed, at: start.adding(74), sample.configuration)
  #expect(try sample.entries(.failed).count == 2)
  // Nor one that is gone.
  try sample.settle(own, .succeeded)
  _ = try InFlightTable.mark(own, as: .failed, at: start.adding(7), sample.configuration)
  #expect(try sample.entries(.failed).map(\.id) == [other.entry.id])
}

@Test("doesn't lose a failure that couldn't be written")
func failureKept() throws {
  let sample = try Sample(hosts: "*:1/1h")
  let reservation = try sample.begin(bob)
  try FileManager.default.createDirectory(at: sample.store, withIntermediateDirectories: false)
  #expect(throws: StoreError.self) { try sample.settle(reservation, .failed) }
  try FileManager.default.removeItem(at: sample.store)
  #expect(try sample.entries(.failed).map(\.id) == [reservation.entry.id])
  guard case .blocked = try sample.admit(bob).refusal?.cause else {
    Issue.record("not blocked")
    return
  }
}
