internal import CSystem
internal import Text

/// A process, told from a later one that got the same number.
public struct ProcessIdentity: Equatable, Sendable {
  public let id: Int32
  /// When it started, in clock ticks since boot (field 22 of /proc/PID/stat); 0 where that cannot
  /// be read.
  public let start: UInt64

  public init(id: Int32, start: UInt64) {
    (self.id, self.start) = (id, start)
  }

  public static var current: ProcessIdentity {
    let id = getpid()
    return ProcessIdentity(id: id, start: startTime(of: id) ?? 0)
  }

  /// Whether it is the process that asks. A fork has another number, for as long as it lives.
  public var isOurs: Bool { id == getpid() }

  /// Whether it still runs; a zombie doesn't.
  public var isAlive: Bool {
    guard let now = Self.startTime(of: id) else {
      // No such process, or no /proc here: then the kernel itself is asked.
      return start == 0 && (kill(id, 0) == 0 || csystem_errno() == EPERM)
    }
    return start == 0 || now == start
  }

  /// When process `id` started; nil if it is gone, dead, or cannot be looked at.
  private static func startTime(of id: Int32) -> UInt64? {
    guard let file = try? File(Path("/proc/\(id)/stat"), .read),
      let text = try? file.read(1024)
    else { return nil }
    // "PID (NAME) STATE …": the name may hold anything, so count from the last ')'.
    guard let close = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = text[close...].dropFirst(2)
    guard fields.first != UInt8(ascii: "Z"), fields.first != UInt8(ascii: "X") else { return nil }
    return number(after: 19, in: fields)
  }

  /// The number behind so many blanks.
  private static func number(after blanks: Int, in text: ArraySlice<UInt8>) -> UInt64? {
    var (passed, value): (Int, UInt64?) = (0, nil)
    for byte in text {
      if byte == UInt8(ascii: " ") {
        passed += 1
      } else if passed == blanks {
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        value = (value ?? 0) &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
      }
    }
    return value
  }
}
