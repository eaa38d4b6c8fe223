import Foundation
import Policy
import Testing

@testable import BlockList
@testable import Upkeep

/// A store of the least size.
private func smallSample(hosts: String = "", users: String = "") throws -> Sample {
  let sample = try Sample(hosts: hosts, users: users)
  sample.configuration.maxSize = 1 << 20
  return sample
}

extension Sample {
  /// Records a failure of each of `users`, whose names are long, fifty in a commit.
  fileprivate func flood(_ users: Range<Int>, at seconds: Int64 = 0) throws {
    let long = String(repeating: "x", count: 240)
    for first in stride(from: users.lowerBound, to: users.upperBound, by: 50) {
      let failures = (first..<min(first + 50, users.upperBound)).map { user in
        InFlight(
          UInt64(user) << 20 | UInt64(seconds), Attempt("\(user) \(long)", from: nil), .failed,
          at: seconds)
      }
      try file(failures, at: seconds)
    }
  }

  fileprivate var knownCount: Int {
    get throws { try blockList.subjects(after: nil, count: 1_000_000).count }
  }

  fileprivate var fileSize: Int {
    get throws { try Data(contentsOf: store).count }
  }
}

@Suite("A full store")
struct EvictionTests {
  @Test("a flood stays within the store, whose oldest go; the newest and those blocked stay")
  func flood() throws {
    let sample = try smallSample(users: "blocked:1/1d *:5/1d")
    try sample.guess(Attempt("blocked", from: nil))
    let names = sample.names
    var counts: [Int] = []
    for round in 0..<20 {
      try sample.flood(round * 500..<(round + 1) * 500, at: Int64(round))
      counts.append(try sample.knownCount)
      #expect(try sample.guess(Attempt("blocked", from: nil), at: Int64(round)) != nil)
    }
    // It has been full for long, and holds as many as before.
    #expect(counts[19] < 5000)
    #expect(counts.suffix(10).allSatisfy { $0 > counts[19] * 8 / 10 })
    #expect(try sample.fileSize == 1 << 20)
    let long = String(repeating: "x", count: 240)
    #expect(try sample.count(of: .user("0 \(long)")) == 0)
    #expect(try sample.count(of: .user("9999 \(long)")) == 1)
    #expect(sample.notices == [])
    #expect(sample.names == names)
    try sample.checkIndex()
  }

  @Test("who has failed again since is younger than who has not")
  func secondChance() throws {
    let sample = try smallSample(users: "*:50/1d")
    try sample.guess(Attempt("old", from: nil))
    try sample.guess(Attempt("busy", from: nil))
    for round in 1..<12 {
      try sample.flood(round * 500..<(round + 1) * 500, at: Int64(round))
      try sample.blockList.fileFailure(
        of: Attempt("busy", from: nil), at: start.adding(Int64(round)))
    }
    #expect(try sample.count(of: .user("old")) == 0)
    #expect(try sample.count(of: .user("busy")) == 12)
  }

  @Test("where all are blocked the oldest of them go, and the end of the block is told")
  func blockedGo() throws {
    let sample = try smallSample(users: "*:1/1d")
    let blockList = sample.blockList
    let long = String(repeating: "x", count: 240)
    var ended = 0
    for number in 0..<3000 {
      let attempt = Attempt("\(number) \(long)", from: nil)
      try blockList.fileFailure(of: attempt, at: start.adding(Int64(number)))
      ended += blockList.takeChanges().filter { !$0.isBlocked }.count
    }
    let left = try sample.knownCount
    #expect(left > 350 && left + ended == 3000, "\(left) left, \(ended) ended")
    #expect(try sample.guess(Attempt("2999 \(long)", from: nil), at: 3000) != nil)
    try sample.checkIndex()
  }

  @Test("a history as long as it may be fits, in the least of stores")
  func longHistories() throws {
    let sample = try smallSample(hosts: "*:30/1d")
    let long = String(repeating: "x", count: 250)
    for number in 0..<4000 {
      let host = "192.0.2.\(number % 3)"
      try sample.blockList.fileFailure(
        of: Attempt("\(number) \(long)", from: host), at: start.adding(Int64(number)))
    }
    for host in 0..<3 {
      #expect(try sample.guess(Attempt("bob", from: "192.0.2.\(host)"), at: 4000) != nil)
    }
    #expect(sample.notices == [])
    try sample.checkIndex()
  }
}
