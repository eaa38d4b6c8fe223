import Platform
import Policy
import Testing

import struct Harness.SeededRandom

@testable import BlockList
@testable import Upkeep

@Suite("What the store and the table hold as bytes")
struct CodingTests {
  @Test("reads a key as it was written")
  func keyRoundTrip() {
    var random = SeededRandom(seed: 1)
    for _ in 0..<5000 {
      let subject = random.subject()
      let key = SubjectKey(subject)
      #expect(key.subject == subject)
      #expect(SubjectKey(decoding: key.encoded) == key)
      let due = random.time()
      let expiry = ExpiryKey(decoding: ExpiryKey(due, key).encoded)
      #expect(expiry?.due == due && expiry?.subject == key)
    }
  }

  @Test("sorts the expiry index by time")
  func expiryOrder() {
    var random = SeededRandom(seed: 2)
    for _ in 0..<2000 {
      let (one, other) = (random.time(), random.time())
      guard one != other else { continue }
      let keys = [one, other].map { ExpiryKey($0, SubjectKey(random.subject())).encoded }
      #expect(keys[0].lexicographicallyPrecedes(keys[1]) == (one < other))
    }
  }

  /// What is on the disks of administrators must stay readable.
  @Test(
    "writes keys in the layout that is documented",
    arguments: [
      WrittenKey(.user("bob"), [0x75, 0x62, 0x6F, 0x62]),
      WrittenKey(.user(""), [0x75]),
      WrittenKey(.host("192.0.2.7"), [0x68, 4, 192, 0, 2, 7]),
      WrittenKey(.host("::ffff:192.0.2.7"), [0x68, 4, 192, 0, 2, 7]),
      WrittenKey(
        .host("2001:db8::1"), [0x68, 6, 0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
      WrittenKey(.host("A.b"), [0x68, 0x6E, 0x61, 0x2E, 0x62]),
    ])
  func keyLayout(_ key: WrittenKey) {
    #expect(SubjectKey(key.subject).bytes == key.bytes)
  }

  @Test("writes a record in the layout that is documented")
  func recordLayout() {
    var record = SubjectRecord(due: Timestamp(seconds: 0x0102))
    record.append(
      RecordedAttempt(
        id: 0x0A0B, time: Timestamp(seconds: 3), state: .refused, reason: .both, service: "su",
        counterpart: .user("x")))
    #expect(
      record.encoded
        == [2, 0] + [0, 0, 0, 0, 0, 0, 1, 2]
        + [0, 0, 0, 0, 0, 0, 0xA, 0xB] + [0, 0, 0, 0, 0, 0, 0, 3] + [2, 4]
        + [0, 2, 0x73, 0x75] + [0, 2, 0x75, 0x78])
  }

  @Test("reads a record as it was written")
  func recordRoundTrip() throws {
    var random = SeededRandom(seed: 3)
    for _ in 0..<500 {
      let attempts = (0..<random.next() % 20).map { _ in random.recordedAttempt() }
      var record = SubjectRecord(due: random.time())
      for attempt in attempts { record.append(attempt) }
      record.isBlocked = random.next() % 2 == 0
      let decoded = try #require(SubjectRecord(decoding: record.encoded))
      #expect(decoded.attempts == attempts)
      #expect(decoded.times == attempts.map(\.time))
      #expect(decoded.due == record.due && decoded.isBlocked == record.isBlocked)
      #expect(decoded.failureCount == attempts.count { $0.state == .failed })
      #expect(decoded.newest == attempts.map(\.time).max())
      #expect(attempts.allSatisfy { decoded.contains($0.id) })
      #expect(decoded.encoded == record.encoded)
    }
  }

  @Test(
    "writes into a record's state what else there is to know, and reads what the first version wrote"
  )
  func recordState() throws {
    let due: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 9]
    var record = SubjectRecord(due: Timestamp(seconds: 9))
    record.isBlocked = true
    record.file(under: Timestamp(seconds: 9), asBlocked: true)
    #expect(record.encoded == [2, 3] + due)
    let ahead = RecordedAttempt(
      id: 1, time: Timestamp(seconds: 5000), state: .failed, reason: .host, service: "",
      counterpart: nil)
    record.append(ahead)
    record.noteAhead(at: Timestamp(seconds: 8))
    #expect(record.encoded == [2, 7] + due + [0, 0, 0, 0, 0, 0, 0, 8] + ahead.encoded)
    #expect(SubjectRecord(decoding: record.encoded)?.encoded == record.encoded)
    let old = try #require(SubjectRecord(decoding: [1, 1] + due + ahead.encoded))
    #expect(old.isBlocked && old.attempts == [ahead])
    #expect(old.encoded == [2, 1] + due + ahead.encoded)
  }

  @Test("drops from the front of a record what is too old, and what is too many")
  func trim() {
    var random = SeededRandom(seed: 4)
    for _ in 0..<500 {
      let attempts = (0..<random.next() % 20).map { _ in random.recordedAttempt() }
      var record = SubjectRecord(due: start)
      for attempt in attempts { record.append(attempt) }
      let (oldest, count) = (random.time(), Int(random.next() % 22))
      // Of all of them none lies in the future.
      let now = max(oldest, attempts.map(\.time).max() ?? oldest)
      record.trim(
        olderThan: now.interval(since: oldest), at: now, keeping: count,
        from: Timestamp(seconds: .max))
      let kept = Array(attempts.suffix(count).drop { $0.time < oldest })
      #expect(record.attempts == kept)
      #expect(record.times == kept.map(\.time))
      #expect(kept.allSatisfy { record.contains($0.id) })
    }
  }

  @Test("drops none of those that are too many but young, up to the most that are ever kept")
  func trimSparing() {
    var record = SubjectRecord(due: start)
    let most = Int64(Limit.most)
    func append(_ seconds: Range<Int64>) {
      for second in seconds {
        record.append(
          RecordedAttempt(
            id: UInt64(second), time: start.adding(second), state: .failed, reason: .host,
            service: "", counterpart: nil))
      }
    }
    append(0..<20)
    record.trim(olderThan: 1_000_000, at: start.adding(20), keeping: 5, from: start.adding(7))
    #expect(record.times == (7..<20).map { start.adding($0) })
    record.trim(olderThan: 1_000_000, at: start.adding(20), keeping: 5, from: start.adding(18))
    #expect(record.times == (15..<20).map { start.adding($0) })
    append(20..<most + 30)
    record.trim(olderThan: 1_000_000, at: start.adding(most + 30), keeping: 5, from: start)
    #expect(record.times == (31..<most + 30).map { start.adding($0) })
  }

  @Test("reads what a slot says of an attempt as it was written")
  func inFlightRoundTrip() throws {
    var random = SeededRandom(seed: 5)
    for _ in 0..<2000 {
      let entry = random.inFlight()
      // In the journal a checksum of 8 bytes stands behind it.
      #expect(entry.encoded.count <= InFlight.slotLength - 8)
      let decoded = try #require(
        InFlight(decoding: entry.encoded[...], slot: 1, state: .failed, owner: entry.owner))
      #expect(decoded.slot == 1 && decoded.state == .failed && decoded.owner == entry.owner)
      #expect(decoded.id == entry.id && decoded.time == entry.time && decoded.kind == entry.kind)
      #expect(decoded.attempt == entry.attempt)
      // An empty name is nobody's, and isn't counted.
      #expect(decoded.subjects == entry.subjects)
      #expect(decoded.encoded == entry.encoded)
      // The table knows better when a failure was judged.
      let later = InFlight(decoding: entry.encoded[...], slot: 1, state: .writing, time: start)
      #expect(later?.time == start)
    }
  }

  /// What was acknowledged before an update of abl must count after it.
  @Test("writes a slot in the layout that is documented")
  func slotLayout() {
    let attempt = Attempt("x", from: "192.0.2.7", using: "su")
    let entry = InFlight(
      slot: 9, id: 0x0A0B, time: Timestamp(seconds: 3), owner: .none, state: .writing,
      kind: .refusal(.both), attempt: attempt, subjects: [.user("x")])
    #expect(
      entry.encoded
        == [0xA1] + [0, 0, 0, 0, 0, 0, 0xA, 0xB] + [0, 0, 0, 0, 0, 0, 0, 3] + [2, 4]
        + [0, 2, 0x73, 0x75] + [0, 2, 0x75, 0x78] + [0, 6, 0x68, 4, 192, 0, 2, 7])
  }

  @Test("never writes a time that it wouldn't read", arguments: [Int64.min, -1, 0, 1, Int64.max])
  func extremeTimes(_ seconds: Int64) throws {
    let time = Timestamp(seconds: seconds)
    var record = SubjectRecord(due: time)
    record.append(
      RecordedAttempt(
        id: .max, time: time, state: .failed, reason: .host, service: "", counterpart: nil))
    let decoded = try #require(SubjectRecord(decoding: record.encoded))
    #expect(decoded.times == [Timestamp(seconds: max(seconds, 0))])
    #expect(
      ExpiryKey(decoding: ExpiryKey(time, SubjectKey(.user("a"))).encoded)?.due == decoded.due)
    let entry = InFlight(
      slot: 1, id: 1, time: time, owner: .none, state: .failed, attempt: Attempt("a", from: nil),
      subjects: [])
    let again = InFlight(decoding: entry.encoded[...], slot: 1, state: .failed)
    #expect(again?.time == decoded.times[0])
  }
}

/// A subject, and its key.
struct WrittenKey: CustomTestStringConvertible {
  var subject: Subject
  var bytes: [UInt8]

  init(_ subject: Subject, _ bytes: [UInt8]) { (self.subject, self.bytes) = (subject, bytes) }

  var testDescription: String { "\(subject.kind) \(subject.text)" }
}
