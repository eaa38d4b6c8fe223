internal import LMDB
internal import Policy

/// When a subject's record is to be looked at for having expired: seconds since 1970, big-endian,
/// and its key.
///
/// The index is lazy: it isn't moved when the subject fails again. Who finds an entry due looks at
/// the record, which says whether it has really expired or is to be filed again.
struct ExpiryKey: Storable, Sendable {
  let due: Timestamp
  let subject: SubjectKey

  init(_ due: Timestamp, _ subject: SubjectKey) {
    (self.due, self.subject) = (due, subject)
  }

  var encoded: [UInt8] { Bytes.bigEndian(due.seconds) + subject.bytes }

  init?(decoding bytes: [UInt8]) {
    guard let subject = SubjectKey(decoding: Array(bytes.dropFirst(8))) else { return nil }
    var reader = Bytes.Reader(bytes)
    guard let seconds = reader.int64() else { return nil }
    due = Timestamp(seconds: seconds)
    self.subject = subject
  }
}
