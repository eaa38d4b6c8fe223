import Foundation
import Policy
import Testing

import struct Harness.SeededRandom

@testable import BlockList
@testable import Upkeep

/// What a test knows of each subject at each moment: how many attempts are being judged, and how
/// many were wrong.
private final class Ghost: @unchecked Sendable {
  private let lock = NSLock()
  private var judged: [[UInt8]: Int] = [:]
  private var failed: [[UInt8]: Int] = [:]
  /// The most that were at risk at one moment, or had failed already.
  private(set) var most = 0
  private(set) var undecided = 0

  /// It was admitted.
  func begin(_ attempt: Attempt) {
    lock.withLock {
      for key in attempt.subjects.map({ SubjectKey($0).bytes }) {
        judged[key, default: 0] += 1
        most = max(most, judged[key, default: 0] + failed[key, default: 0])
      }
    }
  }

  /// It is judged, and its verdict is about to be told.
  func end(_ attempt: Attempt, _ outcome: Outcome) {
    lock.withLock {
      for key in attempt.subjects.map({ SubjectKey($0).bytes }) {
        judged[key, default: 0] -= 1
        if outcome == .failed { failed[key, default: 0] += 1 }
      }
    }
  }

  /// How many at a subject were wrong.
  func wrong(_ subject: Subject) -> Int {
    lock.withLock { failed[SubjectKey(subject).bytes] ?? 0 }
  }

  func refuse(_ refusal: Refusal) {
    if refusal.cause == .inFlight { lock.withLock { undecided += 1 } }
  }
}

/// The hosts and the users that are tried.
private let subjects = (0..<3).flatMap { [Subject.user("user\($0)"), .host("192.0.2.\($0)")] }

/// Tries a few times, at one of a few users from one of a few hosts.
private func guess(
  _ configuration: Configuration, _ ghost: Ghost, tries: Int, rightOf right: UInt64,
  _ random: inout SeededRandom
) throws {
  let blockList = BlockList(configuration)
  for _ in 0..<tries {
    let attempt = Attempt("user\(random.next() % 3)", from: "192.0.2.\(random.next() % 3)")
    let outcome: Outcome = random.next() % 100 < right ? .succeeded : .failed
    switch try blockList.admit(attempt, at: start) {
    case .refused(let refusal): ghost.refuse(refusal)
    case .admitted(let reservation):
      ghost.begin(attempt)
      if random.next() % 4 == 0 { sched_yield() }
      ghost.end(attempt, outcome)
      if let reservation { try blockList.settle(reservation, outcome, at: start) }
    }
  }
}

@Suite("A crowd of processes")
struct ConcurrencyTests {
  @Test(
    "no moment has more at risk than may fail, and just those that were wrong are recorded",
    .timeLimit(.minutes(20)),
    arguments: [(1, 90), (1, 50), (3, 90), (3, 40), (10, 70), (10, 20)] as [(Int, UInt64)])
  func exactness(limit: Int, rightOf right: UInt64) throws {
    let sample = try Sample(hosts: "*:\(limit)/1h", users: "*:\(limit)/1h")
    sample.configuration.pendingWait = 600_000
    let (configuration, ghost) = (sample.configuration, Ghost())
    try inThreads(64) { number in
      var random = SeededRandom(seed: UInt64(number) + 1000 * right + UInt64(limit))
      try guess(configuration, ghost, tries: 8, rightOf: right, &random)
    }
    #expect(ghost.most <= limit && ghost.undecided == 0)
    #expect(subjects.contains { ghost.wrong($0) > 0 })
    for subject in subjects {
      let wrong = ghost.wrong(subject)
      #expect(try sample.count(of: subject) == wrong)
      let isBlocked = try sample.blockList.block(of: subject, using: nil, at: start) != nil
      #expect(isBlocked == (wrong == limit))
    }
    try isSettled(sample, ghost)
  }

  @Test("a boot amid a crowd loses no failure that was acknowledged", .timeLimit(.minutes(20)))
  func crowdAndBoot() throws {
    let sample = try Sample(hosts: "*:1000/1h", users: "*:1000/1h")
    let (configuration, ghost) = (sample.configuration, Ghost())
    for round in 0..<5 {
      try inThreads(16) { number in
        var random = SeededRandom(seed: UInt64(16 * round + number))
        try guess(configuration, ghost, tries: 5, rightOf: 20, &random)
      }
      try sample.boot()
      for subject in subjects { #expect(try sample.count(of: subject) == ghost.wrong(subject)) }
    }
    try isSettled(sample, ghost)
  }
}

/// Nothing is left in the table or in the journal once all is in the store.
private func isSettled(_ sample: Sample, _ ghost: Ghost) throws {
  #expect(try sample.entries().allSatisfy { $0.state == .journaled })
  try sample.fileAll()
  #expect(try sample.entries().isEmpty)
  for subject in subjects { #expect(try sample.stored(subject) == ghost.wrong(subject)) }
  #expect(try sample.journalStates.allSatisfy { $0 == 0 })
  try sample.checkIndex()
}
