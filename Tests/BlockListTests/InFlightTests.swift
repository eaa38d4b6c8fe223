import Foundation
import Platform
import Policy
import Testing

@testable import BlockList

private let bob = Attempt("bob", from: "192.0.2.7")

@Test("lets no more go on at once than may still fail, and refuses the next after a wait")
func pendingWait() throws {
  let sample = try Sample(hosts: "*:10/1h")
  var open: [Reservation] = []
  for _ in 0..<10 { open.append(try sample.begin(bob)) }
  sample.configuration.pendingWait = 30
  let before = Clock.milliseconds
  let refusal = try #require(try sample.admit(bob).refusal)
  #expect((30..<10_000).contains(Clock.milliseconds - before))
  #expect(refusal == Refusal(subject: .host("192.0.2.7"), cause: .inFlight))
  #expect(
    refusal.message == "host '192.0.2.7' has as many attempts in flight as may still fail")
  // It isn't counted, not even as in flight, and nobody else is concerned.
  #expect(try sample.entries(.judging).count == 10)
  #expect(try sample.admit(Attempt("bob", from: "192.0.2.8")).isAdmitted)
  try sample.settle(open.removeLast(), .succeeded)
  open.append(try sample.begin(bob))
  #expect(try sample.admit(bob).refusal?.cause == .inFlight)
  // Now a failure in the place of one in flight: still no room.
  try sample.settle(open.removeLast(), .failed)
  #expect(try sample.admit(bob).refusal?.cause == .inFlight)
  for reservation in open { try sample.settle(reservation, .failed) }
  guard case .blocked = try sample.admit(bob).refusal?.cause else {
    Issue.record("not blocked")
    return
  }
  #expect(try sample.count(of: .host("192.0.2.7")) == 10)
}

@Test("lets a waiting one go on as soon as another has succeeded", .timeLimit(.minutes(1)))
func waiting() throws {
  let sample = try Sample(hosts: "*:1/1h")
  let reservation = try sample.begin(bob)
  sample.configuration.pendingWait = 50_000
  let configuration = sample.configuration
  nonisolated(unsafe) var isAdmitted = false
  let end = DispatchSemaphore(value: 0)
  let thread = Thread {
    isAdmitted = (try? BlockList(configuration).admit(bob, at: start))?.isAdmitted ?? false
    end.signal()
  }
  thread.start()
  try sample.settle(reservation, .succeeded)
  end.wait()
  #expect(isAdmitted)
}

@Test("judges exactly as many as the limit, however many try at once", .timeLimit(.minutes(1)))
func crowd() throws {
  let sample = try Sample(hosts: "*:10/1h", users: "*:10/1h")
  sample.configuration.pendingWait = 50_000
  let configuration = sample.configuration
  let verdicts = Verdicts()
  DispatchQueue.concurrentPerform(iterations: 40) { number in
    let blockList = BlockList(configuration)
    // Also right passwords, which must not count.
    let outcome: Outcome = number % 4 == 0 ? .succeeded : .failed
    guard case .admitted(let reservation?) = try? blockList.admit(bob, at: start) else { return }
    guard (try? blockList.settle(reservation, outcome, at: start)) != nil else { return }
    verdicts.add(outcome)
  }
  #expect(verdicts.failed == 10)
  #expect(try sample.count(of: .host("192.0.2.7")) == 10)
  #expect(try sample.count(of: .user("bob")) == 10)
  #expect(try sample.entries(.judging).isEmpty && sample.entries(.failed).isEmpty)
}

/// How passwords were judged, told by many threads.
private final class Verdicts: @unchecked Sendable {
  private let lock = NSLock()
  private(set) var failed = 0

  func add(_ outcome: Outcome) {
    guard outcome == .failed else { return }
    lock.withLock { failed += 1 }
  }
}

/// An attempt in flight of which nobody knows how it will end, and whether it is waited for.
struct Stale: CustomTestStringConvertible {
  var process: ProcessIdentity
  /// Seconds from its beginning.
  var age: Int64
  var hasLapsed: Bool

  init(_ process: ProcessIdentity, _ age: Int64, _ hasLapsed: Bool) {
    (self.process, self.age, self.hasLapsed) = (process, age, hasLapsed)
  }

  var testDescription: String {
    "\(process == .current ? "a live" : "a dead") process, \(age) s old: lapsed \(hasLapsed)"
  }
}

private let stales = [
  Stale(.current, 0, false),
  Stale(.current, 149, false),
  Stale(.current, 150, true),
  Stale(.current, 100_000, true),
  Stale(.current, -149, false),
  Stale(.current, -150, true),
  Stale(deadProcess, 0, true),
  Stale(deadProcess, 149, true),
]

@Test("forgets one that can't get a verdict any more", arguments: stales)
func lapse(_ stale: Stale) throws {
  let sample = try Sample(hosts: "*:1/1h")
  try sample.add(InFlight(1, bob, in: stale.process))
  #expect(try sample.blockList.pending(at: start.adding(stale.age)).isEmpty == stale.hasLapsed)
  #expect(try sample.admit(bob, at: stale.age).isAdmitted == stale.hasLapsed)
  #expect(try sample.count(of: .host("192.0.2.7")) == 0)
  // Forgotten for good: there is the new one, or the old one.
  #expect(try sample.entries(.judging).count == 1)
  #expect(try sample.entries(.judging)[0].id == 1 || stale.hasLapsed)
}

@Test("counts one that was abandoned, where that is wanted", arguments: stales)
func abandoned(_ stale: Stale) throws {
  let sample = try Sample(hosts: "*:1/1h")
  sample.configuration.abandoned = .count
  try sample.add(InFlight(1, bob, in: stale.process))
  #expect(!(try sample.admit(bob, at: stale.age).isAdmitted) || stale.age > 3600)
  let recorded = try sample.record(of: .host("192.0.2.7"))?.attempts ?? []
  #expect(recorded.contains { $0.id == 1 && $0.time == start } == stale.hasLapsed)
  #expect(try sample.count(of: .user("bob")) == (stale.hasLapsed ? 1 : 0))
}

@Test("doesn't care for what lapsed of others")
func othersAbandoned() throws {
  let sample = try Sample(hosts: "*:1/1h")
  sample.configuration.abandoned = .count
  try sample.add(InFlight(1, Attempt("eve", from: "192.0.2.9"), in: deadProcess))
  #expect(try sample.admit(bob).isAdmitted)
  #expect(sample.names == ["lock"])
}

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
  #expect(try sample.count(of: .host("192.0.2.7")) == 1)
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
  try InFlightTable.markFailed(own, at: start.adding(7), sample.configuration)
  let failed = try sample.entries(.failed)
  #expect(failed.map(\.id) == [own.entry.id])
  #expect(failed.map(\.time) == [start.adding(7)])
  #expect(failed.map(\.attempt) == [bob])
  #expect(try sample.entries(.judging).map(\.id) == [other.entry.id])
  // One whose slot may be another's at any moment isn't.
  try InFlightTable.markFailed(other, at: start.adding(75), sample.configuration)
  #expect(try sample.entries(.failed).count == 1)
  try InFlightTable.markFailed(other, at: start.adding(74), sample.configuration)
  #expect(try sample.entries(.failed).count == 2)
  // Nor one that is gone.
  try sample.settle(own, .succeeded)
  try InFlightTable.markFailed(own, at: start.adding(7), sample.configuration)
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

@Test("lists those in flight that may still be alive")
func pending() throws {
  let sample = try Sample()
  let reservation = try sample.begin(bob, at: 3)
  try sample.add(
    InFlight(1, bob, in: deadProcess), InFlight(2, bob, .failed), InFlight(3, bob, at: -150))
  let pending = try sample.blockList.pending(at: start.adding(4))
  try #require(pending.count == 1)
  #expect(pending[0].id == reservation.entry.id)
  #expect(pending[0].time == start.adding(3))
  #expect(pending[0].process == getpid())
  #expect(pending[0].attempt == bob)
}
