internal import Platform
package import Policy

/// An attempt as it stands in the table, and a failure as it stands in the journal.
///
/// A class, since many are passed around: copies of the struct were a tenth of the module.
package final class InFlight: Sendable {
  /// Where it stands in the table, and in the journal.
  let slot: Int
  let control: SlotControl
  package let id: UInt64
  /// When it was admitted; of a failure, when it was judged.
  package let time: Timestamp
  package let owner: SlotOwner
  package let state: State
  /// What it is in the history of its subjects, once it is there.
  let kind: Kind
  package let attempt: Attempt
  /// Which of its subjects are counted; listed ones are not.
  package let subjects: [Subject]
  /// Whether its user doesn't exist; nil as long as that isn't known.
  let isUnknownUser: Bool?

  package init(
    slot: Int, control: SlotControl = SlotControl(word: 0), id: UInt64, time: Timestamp,
    owner: SlotOwner, state: State, kind: Kind = .failure, attempt: Attempt, subjects: [Subject],
    isUnknownUser: Bool? = nil
  ) {
    (self.slot, self.control, self.id, self.time) = (slot, control, id, time)
    (self.owner, self.state, self.kind) = (owner, state, kind)
    (self.attempt, self.subjects, self.isUnknownUser) = (attempt, subjects, isUnknownUser)
  }

  /// The user it is at.
  var tried: Tried { attempt.tried(isUnknown: isUnknownUser) }

  /// The states of a slot: docs/ARCHITECTURE.md has them as a picture.
  package enum State: UInt64 {
    case free = 0
    /// Its owner is known, and what it says is being written: it concerns no subject yet.
    case claimed = 1
    /// What it says is there, and it is about to take its ticket: it counts for everybody.
    case choosing = 2
    /// It has its ticket, looks, and perhaps waits: it counts for those with a larger one.
    case open = 3
    /// Its password is being judged.
    case admitted = 4
    /// Likewise, and something else is asked for since, and that may have told that the password
    /// was wrong: should its process end now, it is a failure.
    case halfway = 5
    /// It was judged, and wrong, and its process is writing it to the journal: the slot is that
    /// process's for as long as that lives.
    case writing = 6
    /// It was judged, and wrong, and it is in the journal on the disk.
    case journaled = 7
    /// It was judged, and wrong, and it isn't in the journal: the next writer takes it into the
    /// store.
    case failed = 8
    /// It was taken for a failure, and its password was right: where the store has its id, that
    /// counts no more.
    case retracted = 10
    /// Its password was right, and the next writer notes where its user is known. It counts for
    /// nothing.
    case succeeded = 11

    /// Whether it has failed, and counts.
    package var isFailure: Bool { self == .writing || self == .journaled || self == .failed }

    /// Whether it waits for the store.
    var isUnfiled: Bool { isFailure || self == .retracted || self == .succeeded }

    /// Whether its password is being judged.
    package var isJudged: Bool { self == .admitted || self == .halfway }

    /// Whether its process waits for its turn.
    package var isWaiting: Bool { self == .choosing || self == .open }
  }

  /// What it is in a history.
  package enum Kind: Equatable {
    case failure
    /// It was refused, and for this reason.
    case refusal(RecordedAttempt.Reason)
  }

  /// Seconds after which an attempt of a process that can't be seen from here is taken to have
  /// ended without a verdict.
  static let patience: Int64 = 150

  /// Likewise of one that can be seen, and lives on: for a program that never told the verdict,
  /// because something took our hook away from libpam.
  static let patienceWhenAlive: Int64 = 24 * 60 * 60

  func concerns(_ subject: Subject) -> Bool { subjects.contains(subject) }

  /// Whether a failure has waited for the store for long enough: for a day, so that the store sees
  /// how time passes; or it is ahead of the clock, and the store is to know since when.
  static func isOld(_ time: Timestamp, at now: Timestamp) -> Bool {
    time > now.adding(SubjectRecord.slack) || now.interval(since: time) > 24 * 60 * 60
  }
}

/// What a slot says of its attempt, in the table and in the journal: layout 1, id 8, time 8, flags
/// 1, kind 1, service, the user's key, the host's key; then, as the flags say, the port 2, the
/// number of the caller 4 and whether the account is its own 1, and what else it counts for: how
/// many 1, and the key of each; of a user at home without the name.
extension InFlight {
  /// Bytes of a slot.
  static let slotLength = 1024
  /// Another one for another layout; never 0, which stands in a free slot of the journal.
  static let layout: UInt8 = 0xA1

  /// What stands in a slot. The version before reads what stands in front.
  private enum Flag {
    static let host: UInt8 = 1
    static let user: UInt8 = 2
    static let port: UInt8 = 4
    static let caller: UInt8 = 8
    static let others: UInt8 = 16
    /// There is no such user.
    static let unknownUser: UInt8 = 32
  }

  var encoded: [UInt8] {
    let host = attempt.host.map { Subject.host($0) }
    let user = attempt.user.map { Subject.user($0) }
    let others = subjects.filter { $0 != host && $0 != user }
    var flags: UInt8 = 0
    if let host, concerns(host) { flags |= Flag.host }
    if let user, concerns(user) { flags |= Flag.user }
    if attempt.port != 0 { flags |= Flag.port }
    if attempt.caller != nil { flags |= Flag.caller }
    if !others.isEmpty { flags |= Flag.others }
    if isUnknownUser == true { flags |= Flag.unknownUser }
    var bytes = [Self.layout] + Bytes.bigEndian(id) + Bytes.bigEndian(time.seconds) + [flags]
    switch kind {
    case .failure: bytes.append(0)
    case .refusal(let reason): bytes.append(reason.rawValue)
    }
    bytes += Bytes.string(attempt.service.bytes)
    bytes += Bytes.string(user.map { SubjectKey($0).bytes } ?? [])
    bytes += Bytes.string(host.map { SubjectKey($0).bytes } ?? [])
    bytes += Bytes.port(attempt.port)
    if let caller = attempt.caller {
      bytes += Bytes.bigEndian(UInt64(caller.number), count: 4) + [caller.isOwnAccount ? 1 : 0]
    }
    guard !others.isEmpty else { return bytes }
    bytes.append(UInt8(truncatingIfNeeded: others.count))
    for other in others { bytes += Bytes.string(SubjectKey(other.withoutUser).bytes) }
    return bytes
  }

  /// Nil if the slot is free, or makes no sense.
  ///
  /// - Parameters:
  ///   - time: if it is known better than the slot does.
  ///   - isUnknownUser: likewise.
  convenience init?(
    decoding bytes: ArraySlice<UInt8>, slot: Int, control: SlotControl = SlotControl(word: 0),
    state: State, owner: SlotOwner = .none, time: Timestamp? = nil, isUnknownUser: Bool? = nil
  ) {
    var reader = Bytes.Reader(bytes)
    guard reader.byte() == Self.layout, let id = reader.integer(8), let seconds = reader.int64(),
      let flags = reader.byte(), let kind = reader.byte().flatMap(Kind.init(decoding:)),
      let attempt = Attempt(&reader, hasPort: flags & Flag.port != 0, flags & Flag.caller != 0),
      let others = flags & Flag.others == 0 ? [] : Self.others(&reader, attempt)
    else { return nil }
    var subjects: [Subject] = []
    if flags & Flag.host != 0, let host = attempt.host { subjects.append(.host(host)) }
    subjects += others.filter { $0.kind.isOrigin }
    if flags & Flag.user != 0, let user = attempt.user { subjects.append(.user(user)) }
    self.init(
      slot: slot, control: control, id: id, time: time ?? Timestamp(seconds: seconds), owner: owner,
      state: state, kind: kind, attempt: attempt,
      subjects: subjects + others.filter { !$0.kind.isOrigin },
      isUnknownUser: isUnknownUser ?? (flags & Flag.unknownUser != 0))
  }

  private static func others(_ reader: inout Bytes.Reader, _ attempt: Attempt) -> [Subject]? {
    guard let count = reader.byte() else { return nil }
    var others: [Subject] = []
    for _ in 0..<count {
      guard let key = reader.string(), let subject = SubjectKey(decoding: key)?.subject,
        subject.kind != .user
      else { return nil }
      others.append(subject.with(attempt.user))
    }
    return others
  }
}

extension Attempt {
  fileprivate convenience init?(_ reader: inout Bytes.Reader, hasPort: Bool, _ hasCaller: Bool) {
    guard let service = reader.string(), let user = reader.string(), let host = reader.string(),
      let port = reader.integer(hasPort ? 2 : 0), let number = reader.integer(hasCaller ? 4 : 0),
      let isOwn = reader.integer(hasCaller ? 1 : 0)
    else { return nil }
    let caller = Caller(number: UInt32(truncatingIfNeeded: number), isOwnAccount: isOwn != 0)
    self.init(
      user: SubjectKey(decoding: user)?.user, host: SubjectKey(decoding: host)?.host,
      service: Name(service), port: UInt16(truncatingIfNeeded: port),
      caller: hasCaller ? caller : nil)
  }
}

extension Subject {
  /// A slot has the user's name once.
  fileprivate var withoutUser: Subject {
    if case .home(_, let network) = self { .home(Name([]), network) } else { self }
  }

  fileprivate func with(_ user: Name?) -> Subject {
    if case .home(_, let network) = self { .home(user ?? Name([]), network) } else { self }
  }
}

extension InFlight.Kind {
  init?(decoding byte: UInt8) {
    guard byte != 0 else {
      self = .failure
      return
    }
    guard let reason = RecordedAttempt.Reason(rawValue: byte) else { return nil }
    self = .refusal(reason)
  }
}

extension SlotOwner {
  /// What stands where the process doesn't matter any more.
  package static var none: SlotOwner {
    SlotOwner(process: ProcessIdentity(id: 0, seen: 0), namespace: 0, borrower: 0)
  }
}
