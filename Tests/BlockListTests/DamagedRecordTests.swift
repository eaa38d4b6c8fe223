import Policy
import Testing

import struct Harness.SeededRandom

@testable import BlockList
@testable import Upkeep

/// Bytes that are no record.
struct NoRecord: CustomTestStringConvertible {
  var testDescription: String
  var bytes: [UInt8]

  init(_ description: String, _ bytes: [UInt8]) {
    (testDescription, self.bytes) = (description, bytes)
  }
}

private let noAttempts: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 9]

@Suite("A damaged record")
struct DamagedRecordTests {
  @Test(
    "refuses a record that it doesn't know",
    arguments: [
      NoRecord("nothing", []),
      NoRecord("a newer version", [5] + noAttempts.dropFirst()),
      NoRecord("a state that the first version had not", [1, 2] + noAttempts.dropFirst(2)),
      NoRecord("a state that the second version had not", [2, 8] + noAttempts.dropFirst(2)),
      NoRecord("a state that the third version had not", [3, 32] + noAttempts.dropFirst(2)),
      NoRecord("blocks without a count", [4, 32] + noAttempts.dropFirst(2)),
      NoRecord("a state that nobody has", [3, 16] + noAttempts.dropFirst(2)),
      NoRecord(
        "two pardons, of which one is there",
        [3, 8] + noAttempts.dropFirst(2) + [0, 2] + [UInt8](repeating: 0, count: 16)),
      NoRecord("half a pardon", [3, 8] + noAttempts.dropFirst(2) + [0, 1] + [1, 2, 3]),
      NoRecord("since when attempts lie ahead, but not when", [2, 4] + noAttempts.dropFirst(2)),
      NoRecord("pardons, but not how many", [3, 8] + noAttempts.dropFirst(2)),
      NoRecord("a pardon, but not which", [3, 8] + noAttempts.dropFirst(2) + [0, 1, 2, 3]),
      NoRecord("no version", [0] + noAttempts.dropFirst()),
      NoRecord("a version alone", [1]),
      NoRecord("half a due time", Array(noAttempts.dropLast())),
      NoRecord("a negative due time", [1, 0] + [UInt8](repeating: 0xFF, count: 8)),
      NoRecord("leftovers", noAttempts + [0]),
      NoRecord("half an attempt", noAttempts + [UInt8](repeating: 0, count: 21)),
      NoRecord(
        "a name beyond the end", noAttempts + [UInt8](repeating: 0, count: 18) + [0xFF, 0xFF, 0, 0]),
    ])
  func noRecord(_ record: NoRecord) {
    #expect(SubjectRecord(decoding: record.bytes) == nil)
  }

  @Test("bears any bytes as a key, a record or a slot")
  func randomBytes() {
    var random = SeededRandom(seed: 6)
    for round in 0..<10_000 {
      var bytes = random.bytes(Int(random.next() % 120))
      // Every other looks right at first.
      if round % 2 == 0, !bytes.isEmpty { bytes[0] = [1, 2, 0x68, 0x75, 0xA1][round / 2 % 5] }
      if let key = SubjectKey(decoding: bytes) { #expect(key.bytes == bytes) }
      _ = SubjectKey(decoding: bytes)?.subject
      _ = ExpiryKey(decoding: bytes)?.subject.subject
      if let record = SubjectRecord(decoding: bytes) {
        #expect(record.attempts.count <= record.times.count)
        #expect(record.failureCount <= record.times.count)
        _ = record.hasExpired(period: .max, at: start)
      }
      if let entry = InFlight(decoding: bytes[...], slot: 1, state: .journaled) {
        #expect(entry.subjects.allSatisfy { entry.attempt.subjects.contains($0) })
      }
    }
  }

  @Test("bears a record of which any byte was changed, or that was cut anywhere")
  func damagedRecords() {
    var random = SeededRandom(seed: 7)
    for _ in 0..<2500 {
      var record = SubjectRecord(due: random.time())
      for _ in 0..<3 { record.append(random.recordedAttempt()) }
      var bytes = record.encoded
      for _ in 0..<2 {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      var slot = random.inFlight().encoded
      slot[Int(random.next() % UInt64(slot.count))] = UInt8(truncatingIfNeeded: random.next())
      for count in [bytes.count, Int(random.next() % UInt64(bytes.count))] {
        guard var damaged = SubjectRecord(decoding: Array(bytes.prefix(count))) else { continue }
        _ = (damaged.attempts, damaged.failureCount, damaged.newest)
        damaged.trim(olderThan: 0, at: start, keeping: 1, from: Timestamp(seconds: .max))
        #expect(damaged.times.count <= 1)
      }
      _ = InFlight(decoding: slot[...], slot: 1, state: .failed)?.encoded
      let cut = slot.prefix(Int(random.next() % UInt64(slot.count)))
      _ = InFlight(decoding: cut, slot: 1, state: .failed)
    }
  }
}
