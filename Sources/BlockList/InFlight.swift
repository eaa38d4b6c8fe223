internal import Platform
internal import Policy

/// An attempt whose password has not been judged yet, as it stands in the table.
///
/// A class, since many are passed around: copies of the struct were a tenth of the module.
final class InFlight: Sendable {
  /// Where it stands in the table, and in the journal.
  let slot: Int
  let id: UInt64
  /// When it began; of a failed one, when it was judged.
  let time: Timestamp
  let process: ProcessIdentity
  let state: State
  let attempt: Attempt
  /// Which of its subjects are counted; listed ones are not.
  let subjects: [Subject]

  init(
    slot: Int, id: UInt64, time: Timestamp, process: ProcessIdentity, state: State,
    attempt: Attempt, subjects: [Subject]
  ) {
    (self.slot, self.id, self.time) = (slot, id, time)
    (self.process, self.state) = (process, state)
    (self.attempt, self.subjects) = (attempt, subjects)
  }

  /// It, in another state since `now`.
  func becoming(_ state: State, at now: Timestamp) -> InFlight {
    InFlight(
      slot: slot, id: id, time: now, process: process, state: state, attempt: attempt,
      subjects: subjects)
  }

  enum State: UInt8 {
    /// Its password is being asked for, or looked at.
    case judging = 1
    /// Its password was typed: it lapses with its process only. Stopped now and continued when it
    /// has made room for others, it would be one guess too many.
    case answered = 3
    /// Something else is asked for since, and that may have told that the password was wrong:
    /// should its process end now, it is a failure.
    case halfway = 6
    /// It was judged, and wrong, and is still to be written to the store.
    case failed = 2
    /// Likewise, and its process is writing it to the journal: it is that process's for as long as
    /// that lives.
    case writing = 5
    /// Likewise, and it is in the journal.
    case journaled = 4

    /// Whether it has no verdict yet.
    var isOpen: Bool { self == .judging || isAnswered }

    var isAnswered: Bool { self == .answered || self == .halfway }
  }

  /// Seconds after which one without a verdict is taken to be abandoned.
  static let patience: Int64 = 150

  /// Likewise once its password was typed: a verdict takes a moment, so this is only for a program
  /// that lives on and never told one, because something took our hook away from libpam.
  static let patienceWhenAnswered: Int64 = 24 * 60 * 60

  /// Whether it has failed, and whoever has the lock may write it to the store.
  var isToBeFiled: Bool {
    state == .failed || state == .journaled || state == .writing && !process.isAlive
  }

  /// Whether a failure has been in the journal for long enough: for a day, so that the store sees
  /// how time passes; or it is ahead of the clock, and the store knows since when.
  func isOld(at now: Timestamp) -> Bool {
    time > now.adding(SubjectRecord.slack) || now.interval(since: time) > 24 * 60 * 60
  }

  /// Whether it has no verdict yet, and `subject` is one of those that it counts for.
  @inline(never)
  func isOpen(of subject: Subject) -> Bool { state.isOpen && concerns(subject) }

  func concerns(anyOf subjects: [Subject]) -> Bool {
    for subject in subjects where concerns(subject) { return true }
    return false
  }

  func concerns(_ subject: Subject) -> Bool { subjects.contains(subject) }

  /// Whether it can be taken never to get a verdict: its process is gone, or it has been open for
  /// too long.
  func hasLapsed(at now: Timestamp) -> Bool { isOverdue(at: now) || !process.isAlive }

  /// Whether it has been open for too long; the clock may have been set back meanwhile.
  func isOverdue(at now: Timestamp) -> Bool {
    let patience = state.isAnswered ? Self.patienceWhenAnswered : Self.patience
    return now.interval(since: time).magnitude >= patience.magnitude
  }
}

/// A slot: state 1, id 8, time 8, process 4, seen 8, which subjects count 1, then service,
/// user's key, host's key.
extension InFlight {
  static let slotLength = 1024

  /// The front of a slot.
  var head: [UInt8] { [state.rawValue] + Bytes.bigEndian(id) + Bytes.bigEndian(time.seconds) }

  var encoded: [UInt8] {
    let host = attempt.host.map { Subject.host($0) }
    let user = attempt.user.map { Subject.user($0) }
    let isHostCounted = host.map(concerns) ?? false
    let isUserCounted = user.map(concerns) ?? false
    var bytes = head
    bytes += Bytes.bigEndian(UInt64(UInt32(bitPattern: process.id)), count: 4)
    bytes += Bytes.bigEndian(process.seen)
    bytes.append((isHostCounted ? 1 : 0) | (isUserCounted ? 2 : 0))
    bytes += Bytes.string(attempt.service.bytes)
    bytes += Bytes.string(user.map { SubjectKey($0).bytes } ?? [])
    bytes += Bytes.string(host.map { SubjectKey($0).bytes } ?? [])
    return bytes + [UInt8](repeating: 0, count: max(Self.slotLength - bytes.count, 0))
  }

  /// nil if the slot is free, or makes no sense.
  convenience init?(decoding bytes: ArraySlice<UInt8>, slot: Int) {
    var reader = Bytes.Reader(bytes)
    guard let state = reader.byte().flatMap(State.init), let id = reader.integer(8),
      let seconds = reader.int64(), let process = reader.integer(4), let seen = reader.integer(8),
      let counted = reader.byte(), let service = reader.string(), let user = reader.string(),
      let host = reader.string()
    else { return nil }
    let attempt = Attempt(
      user: SubjectKey(decoding: user)?.user, host: SubjectKey(decoding: host)?.host,
      service: Name(service))
    self.init(
      slot: slot, id: id, time: Timestamp(seconds: seconds),
      process: ProcessIdentity(
        id: Int32(bitPattern: UInt32(truncatingIfNeeded: process)), seen: seen),
      state: state, attempt: attempt,
      subjects: attempt.subjects.filter { subject in
        if case .host = subject { counted & 1 != 0 } else { counted & 2 != 0 }
      })
  }
}
