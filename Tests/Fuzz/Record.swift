internal import Policy
internal import Text

@testable internal import BlockList
@testable internal import Upkeep

/// Whatever is read back from the store and from the table, each from the same bytes.
func fuzz(_ input: [UInt8]) {
  checkKeys(input)
  if let record = SubjectRecord(decoding: input) { check(record, input) }
  if let entry = InFlight(decoding: input[...], slot: 1, state: .journaled) { check(entry) }
  checkSealing(input)
  checkDecree(input)
}

private func checkKeys(_ input: [UInt8]) {
  if let key = ExpiryKey(decoding: input) {
    expect(key.encoded == input, "an expiry key is its bytes")
  }
  guard let key = SubjectKey(decoding: input) else { return }
  expect(key.encoded == input, "a key is its bytes")
  guard let subject = key.subject else { return }
  expect(isHarmless(subject.text.bytes), "a subject is shown harmlessly")
  // An IPv4 address mapped into IPv6 has two keys, of which the shorter is made.
  expect(
    SubjectKey(SubjectKey(subject).subject ?? .user("")) == SubjectKey(subject),
    "a subject has one key")
}

private func check(_ record: SubjectRecord, _ input: [UInt8]) {
  let bytes = record.encoded
  expect(bytes == asWritten(input, record), "a record is its bytes")
  expect(SubjectRecord(decoding: bytes)?.encoded == bytes, "a record reads as it is written")
  let attempts = record.attempts
  expect(record.failureCount <= record.times.count, "no more failed than there are")
  expect(
    attempts.map { $0.time } == Array(record.times.prefix(attempts.count)),
    "attempts are in the order of their times")
  expect(attempts.allSatisfy { record.contains($0.id) }, "a record knows the attempts that it has")
  for attempt in attempts { check(attempt) }
  for (attempt, guess) in zip(attempts, record.guesses) where attempt.counterpart?.kind == .user {
    expect(guess == Guess(attempt.time, attempt.tried), "both tell who was tried")
  }
  checkTrimming(of: record)
  checkAhead(record)
}

/// The bytes as this version writes them: without a list of pardons that is empty, and as the
/// second or third version where a later one says nothing more.
private func asWritten(_ input: [UInt8], _ record: SubjectRecord) -> [UInt8] {
  var bytes = input
  let count = bytes[1] & 4 != 0 ? 18 : 10
  if bytes[1] & 8 != 0 && bytes[count..<count + 2] == [0, 0] {
    bytes[1] &= ~8
    bytes.removeSubrange(count..<count + 2)
  }
  let isUnknown = record.guesses.contains { $0.tried.isUnknown == true }
  bytes[0] = bytes[1] & 32 != 0 ? 4 : bytes[1] & 24 == 0 && !isUnknown ? 2 : 3
  return bytes
}

/// At a moment in the middle of its times: those behind it lie in the future.
private func checkAhead(_ record: SubjectRecord) {
  var record = record
  let now = record.times.dropFirst(record.times.count / 2).first ?? Timestamp(seconds: 0)
  record.noteAhead(at: now)
  expect(!record.isNewlyAhead(at: now), "what was noted is known")
  let counted = record.times(at: now)
  expect(counted.count == record.times.count, "no attempt is lost to a clock")
  expect(counted.allSatisfy { $0.time <= now.adding(60) }, "none counts as made in the future")
}

private func check(_ attempt: RecordedAttempt) {
  var reader = Bytes.Reader(attempt.encoded)
  let once = RecordedAttempt(&reader)
  expect(once != nil && reader.rest.isEmpty, "an attempt is all that it wrote")
  // A name beyond what is kept is cut once.
  let isLong =
    attempt.service.bytes.count > 255 || (attempt.counterpart?.text.bytes.count ?? 0) > 255
  expect(isLong || once == attempt, "an attempt reads as it is written")
}

private func checkTrimming(of record: SubjectRecord) {
  let oldest = record.times.dropFirst(record.times.count / 2).first ?? Timestamp(seconds: 0)
  let now = max(record.newest ?? oldest, oldest)
  for count in [0, 1, record.times.count / 2, record.times.count] {
    var trimmed = record
    trimmed.trim(
      olderThan: now.interval(since: oldest), at: now, keeping: count,
      from: Timestamp(seconds: .max))
    // No time is before the end of time, so a failure of that very second is spared.
    let isSpared = trimmed.times.contains(Timestamp(seconds: .max))
    expect(trimmed.times.count <= count || isSpared, "no more is kept than was asked for")
    expect(Array(record.times.suffix(trimmed.times.count)) == trimmed.times, "the newest are kept")
    checkAppending(to: trimmed)
  }
}

private func checkAppending(to record: SubjectRecord) {
  var longer = record
  longer.append(
    RecordedAttempt(
      id: 7, time: Timestamp(seconds: 9), state: .failed, reason: .both, service: "sshd",
      counterpart: .user("root")))
  longer.file(under: Timestamp(seconds: 5))
  let again = SubjectRecord(decoding: longer.encoded)
  expect(again?.times == record.times + [Timestamp(seconds: 9)], "what is appended is there")
  expect(again?.contains(7) == true && again?.due.seconds == 5, "what is filed is found")
}

private func check(_ entry: InFlight) {
  let slot = entry.encoded
  let again = InFlight(decoding: slot[...], slot: 1, state: .journaled)
  expect(again?.encoded == slot, "an attempt in flight reads as it is written")
  expect(
    again?.id == entry.id && again?.time == entry.time && again?.kind == entry.kind,
    "an attempt in flight is the same when it is read again")
  let user = entry.attempt.user.map { Subject.user($0) }
  expect(entry.subjects.allSatisfy { $0.kind != .user || $0 == user }, "who is counted tries")
}

/// A slot of the journal: what is sealed is whole, and not so when any of it is changed.
private func checkSealing(_ input: [UInt8]) {
  let content = Array(input.prefix(InFlight.slotLength - 8))
  let slot = Journal.sealed(content)
  expect(slot.count == InFlight.slotLength, "a slot of the journal is full")
  expect(Journal.sealed(Array(slot.dropLast(8))) == slot, "a slot that was written is whole")
  var torn = slot
  torn[Int(input.first ?? 0) * 4] ^= 1 | (input.last ?? 0)
  expect(Journal.sealed(Array(torn.dropLast(8))) != torn, "a slot that was changed is not whole")
}

/// A decree, of a key and a value: how long the key is 1, the key, and the value behind it.
private func checkDecree(_ input: [UInt8]) {
  guard let length = input.first, input.count > Int(length) else { return }
  let (key, value) = (Array(input[1..<1 + Int(length)]), Array(input[(1 + Int(length))...]))
  guard let decree = Decree(key, value) else { return }
  expect(isHarmless(decree.target.text.bytes), "what is decreed is shown harmlessly")
  // Of the address of a network the bits that don't matter are zero from then on.
  let again = Decree(decree.order, number: decree.number)
  expect(Decree(again.key, again.value) == again, "a decree reads as it is written")
  expect(
    again.kind == decree.kind && again.until == decree.until && again.hits == decree.hits,
    "a decree made anew says the same")
  expect(Decree(again.order, number: again.number) == again, "what was made anew stays so")
  // Made anew it stands under the one key that is looked for.
  checkFinding(again)
  checkHits(of: again)
  checkUsage(key, value)
}

private func checkFinding(_ decree: Decree) {
  let book = DecreeBook([decree])
  let (target, now) = (decree.target, Timestamp(seconds: 1_000_000))
  let isOver = decree.isOver(at: now)
  expect((book.decree(decree.kind, on: target, at: now) == nil) == isOver, "a decree is found")
  guard let subject = target.subject else { return }
  expect(decree.means(subject), "a decree means its own subject")
  expect((book.decree(for: subject, at: now) == nil) == isOver, "a decree decides of its subject")
}

private func checkHits(of decree: Decree) {
  let time = Timestamp(seconds: 1_000_000)
  let hit = decree.number + Bytes.bigEndian(time.seconds)
  let counted = decree.counting([hit, [UInt8](repeating: 0xA5, count: 16), hit])
  expect(counted.hits >= decree.hits, "hits are added")
  expect((counted.lastHit ?? time) >= (decree.lastHit ?? time), "the last hit is no earlier one")
  expect(counted.order.until == decree.until && counted.key == decree.key, "a hit changes no more")
}

/// Which prefixes there are: what is read of any bytes, and a decree that comes and goes.
private func checkUsage(_ key: [UInt8], _ bytes: [UInt8]) {
  var usage = DecreeUsage(bytes)
  let before = usage.encoded
  expect(DecreeUsage(before).encoded == before, "a list of prefixes reads as it is written")
  let found = Decree.keys(for: Array(key.dropLast(2)) + [128], by: before)
  expect(found.count <= before.count / 7, "no more is looked for than there is")
  usage.add(key)
  usage.remove(key)
  expect(usage.encoded.count <= before.count + 7, "a prefix that goes is gone")
}
