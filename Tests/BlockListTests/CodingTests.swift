import Platform
import Policy
import Testing

@testable import BlockList

extension SeededRandom {
  /// A name of any bytes, often a short one, at times the longest.
  fileprivate mutating func name(atLeast least: Int = 0) -> Name {
    let count = next() % 8 == 0 ? 255 : Int(next() % 12)
    return Name(bytes(max(count, least)))
  }

  fileprivate mutating func host() -> Host {
    switch next() % 3 {
    case 0: .address(.v4(UInt32(truncatingIfNeeded: next())))
    case 1: .address(.v6(high: next() | 1, low: next()))
    default: .name(name(atLeast: 1))
    }
  }

  fileprivate mutating func subject() -> Subject {
    next() % 2 == 0 ? .host(host()) : .user(name())
  }

  fileprivate mutating func time() -> Timestamp {
    let seconds = next() >> (1 + next() % 63)
    return Timestamp(seconds: Int64(seconds))
  }

  fileprivate mutating func recordedAttempt() -> RecordedAttempt {
    RecordedAttempt(
      id: next(), time: time(), state: next() % 2 == 0 ? .failed : .refused,
      reason: RecordedAttempt.Reason(rawValue: UInt8(1 + next() % 4)) ?? .both, service: name(),
      counterpart: next() % 4 == 0 ? nil : subject())
  }

  fileprivate mutating func inFlight() -> InFlight {
    let attempt = Attempt(
      user: next() % 8 == 0 ? nil : name(), host: next() % 8 == 0 ? nil : host(), service: name())
    let mask = next()
    return InFlight(
      id: next(), time: time(),
      process: ProcessIdentity(id: Int32(truncatingIfNeeded: next()), start: next()),
      state: next() % 2 == 0 ? .judging : .failed, attempt: attempt,
      subjects: attempt.subjects.enumerated().filter { mask >> $0.offset & 1 == 1 }.map(\.element))
  }
}

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

/// A subject, and its key.
struct WrittenKey: CustomTestStringConvertible {
  var subject: Subject
  var bytes: [UInt8]

  init(_ subject: Subject, _ bytes: [UInt8]) { (self.subject, self.bytes) = (subject, bytes) }

  var testDescription: String { "\(subject.kind) \(subject.text)" }
}

/// What is on the disks of administrators must stay readable.
@Test(
  "writes keys in the layout that is documented",
  arguments: [
    WrittenKey(.user("bob"), [0x75, 0x62, 0x6F, 0x62]),
    WrittenKey(.user(""), [0x75]),
    WrittenKey(.host("192.0.2.7"), [0x68, 4, 192, 0, 2, 7]),
    WrittenKey(.host("::ffff:192.0.2.7"), [0x68, 4, 192, 0, 2, 7]),
    WrittenKey(.host("2001:db8::1"), [0x68, 6, 0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
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
      == [1, 0] + [0, 0, 0, 0, 0, 0, 1, 2]
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
    let decoded = try #require(SubjectRecord(decoding: record.encoded))
    #expect(decoded.attempts == attempts)
    #expect(decoded.times == attempts.map(\.time))
    #expect(decoded.due == record.due)
    #expect(decoded.failureCount == attempts.count { $0.state == .failed })
    #expect(decoded.newest == attempts.map(\.time).max())
    #expect(attempts.allSatisfy { decoded.contains($0.id) })
    #expect(decoded.encoded == record.encoded)
  }
}

@Test("trims a record to the newest of those that are not too old")
func trim() {
  var random = SeededRandom(seed: 4)
  for _ in 0..<500 {
    let attempts = (0..<random.next() % 20).map { _ in random.recordedAttempt() }
    var record = SubjectRecord(due: start)
    for attempt in attempts { record.append(attempt) }
    let (oldest, count) = (random.time(), Int(random.next() % 22))
    record.trim(before: oldest, keeping: count)
    let kept = Array(attempts.filter { $0.time >= oldest }.suffix(count))
    #expect(record.attempts == kept)
    #expect(record.times == kept.map(\.time))
    #expect(kept.allSatisfy { record.contains($0.id) })
  }
}

@Test("reads an attempt in flight as it was written")
func inFlightRoundTrip() throws {
  var random = SeededRandom(seed: 5)
  for _ in 0..<2000 {
    let entry = random.inFlight()
    #expect(entry.encoded.count == InFlight.slotLength)
    #expect(entry.encoded.starts(with: entry.head))
    let decoded = try #require(InFlight(decoding: entry.encoded[...]))
    #expect(decoded.id == entry.id && decoded.time == entry.time)
    #expect(decoded.process == entry.process && decoded.state == entry.state)
    #expect(decoded.attempt == entry.attempt)
    // An empty name is nobody's, and isn't counted.
    #expect(decoded.subjects == entry.subjects)
  }
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
  #expect(ExpiryKey(decoding: ExpiryKey(time, SubjectKey(.user("a"))).encoded)?.due == decoded.due)
  let entry = InFlight(
    id: 1, time: time, process: .current, state: .failed, attempt: Attempt("a", from: nil),
    subjects: [])
  #expect(InFlight(decoding: entry.encoded[...])?.time == decoded.times[0])
}

/// Bytes that are no record.
struct NoRecord: CustomTestStringConvertible {
  var testDescription: String
  var bytes: [UInt8]

  init(_ description: String, _ bytes: [UInt8]) {
    (testDescription, self.bytes) = (description, bytes)
  }
}

private let noAttempts: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 9]

@Test(
  "refuses a record that it doesn't know",
  arguments: [
    NoRecord("nothing", []),
    NoRecord("a newer version", [2] + noAttempts.dropFirst()),
    NoRecord("no version", [0] + noAttempts.dropFirst()),
    NoRecord("a version alone", [1]),
    NoRecord("half a due time", Array(noAttempts.dropLast())),
    NoRecord("a negative due time", [1, 0] + [UInt8](repeating: 0xFF, count: 8)),
    NoRecord("leftovers", noAttempts + [0]),
    NoRecord("half an attempt", noAttempts + [UInt8](repeating: 0, count: 21)),
    NoRecord("a name beyond the end", noAttempts + [UInt8](repeating: 0, count: 18) + [0xFF, 0xFF, 0, 0]),
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
    if round % 2 == 0, !bytes.isEmpty { bytes[0] = [1, 2, 0x68, 0x75][round / 2 % 4] }
    if let key = SubjectKey(decoding: bytes) { #expect(key.bytes == bytes) }
    _ = SubjectKey(decoding: bytes)?.subject
    _ = ExpiryKey(decoding: bytes)?.subject.subject
    if let record = SubjectRecord(decoding: bytes) {
      #expect(record.attempts.count <= record.times.count)
      #expect(record.failureCount <= record.times.count)
      _ = record.hasExpired(period: .max, at: start)
    }
    if let entry = InFlight(decoding: bytes[...]) { _ = entry.hasLapsed(at: start) }
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
    slot[Int(random.next() % 300)] = UInt8(truncatingIfNeeded: random.next())
    for count in [bytes.count, Int(random.next() % UInt64(bytes.count))] {
      guard var damaged = SubjectRecord(decoding: Array(bytes.prefix(count))) else { continue }
      _ = (damaged.attempts, damaged.failureCount, damaged.newest)
      damaged.trim(before: start, keeping: 1)
      #expect(damaged.times.count <= 1)
    }
    _ = InFlight(decoding: slot[...])?.encoded
    _ = InFlight(decoding: slot.prefix(Int(random.next() % 1024)))
  }
}
