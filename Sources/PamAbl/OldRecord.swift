/// What pam_abl knew of a host or a user.
///
/// state 4 (1: blocked, 2: clear), count 4; then each attempt, its time 8, reason 4, the other
/// side's name and the service, each with a NUL behind it. All of it in the byte order of the
/// machine, and not aligned.
public struct OldRecord: Sendable {
  /// Whether it was blocked when pam_abl last looked.
  public let wasBlocked: Bool
  /// What can be read of them, oldest first.
  public private(set) var attempts: [OldAttempt] = []
  /// Where it stops to make sense, in bytes from 0, and why; nil if all of it does.
  public private(set) var damage: (byte: Int, message: String)?

  /// Reads what can be read.
  public init(_ bytes: [UInt8]) {
    var reader = NativeReader(bytes)
    guard let state = reader.integer(4), let count = reader.integer(4) else {
      wasBlocked = false
      damage = (bytes.count, "the record ends in its head")
      return
    }
    wasBlocked = state == 1
    for _ in 0..<count {
      let start = reader.offset
      guard let attempt = OldAttempt(&reader) else {
        let place = "after \(attempts.count) of \(count) attempts"
        damage = (start, "the record ends in the middle, " + place)
        return
      }
      guard attempt.isPlausible else {
        damage = (start, "this is no attempt")
        return
      }
      attempts.append(attempt)
    }
    if !reader.isAtEnd { damage = (reader.offset, "the record goes on behind its attempts") }
  }
}

/// One attempt of such a record.
public struct OldAttempt: Hashable, Sendable {
  /// Seconds since 1970.
  public let time: Int64
  /// 1 the host was blocked, 2 the user, 3 both, 4 the login failed; 0 from 0.9, which forgot it.
  public let reason: UInt64
  /// The user that a host tried, the host that a user came from; empty if there was none.
  public let other: [UInt8]
  /// Where it was tried.
  public let service: [UInt8]

  fileprivate init?(_ reader: inout NativeReader) {
    guard let time = reader.integer(8), let reason = reader.integer(4),
      let other = reader.terminated(), let service = reader.terminated()
    else { return nil }
    self.time = Int64(bitPattern: time)
    (self.reason, self.other, self.service) = (reason, other, service)
  }

  fileprivate var isPlausible: Bool { time >= 0 && reason <= 4 }
}

/// Takes bytes apart from the front; nil once there are too few.
private struct NativeReader {
  private let bytes: [UInt8]
  private(set) var offset = 0
  private static let isLittleEndian = 1.littleEndian == 1

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { offset == bytes.count }

  mutating func integer(_ count: Int) -> UInt64? {
    guard bytes.count - offset >= count else { return nil }
    let taken = bytes[offset..<(offset + count)]
    offset += count
    return Self.isLittleEndian
      ? taken.reversed().reduce(0) { $0 << 8 | UInt64($1) }
      : taken.reduce(0) { $0 << 8 | UInt64($1) }
  }

  mutating func terminated() -> [UInt8]? {
    guard let end = bytes[offset...].firstIndex(of: 0) else { return nil }
    defer { offset = end + 1 }
    return Array(bytes[offset..<end])
  }
}
