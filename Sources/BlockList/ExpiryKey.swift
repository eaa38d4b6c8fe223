internal import LMDB
internal import Policy

/// When a subject's record is to be looked at for having expired: seconds since 1970, big-endian,
/// and its key. Of those that were blocked when the store was full the highest bit is set, so that
/// they come last.
///
/// The index is lazy: it isn't moved when the subject fails again. A writer that finds an entry due
/// looks at the record, which says whether it has really expired or is to be filed again.
package struct ExpiryKey: Storable, Sendable {
  let due: Timestamp
  let subject: SubjectKey
  let isBlocked: Bool

  private static let blocked: UInt64 = 1 << 63

  init(_ due: Timestamp, _ subject: SubjectKey, isBlocked: Bool = false) {
    (self.due, self.subject, self.isBlocked) = (due, subject, isBlocked)
  }

  /// Where the index has the record of `subject`.
  package init(of record: SubjectRecord, _ subject: SubjectKey) {
    self.init(record.due, subject, isBlocked: record.isFiledAsBlocked)
  }

  /// Not above any of those that were blocked.
  static var firstBlocked: ExpiryKey {
    ExpiryKey(Timestamp(seconds: 0), .lowest, isBlocked: true)
  }

  var encoded: [UInt8] {
    let seconds = UInt64(max(due.seconds, 0))
    return Bytes.bigEndian(isBlocked ? seconds | Self.blocked : seconds) + subject.bytes
  }

  init?(decoding bytes: [UInt8]) {
    guard let subject = SubjectKey(decoding: Array(bytes.dropFirst(8))) else { return nil }
    var reader = Bytes.Reader(bytes)
    guard let place = reader.integer(8) else { return nil }
    let seconds = Int64(truncatingIfNeeded: place & ~Self.blocked)
    self.init(Timestamp(seconds: seconds), subject, isBlocked: place >= Self.blocked)
  }
}
