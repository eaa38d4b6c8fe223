internal import BlockList
public import Policy
internal import Text
public import Upkeep

extension OldRecord {
  /// The record as ours.
  ///
  /// - Parameter name: of the host or the user, as the old store has it.
  public func history(of subject: Subject, named name: [UInt8]) -> ImportedHistory {
    var occurrences: [OldAttempt: UInt64] = [:]
    let recorded = attempts.map { attempt in
      let number = occurrences[attempt, default: 0]
      occurrences[attempt] = number + 1
      return attempt.recorded(of: name, isHost: subject.kind == .host, number)
    }
    return ImportedHistory(subject, wasBlocked: wasBlocked, recorded)
  }
}

extension OldAttempt {
  /// - Parameter number: how many that are the same stand before it in the record.
  fileprivate func recorded(
    of name: [UInt8], isHost: Bool, _ number: UInt64
  ) -> RecordedAttempt {
    RecordedAttempt(
      id: id(name, isHost, number), time: Timestamp(seconds: time),
      state: reason == 0 || reason == 4 ? .failed : .refused, reason: ourReason,
      service: Name(bounded: service),
      counterpart: isHost ? triedUser : originatingHost)
  }

  private var triedUser: Subject? { other.isEmpty ? nil : .user(Name(bounded: other)) }

  private var originatingHost: Subject? {
    Host(Name(bounded: other).bytes[...]).map { .host($0) }
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
  private func id(_ name: [UInt8], _ isHost: Bool, _ number: UInt64) -> UInt64 {
    let (host, user) = isHost ? (name, other) : (other, name)
    var bytes: [UInt8] = []
    for text in [host, user, service] { bytes += text + [0] }
    for value in [UInt64(bitPattern: time), reason, number] {
      for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * shift))) }
    }
    return bytes.fnv1a
  }
}
