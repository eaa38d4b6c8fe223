package import LMDB
public import Policy
internal import Text

/// The begin or the end of a block, as the store keeps it: in the ring `events`, and, as long as
/// the block lasts, in `blocked`. It is written in the commit that changes the subject's record.
public struct Event: Equatable, Sendable {
  /// 1 for the first one of a store; a gap means that the ring was overtaken.
  public let sequence: UInt64
  public let kind: Kind
  public let cause: Cause
  /// When it was written.
  public let time: Timestamp
  /// When the block began.
  public let since: Timestamp
  /// The first second without the block if no attempt follows; of an end, when that was noticed.
  public let until: Timestamp
  /// How many attempts on record count against the subject.
  public let failures: UInt32
  /// The source port of the attempt that did it; 0 if that isn't known.
  public let port: UInt16
  public let subject: Subject
  /// What decree it is of; nil of a block by evidence.
  public let decree: Decree.Kind?
  /// The clause that blocks, with its limit, as text; empty if it isn't known.
  public let rule: [UInt8]
  /// What the last attempt of the block was for, and its other side; nil if that isn't known.
  public let (service, counterpart): (Name?, Subject?)

  /// What has happened to a block.
  public enum Kind: UInt8, CaseIterable, Sendable {
    case began = 1
    case extended = 2
    case ended = 3
    /// A decree lets the subject pass, or for longer.
    case allowed = 4
    /// That decree has ended.
    case disallowed = 5
  }

  /// What did it.
  public enum Cause: UInt8, CaseIterable, Sendable {
    /// An attempt failed, or was refused.
    case attempt = 1
    case time = 2
    /// The rules or the allow lists have changed.
    case configuration = 3
    /// A failure was taken back, for its password was right.
    case verdict = 4
    /// An administrator.
    case hand = 5
    /// The store is full, and let go of the subject.
    case room = 6
    /// The subject was blocked in the store that it was imported from.
    case transfer = 7
  }
}

/// Layout 1, kind 1, cause 1, since 8, sequence 8, time 8, until 8, failures 8, port 2, rule,
/// service, counterpart (its key); in the ring also the subject, which is the key of `blocked`.
/// What stands behind `failures` stays as it is to the end. Layout 2 is of a decree, whose key
/// stands for the subject's.
extension Event {
  private static let layout: UInt8 = 1
  private static let layoutOfDecree: UInt8 = 2
  private static let head = 43

  /// - Parameter row: what `blocked` has for the subject.
  static func encoded(
    _ change: Change, _ sequence: UInt64, after row: [UInt8]?, at now: Timestamp
  ) -> [UInt8] {
    let until = (change.block?.until ?? now).seconds
    var bytes = [Self.layout, change.kind.rawValue, change.cause.rawValue]
    for number in [
      now.seconds, Int64(truncatingIfNeeded: sequence), now.seconds, until, Int64(change.failures),
    ] {
      bytes += Bytes.bigEndian(number)
    }
    guard change.kind != .began, let row, row.count >= Self.head else { return bytes + change.tail }
    for place in 3..<11 { bytes[place] = row[place] }
    return bytes + (change.block == nil ? Array(row[Self.head...]) : change.tail)
  }

  /// Reads what is stored; nil if that is no event to this version.
  ///
  /// - Parameter row: of `blocked`, whose key that is.
  package init?(decoding bytes: [UInt8], row: [UInt8]? = nil) {
    var reader = Bytes.Reader(bytes)
    guard let layout = reader.byte(), 1...Self.layoutOfDecree ~= layout,
      let kind = reader.byte().flatMap(Kind.init),
      let cause = reader.byte().flatMap(Cause.init), let since = reader.int64(),
      let sequence = reader.integer(8), let time = reader.int64(), let until = reader.int64(),
      let failures = reader.integer(8), let port = reader.integer(2),
      let rule = reader.string(), let service = reader.string(), let other = reader.string(),
      let key = row ?? reader.string(), let named = Named(key, layout)
    else { return nil }
    (subject, decree) = (named.subject, named.decree)
    (self.kind, self.cause, self.sequence) = (kind, cause, sequence)
    (self.since, self.time) = (Timestamp(seconds: since), Timestamp(seconds: time))
    (self.until, self.failures) = (Timestamp(seconds: until), UInt32(truncatingIfNeeded: failures))
    (self.port, self.rule) = (UInt16(port), rule)
    self.service = service.isEmpty ? nil : Name(service)
    counterpart = SubjectKey(decoding: other)?.subject
  }
}

extension Event {
  /// The subject of an event.
  private struct Named {
    let subject: Subject
    var decree: Decree.Kind?

    init?(_ key: [UInt8], _ layout: UInt8) {
      guard layout == Event.layoutOfDecree else {
        guard let subject = SubjectKey(decoding: key)?.subject else { return nil }
        self.subject = subject
        return
      }
      guard let kind = key.last.flatMap(Decree.Kind.init), key.count > 3,
        let subject = SubjectKey(decoding: Array(key.dropLast(2)))?.subject
      else { return nil }
      decree = kind
      let length = key[key.count - 2]
      if case .host(.address(let address)) = subject, length < 8 * address.octets.count {
        self.subject = .network(Network(address, prefixLength: length))
      } else {
        self.subject = subject
      }
    }
  }

  /// Of a decree.
  fileprivate static func encoded(
    _ decree: Decree, _ kind: Kind, _ cause: Cause, _ sequence: UInt64, at now: Timestamp
  ) -> [UInt8] {
    let isOn = kind != .ended && kind != .disallowed
    var bytes = [layoutOfDecree, kind.rawValue, cause.rawValue]
    for number in [
      decree.made.seconds, Int64(truncatingIfNeeded: sequence), now.seconds,
      isOn ? decree.until.seconds : now.seconds, 0,
    ] {
      bytes += Bytes.bigEndian(number)
    }
    let rule = Array(decree.block.ruleText.bytes)
    return bytes + Bytes.bigEndian(0, count: 2) + Bytes.string(rule) + Bytes.string([])
      + Bytes.string([]) + Bytes.string(decree.key)
  }
}

extension Schema {
  /// Writes down what has become of a decree.
  package func note(
    _ decree: Decree, _ kind: Event.Kind, _ cause: Event.Cause, at now: Timestamp,
    _ transaction: borrowing WriteTransaction
  ) throws(LMDBError) {
    let sequence = try lastSequence(transaction) &+ 1
    try add(Event.encoded(decree, kind, cause, sequence, at: now), sequence, transaction)
  }

  /// Adds an event to the ring.
  private func add(
    _ event: [UInt8], _ sequence: UInt64, _ transaction: borrowing WriteTransaction
  ) throws(LMDBError) {
    guard let events else { return }
    try events.set(event, for: Bytes.bigEndian(sequence), in: transaction)
    try events.remove(Bytes.bigEndian(sequence &- Self.eventLimit(transaction)), in: transaction)
    try meta.set(Bytes.bigEndian(sequence), for: Self.sequenceKey, in: transaction)
  }
}

extension Change {
  fileprivate var tail: [UInt8] {
    let other = attempt?.counterpart(of: subject).map { SubjectKey($0).bytes } ?? []
    return Bytes.bigEndian(UInt64(attempt?.port ?? 0), count: 2)
      + Bytes.string(Array((block?.ruleText ?? "").bytes))
      + Bytes.string(attempt?.service.bytes ?? []) + Bytes.string(other)
  }
}

extension Schema {
  /// How many events the ring has at most: each may take a third of a page of the map.
  package static func eventLimit(
    _ transaction: borrowing WriteTransaction
  ) throws(LMDBError) -> UInt64 {
    UInt64(max(min(try transaction.pages / 8, 4096), 16))
  }

  /// Writes down what has changed: its event, and whether the subject is blocked now.
  package func note(
    _ change: Change, at now: Timestamp, _ transaction: borrowing WriteTransaction
  ) throws(LMDBError) {
    guard let blocked else { return }
    let key = SubjectKey(change.subject).bytes
    let row = try blocked.value(for: key, in: transaction)
    let sequence = try lastSequence(transaction) &+ 1
    let value = Event.encoded(change, sequence, after: row, at: now)
    try add(value + Bytes.string(key), sequence, transaction)
    guard change.kind == .ended else {
      return try blocked.set(value, for: key, in: transaction)
    }
    try blocked.remove(key, in: transaction)
  }
}

extension Event {
  /// One that isn't written.
  package init(
    _ change: Change, since: Timestamp, service: Name?, other: Subject?, at now: Timestamp
  ) {
    (sequence, kind, cause, time, port) = (0, change.kind, change.cause, now, 0)
    (self.since, until) = (since, change.block?.until ?? now)
    (failures, subject) = (change.failures, change.subject)
    decree = nil
    rule = Array((change.block?.ruleText ?? "").bytes)
    (self.service, counterpart) = (service, other)
  }
}
