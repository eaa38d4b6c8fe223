import Policy
import Testing

@testable import BlockList
@testable import Upkeep

private let due: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 9]

/// A failure of that second, by that number.
private func failure(_ second: Int64) -> RecordedAttempt {
  RecordedAttempt(
    id: UInt64(second), time: Timestamp(seconds: second), state: .failed, reason: .host,
    service: "", counterpart: nil)
}

/// Of a blocked subject with a failure in each of these seconds.
private func record(_ seconds: ClosedRange<Int64>) -> SubjectRecord {
  var record = SubjectRecord(due: Timestamp(seconds: 9))
  for second in seconds { record.append(failure(second)) }
  record.isBlocked = true
  return record
}

@Suite("A pardon")
struct PardonTests {
  @Test("forgets all attempts; those that may come back are known, and counted no more")
  func pardons() throws {
    var record = record(1...5)
    record.forgive([2, 5, 7])
    #expect(!record.isBlocked && record.times.isEmpty && record.attempts.isEmpty)
    #expect(record.failureCount == 0 && record.newest == nil)
    #expect([1, 2, 3, 4, 5, 7].filter { record.contains($0) } == [2, 5])
    #expect(!record.isEmpty)
    record.remove(2)
    #expect(record.contains(2))
    // Once more: what was pardoned before stays so.
    record.append(failure(8))
    record.forgive([8])
    #expect([2, 5, 8].allSatisfy { record.contains($0) })
  }

  @Test("has nothing to remember where none may come back")
  func noPardons() {
    var record = record(1...5)
    record.forgive([])
    #expect(record.isEmpty)
    #expect(record.encoded == [2, 0] + due)
  }

  @Test("writes pardons in the layout that is documented, and reads them")
  func pardonLayout() throws {
    var record = record(3...3)
    record.forgive([3])
    let three: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 3]
    #expect(record.encoded == [3, 8] + due + [0, 1] + three + three)
    let decoded = try #require(SubjectRecord(decoding: record.encoded))
    #expect(decoded.contains(3) && decoded.times.isEmpty)
    #expect(decoded.encoded == record.encoded)
  }

  @Test("forgets a pardon once a failure of that age would be forgotten")
  func oldPardons() {
    var record = record(1...5)
    record.forgive([1, 2, 3, 4, 5])
    record.trim(
      olderThan: 10, at: Timestamp(seconds: 13), keeping: 100, from: Timestamp(seconds: .max))
    #expect([1, 2, 3, 4, 5].filter { record.contains($0) } == [3, 4, 5])
  }
}
