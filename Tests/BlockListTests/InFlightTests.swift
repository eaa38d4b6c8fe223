import Foundation
import Platform
import Policy
import Testing

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")

@Suite("Attempts in flight")
struct InFlightTests {
  @Test("lets no more go on at once than may still fail, and refuses the next after a wait")
  func pendingWait() throws {
    let sample = try Sample(hosts: "*:10/1h")
    var open: [Reservation] = []
    for _ in 0..<10 { open.append(try sample.begin(bob)) }
    sample.configuration.pendingWait = 30
    let before = Clock.milliseconds
    let refusal = try #require(try sample.admit(bob).refusal)
    #expect((30..<30_000).contains(Clock.milliseconds - before))
    #expect(refusal == Refusal(subject: .host("192.0.2.7"), cause: .inFlight))
    #expect(
      refusal.message == "host '192.0.2.7' has as many attempts in flight as may still fail")
    // It isn't counted, not even as in flight, and nobody else is concerned.
    #expect(try sample.entries(.admitted).count == 10)
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

  @Test("lets a waiting one go on as soon as another has succeeded", .timeLimit(.minutes(20)))
  func waiting() throws {
    let sample = try Sample(hosts: "*:1/1h")
    let reservation = try sample.begin(bob)
    sample.configuration.pendingWait = 600_000
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

  @Test("neither waits for the lock of the store nor counts less while another process has it")
  func busyLock() throws {
    let sample = try Sample(hosts: "*:2/1h")
    let host = Subject.host("192.0.2.7")
    try sample.whileLocked {
      let before = Clock.milliseconds
      let open = try (0..<2).map { _ in try sample.begin(bob) }
      #expect(try sample.admit(bob).refusal?.cause == .inFlight)
      for reservation in open { try sample.settle(reservation, .failed) }
      // The second one completes the limit, and so is wanted in the store.
      #expect(try sample.admit(bob).refusal?.message == "host '192.0.2.7' is blocked by *:2/1h")
      #expect(Clock.milliseconds - before < 30_000)
      #expect(try sample.entries(.journaled).map(\.id) == open.map(\.entry.id))
      let table = try sample.table()
      #expect(table.isCheckpointWanted && table[.lockTaken] > 0)
    }
    #expect(sample.names == ["failures", "lock"])
    #expect(sample.notices == [])
    // Whichever login comes next does it.
    #expect(try sample.admit(bob).refusal != nil)
    #expect(try sample.stored(host) == 2)
    #expect(try sample.entries().isEmpty)
  }

  @Test(
    "counts who left at a second question, and nobody who left before", arguments: [false, true])
  func leftHalfway(_ isHalfway: Bool) throws {
    let sample = try Sample(hosts: "*:1/1h")
    try sample.add(InFlight(1, bob, isHalfway ? .halfway : .admitted, of: .dead))
    #expect(try sample.admit(bob, at: 5).isAdmitted == !isHalfway)
    #expect(try sample.count(of: .host("192.0.2.7")) == (isHalfway ? 1 : 0))
    #expect(try sample.entries(.halfway).isEmpty)
  }

  @Test("judges exactly as many as the limit, however many try at once", .timeLimit(.minutes(20)))
  func crowd() throws {
    let sample = try Sample(hosts: "*:10/1h", users: "*:10/1h")
    sample.configuration.pendingWait = 600_000
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
    try sample.fileAll()
    #expect(try sample.count(of: .host("192.0.2.7")) == 10)
    #expect(try sample.count(of: .user("bob")) == 10)
    #expect(try sample.entries(.admitted).isEmpty && sample.entries(.failed).isEmpty)
  }

  @Test("forgets one that can't get a verdict any more", arguments: stales)
  func lapse(_ stale: Stale) throws {
    let sample = try Sample(hosts: "*:1/1h")
    try sample.add(InFlight(1, bob, of: stale.owner))
    #expect(try sample.blockList.pending(at: start.adding(stale.age)).isEmpty == stale.hasLapsed)
    #expect(try sample.admit(bob, at: stale.age).isAdmitted == stale.hasLapsed)
    #expect(try sample.count(of: .host("192.0.2.7"), at: stale.age) == 0)
    // Forgotten for good: there is the new one, or the old one.
    #expect(try sample.entries(.admitted).count == 1)
    #expect(try sample.entries(.admitted)[0].id == 1 || stale.hasLapsed)
  }

  @Test("counts one that was abandoned, where that is wanted", arguments: stales)
  func abandoned(_ stale: Stale) throws {
    let sample = try Sample(hosts: "*:1/1h")
    sample.configuration.abandoned = .count
    try sample.add(InFlight(1, bob, of: stale.owner))
    #expect(!(try sample.admit(bob, at: stale.age).isAdmitted) || stale.age > 3600)
    let recorded = try sample.record(of: .host("192.0.2.7"), at: stale.age)?.attempts ?? []
    #expect(recorded.contains { $0.id == 1 && $0.time == start } == stale.hasLapsed)
    #expect(try sample.count(of: .user("bob"), at: stale.age) == (stale.hasLapsed ? 1 : 0))
  }

  @Test("doesn't care for what lapsed of others")
  func othersAbandoned() throws {
    let sample = try Sample(hosts: "*:1/1h")
    sample.configuration.abandoned = .count
    try sample.add(InFlight(1, Attempt("eve", from: "192.0.2.9"), of: .dead))
    #expect(try sample.admit(bob).isAdmitted)
    #expect(sample.names == [])
    #expect(try sample.entries(.admitted).map(\.id).contains(1))
  }

  @Test(
    "lets go of what lapsed of others before it piles up", arguments: [Abandoned.lapse, .count])
  func manyAbandoned(_ abandoned: Abandoned) throws {
    let sample = try Sample(hosts: "*:999/1h")
    sample.configuration.abandoned = abandoned
    let eve = Attempt("eve", from: "192.0.2.9")
    for number: UInt64 in 1...200 {
      try sample.add(InFlight(number, eve, of: number == 7 ? .process() : .dead))
    }
    // With the sixteenth failure the lock is taken, and all are looked at.
    for _ in 0..<16 { try sample.guess(bob) }
    #expect(try sample.entries(.admitted).map(\.id) == [7])
    // A login gives a third of a second to the failures of others, and the next one goes on.
    for number in 0..<200 where try !sample.entries(.failed).isEmpty {
      try sample.guess(Attempt("\(number)", from: nil))
    }
    #expect(try sample.stored(.host("192.0.2.9")) == (abandoned == .count ? 199 : 0))
    // The last guesses may wait in the journal: how many are filed at once depends on the machine.
    #expect(try sample.count(of: .host("192.0.2.7")) == 16)
  }

  @Test("lists those in flight that may still be alive")
  func pending() throws {
    let sample = try Sample()
    let reservation = try sample.begin(bob, at: 3)
    try sample.add(
      InFlight(1, bob, of: .dead), InFlight(2, bob, .failed), InFlight(3, bob, at: 4 - day),
      InFlight(4, bob, .open, of: .dead))
    let pending = try sample.blockList.pending(at: start.adding(4))
    try #require(pending.count == 1)
    #expect(pending[0].id == reservation.entry.id)
    #expect(pending[0].time == start.adding(3))
    #expect(pending[0].process == getpid())
    #expect(pending[0].attempt == bob)
  }
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
  var owner: SlotOwner
  /// Seconds from its beginning.
  var age: Int64
  var hasLapsed: Bool

  init(_ owner: SlotOwner, _ age: Int64, _ hasLapsed: Bool) {
    (self.owner, self.age, self.hasLapsed) = (owner, age, hasLapsed)
  }

  var testDescription: String {
    "\(owner == .dead ? "a dead" : "a live") process, \(age) s old: lapsed \(hasLapsed)"
  }
}

private let day: Int64 = 86_400

private let stales = [
  Stale(.process(), 0, false),
  Stale(.process(), 150, false),
  Stale(.process(), day - 1, false),
  Stale(.process(), day, true),
  Stale(.process(), 1_000_000, true),
  Stale(.process(), 1 - day, false),
  Stale(.process(), -day, true),
  Stale(.dead, 0, true),
  Stale(.dead, 149, true),
  Stale(.dead, -149, true),
]
