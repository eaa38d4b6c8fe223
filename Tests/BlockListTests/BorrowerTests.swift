import Foundation
import Platform
import Policy
import Testing

@testable import BlockList
@testable import Upkeep

/// Attempts of one user who calls su, at another user each.
private func attempt(_ number: Int) -> Attempt { Attempt("user\(number)", from: nil, using: "su") }

extension Sample {
  /// As in a program that has borrowed root's rights from `borrower`.
  fileprivate func admit(
    _ attempt: Attempt, for borrower: UInt32
  ) throws(StoreError) -> Admission {
    let blockList = blockList
    blockList.borrower = borrower
    return try blockList.admit(attempt, at: start)
  }
}

@Suite("Programs that borrow root")
struct BorrowerTests {
  @Test("a user has no more than 32 attempts in flight in programs that borrow root; root has any")
  func bounds() throws {
    let sample = try Sample(users: "*:3/1h")
    for number in 0..<40 {
      let admission = try sample.admit(attempt(number), for: ordinaryUser)
      #expect(admission.isAdmitted == (number < 32))
      #expect(admission.isAdmitted || admission.refusal?.cause == .inFlight)
    }
    #expect(try sample.entries(.admitted).count == 32)
    #expect(try sample.entries().allSatisfy { $0.owner.borrower == ordinaryUser })
    // Others aren't concerned, nor is root.
    #expect(try sample.admit(attempt(50), for: ordinaryUser + 1).isAdmitted)
    for number in 60..<100 { #expect(try sample.admit(attempt(number), for: 0).isAdmitted) }
    #expect(try sample.admit(attempt(100), for: ordinaryUser).refusal != nil)
  }

  @Test("those that are settled make room, whatever their verdict")
  func settledBounds() throws {
    let sample = try Sample(users: "*:3/1h")
    var open: [Reservation] = []
    for number in 0..<32 {
      open.append(try #require(try sample.admit(attempt(number), for: ordinaryUser).reservation))
    }
    for (number, outcome) in [Outcome.succeeded, .failed].enumerated() {
      #expect(try sample.admit(attempt(40), for: ordinaryUser).refusal != nil)
      try sample.settle(open[number], outcome)
      let other = try #require(try sample.admit(attempt(40), for: ordinaryUser).reservation)
      #expect(try sample.admit(attempt(41), for: ordinaryUser).refusal != nil)
      try sample.settle(other, .succeeded)
      #expect(try sample.admit(attempt(42 + number), for: ordinaryUser).isAdmitted)
    }
  }

  @Test("those of dead processes aren't counted among them, and are failures")
  func deadBounds() throws {
    let sample = try Sample(users: "*:1/1h")
    for number in 0..<40 {
      try sample.add(
        InFlight(
          UInt64(number), attempt(number), number % 2 == 0 ? .admitted : .open,
          of: .process(deadProcess, borrower: ordinaryUser)))
    }
    for number in 40..<80 {
      #expect(try sample.admit(attempt(number), for: ordinaryUser).isAdmitted == (number < 72))
    }
    #expect(try sample.entries(.admitted).count == 32 && sample.entries(.open).isEmpty)
    #expect(try sample.entries(.failed).map(\.id) == stride(from: 0, to: 40, by: 2).map { $0 })
    #expect(try sample.admit(attempt(0)).refusal != nil)
    #expect(try sample.admit(attempt(1)).isAdmitted)
  }

  @Test("of a crowd in threads of one user no more than 32 are admitted", .timeLimit(.minutes(20)))
  func crowdOfBorrower() throws {
    let sample = try Sample(users: "*:3/1h")
    let configuration = sample.configuration
    let admitted = Counter()
    try inThreads(64) { number in
      let blockList = BlockList(configuration)
      blockList.borrower = ordinaryUser
      if try blockList.admit(attempt(number), at: start).isAdmitted { admitted.add() }
    }
    #expect((1...32).contains(admitted.value))
    #expect(try sample.entries().count == admitted.value)
  }
}

private final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private(set) var value = 0

  func add() { lock.withLock { value += 1 } }
}
