public import Policy

/// An attempt as it stands in the history of one of its subjects.
public struct RecordedAttempt: Equatable, Sendable {
  /// Tells it from every other attempt; the same in the histories of its host and of its user.
  public let id: UInt64
  public let time: Timestamp
  public let state: State
  public let reason: Reason
  public let service: Name
  /// The user that a host tried, or the host that a user came from; nil if there was none.
  public let counterpart: Subject?
  /// The port that the host came from; 0 if it isn't known.
  public let port: UInt16
  /// Whether there was no such user; noted only where a rule asked.
  public let isUnknownUser: Bool

  /// What became of it.
  public enum State: UInt8, Sendable {
    /// The password was judged, and wrong.
    case failed = 1
    /// It was refused before the password was judged.
    case refused = 2
  }

  /// Why it did not succeed, in pam_abl's terms.
  public enum Reason: UInt8, Sendable {
    /// The stack said no.
    case authentication = 1
    /// The host was blocked.
    case host = 2
    /// The user was blocked.
    case user = 3
    /// Both were.
    case both = 4
  }

  public init(
    id: UInt64, time: Timestamp, state: State, reason: Reason, service: Name,
    counterpart: Subject?, port: UInt16 = 0, isUnknownUser: Bool = false
  ) {
    (self.id, self.time, self.state, self.reason) = (id, time, state, reason)
    (self.service, self.counterpart, self.port) = (service, counterpart, port)
    self.isUnknownUser = isUnknownUser
  }
}

/// In a record: id 8, time 8, state 1, reason 1, port 2 if the highest bit of the state is set,
/// service, counterpart (its key; empty if there is none). The next bit of the state says that no
/// such user existed.
extension RecordedAttempt {
  /// Says in the byte of the state that a port follows.
  package static let hasPort: UInt8 = 0x80
  /// Says there that no such user exists: records that have it are of the third version.
  package static let isOfUnknown: UInt8 = 0x40
  /// The bits of that byte that are no state.
  package static var flags: UInt8 { hasPort | isOfUnknown }

  var encoded: [UInt8] {
    let port = Bytes.port(port)
    let flags = (port.isEmpty ? 0 : Self.hasPort) | (isUnknownUser ? Self.isOfUnknown : 0)
    return Bytes.bigEndian(id) + Bytes.bigEndian(time.seconds)
      + [flags | state.rawValue, reason.rawValue] + port
      + Bytes.string(service.bytes)
      + Bytes.string(counterpart.map { SubjectKey($0).bytes } ?? [])
  }

  /// Takes one from the front; nil if what stands there is none.
  init?(_ reader: inout Bytes.Reader) {
    guard let id = reader.integer(8), let seconds = reader.int64(),
      let kind = reader.byte(), let state = State(rawValue: kind & ~Self.flags),
      let reason = reader.byte().flatMap(Reason.init),
      let port = reader.integer(kind & Self.hasPort == 0 ? 0 : 2),
      let service = reader.string(), let counterpart = reader.string()
    else { return nil }
    self.init(
      id: id, time: Timestamp(seconds: seconds), state: state, reason: reason,
      service: Name(service),
      counterpart: SubjectKey(decoding: counterpart)?.subject,
      port: UInt16(truncatingIfNeeded: port), isUnknownUser: kind & Self.isOfUnknown != 0)
  }

  /// The user it was at.
  public var tried: Tried {
    let key = counterpart.map { SubjectKey($0).bytes } ?? []
    return Tried(key[...].dropFirst(), isUnknown: isUnknownUser)
  }

  /// Steps over one, and says what a verdict wants of it. What is no state or no reason is damage.
  static func skim(
    _ reader: inout Bytes.Reader
  ) -> (id: UInt64, guess: Guess, isFailure: Bool)? {
    guard let id = reader.integer(8), let seconds = reader.int64(),
      let kind = reader.byte(), let state = State(rawValue: kind & ~Self.flags),
      let reason = reader.byte(), Reason(rawValue: reason) != nil,
      reader.skip(kind & Self.hasPort == 0 ? 0 : 2) != nil,
      reader.skipString(), let counterpart = reader.slice()
    else { return nil }
    let tried = Tried(counterpart.dropFirst(), isUnknown: kind & Self.isOfUnknown != 0)
    return (id, Guess(Timestamp(seconds: seconds), tried), state == .failed)
  }
}
