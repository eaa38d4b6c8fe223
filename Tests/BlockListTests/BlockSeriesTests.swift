import Policy
import Testing

import struct Harness.SeededRandom

@testable import BlockList
@testable import Upkeep

private let guesser = Attempt("root", from: "192.0.2.7")
private let host = Subject.host("192.0.2.7")

/// What is written above: counted by hand, with all that is known in one list.
private struct Model {
  static let (failures, window, purge): (Int, Int64, Int64) = (3, 60, 3600)
  static let lengths: [Int64] = [300, 900, 2000]
  private var times: [Int64] = []
  private var (count, begin, end): (Int, Int64, Int64) = (0, 0, 0)

  private func limitEnd(_ now: Int64) -> Int64? {
    let counted = times.filter { now - $0 <= Self.window }.sorted()
    return counted.count < Self.failures
      ? nil : counted[counted.count - Self.failures] + Self.window + 1
  }

  private var leastEnd: Int64 {
    count == 0 ? .min : begin + Self.lengths[min(count, Self.lengths.count) - 1]
  }

  /// Which block it is in then; 0 if in none.
  func number(_ now: Int64) -> Int { limitEnd(now) != nil || now < leastEnd ? count : 0 }

  /// A guess; says whether it was refused.
  mutating func guess(_ now: Int64) -> Bool {
    let limit = limitEnd(now)
    guard limit == nil, now >= leastEnd else {
      let end = max(limit ?? .min, leastEnd)
      self.end = max(self.end, end)
      // Not recorded long before the end, and else once in ten seconds.
      let isCovered = leastEnd > (limit ?? .min) && leastEnd - now > 2 * Self.window
      if !isCovered, now - (times.max() ?? now) >= 10 { times.append(now) }
      self.end = max(self.end, limitEnd(now) ?? .min)
      return true
    }
    times.append(now)
    guard let limit = limitEnd(now) else { return false }
    count = count > 0 && now <= end + Self.purge ? count + 1 : 1
    begin = now
    end = max(limit, leastEnd)
    return false
  }
}

@Suite("Blocks in series") struct BlockSeriesTests {
  @Test(
    "are what a list counted by hand has, whatever happens to the store meanwhile",
    arguments: UInt64(0)..<12)
  func likeModel(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var sample = try Sample(hosts: "*:3/1m")
    func set(_ sample: Sample) {
      sample.configuration.hostBlock = Model.lengths.map { UInt64($0) }
      sample.configuration.hostPurge = UInt32(Model.purge)
    }
    set(sample)
    var (model, now): (Model, Int64) = (Model(), 0)
    for step in 0..<300 {
      let gaps: [Int64] = [0, 1, 1, 2, 5, 20, 59, 60, 61, 250, 300, 900, 2000, 3700]
      now += gaps[Int(random.next() % UInt64(gaps.count))]
      switch random.next() % 12 {
      case 0: try sample.fileAll(at: now)
      case 1: try? sample.boot()
      case 2: _ = try sample.blockList.compact()
      case 3: _ = try sample.blockList.purge(at: start.adding(now))
      case 4: try sample.blockList.update(at: start.adding(now))
      case 5:
        try sample.fileAll(at: now)
        let kept = try sample.blockList.storedSubjects(after: nil, count: 100)
        let other = try Sample(hosts: "*:3/1m")
        set(other)
        _ = try other.blockList.restore(kept.subjects, nil)
        sample = other
      default: break
      }
      let expected = model.guess(now)
      let isRefused: Bool
      if random.next() % 4 == 0 {
        // What can't be written waits in the table and the journal.
        var refusal: Refusal?
        try sample.whileLocked { () throws in refusal = try sample.guess(guesser, at: now) }
        isRefused = refusal != nil
      } else {
        isRefused = try sample.guess(guesser, at: now) != nil
      }
      #expect(isRefused == expected, "step \(step) at \(now)")
      let block = try sample.blockList.block(of: host, using: nil, at: start.adding(now))
      #expect(Int(block?.number ?? 0) == model.number(now), "step \(step) at \(now)")
      if isRefused != expected { return }
    }
  }

  @Test("a record with blocks is of the fourth version, and reads as it was written")
  func record() throws {
    var record = SubjectRecord(due: start)
    record.series.count = 3
    (record.series.begin, record.series.end) = (start, start.adding(9))
    (record.series.endBefore, record.series.until) = (start.adding(-7), start.adding(8))
    record.series.seen = start.adding(2)
    record.lastLogin = start
    let bytes = record.encoded
    #expect(bytes.prefix(2) == [4, 48] && bytes.count == 2 + 8 + 8 + 42)
    let read = try #require(SubjectRecord(decoding: bytes))
    #expect(read.series == record.series && read.lastLogin == start && read.encoded == bytes)
    for count in 0..<bytes.count {
      #expect(SubjectRecord(decoding: Array(bytes.prefix(count))) == nil)
    }
    #expect(SubjectRecord(decoding: [3] + bytes.dropFirst()) == nil)
    var summary = SubjectSummary()
    record.append(
      RecordedAttempt(
        id: 1, time: start, state: .failed, reason: .authentication, service: "su",
        counterpart: nil))
    let isRead = summary.read(record.encoded[...])
    let series = SubjectRecord(decoding: record.encoded)?.series
    #expect(isRead && summary.times.map { $0.time } == [start] && summary.series == series)
  }
}
