internal import BlockList
internal import Policy
internal import Text
internal import Upkeep

extension OldRecord {
  /// The record as ours; nil if its name stands for no subject.
  ///
  /// - Parameter name: of the host or the user, as the old store has it.
  func history(of name: [UInt8], _ kind: Kind) -> ImportedHistory? {
    guard let subject = kind.subject(name) else { return nil }
    var occurrences: [OldAttempt: UInt64] = [:]
    let recorded = attempts.map { attempt in
      let number = occurrences[attempt, default: 0]
      occurrences[attempt] = number + 1
      return attempt.recorded(of: name, kind, number)
    }
    return ImportedHistory(subject, wasBlocked: wasBlocked, recorded)
  }
}

extension OldAttempt {
  /// - Parameter number: how many that are the same stand before it in the record.
  fileprivate func recorded(
    of name: [UInt8], _ kind: Kind, _ number: UInt64
  ) -> RecordedAttempt {
    RecordedAttempt(
      id: id(name, kind, number), time: Timestamp(seconds: time),
      state: reason == 0 || reason == 4 ? .failed : .refused, reason: ourReason,
      service: Name(bounded: service),
      counterpart: (kind == .host ? Kind.user : .host).subject(other))
  }

  private var ourReason: RecordedAttempt.Reason {
    switch reason {
    case 1: .host
    case 2: .user
    case 3: .both
    default: .authentication
    }
  }

  /// Says which attempt it is, whenever it is read, and wherever: the same for its host and its
  /// user.
  ///
  /// It is FNV-1a of all that is known of the attempt. The place in the record is not: the old
  /// module may have dropped what stood before it.
  private func id(_ name: [UInt8], _ kind: Kind, _ number: UInt64) -> UInt64 {
    let (host, user) = kind == .host ? (name, other) : (other, name)
    var bytes: [UInt8] = []
    for text in [host, user, service] { bytes += text + [0] }
    for value in [UInt64(bitPattern: time), reason, number] {
      for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * shift))) }
    }
    return bytes.fnv1a
  }
}
