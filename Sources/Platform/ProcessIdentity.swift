internal import CSystem
internal import Text

/// A process, told from a later one that got the same number.
public struct ProcessIdentity: Equatable, Sendable {
  public let id: Int32
  /// A moment when it ran, in clock ticks since boot. A process of this number that started later
  /// is another one.
  public let seen: UInt64

  public init(id: Int32, seen: UInt64) {
    (self.id, self.seen) = (id, seen)
  }

  /// A look at the clock, where /proc would say when it started: that would cost every login a
  /// tenth of what the module costs.
  public static var current: ProcessIdentity {
    ProcessIdentity(id: getpid(), seen: Clock.ticksSinceBoot)
  }

  /// Whether it is the process that asks. A fork has another number, for as long as it lives.
  public var isOurs: Bool { id == getpid() }

  /// Whether it still runs; a zombie doesn't.
  public var isAlive: Bool { condition != .gone }

  /// What can become of a process.
  public enum Condition: Sendable {
    /// It runs, or waits for something.
    case running
    /// A signal or a debugger has stopped it, or its control group is frozen.
    case stopped
    case gone
  }

  /// What has become of it.
  public var condition: Condition {
    guard id > 0 else { return .gone }
    guard let fields = Self.fields(of: id) else {
      // No such process, or no /proc here: then the kernel itself is asked.
      return kill(id, 0) == 0 || csystem_errno() == EPERM ? .running : .gone
    }
    guard let start = Self.number(after: 19, in: fields), start <= seen else { return .gone }
    switch fields.first {
    case UInt8(ascii: "Z"), UInt8(ascii: "X"): return .gone
    case UInt8(ascii: "T"), UInt8(ascii: "t"): return .stopped
    // One that is on a processor isn't frozen.
    case UInt8(ascii: "R"): return .running
    default: return isFrozen ? .stopped : .running
    }
  }

  /// Whether its control group is frozen: what the kernel says that it waits in is
  /// `do_freezer_trap` with the second version of control groups, `__refrigerator` with the first.
  private var isFrozen: Bool {
    guard let file = try? File(Path("/proc/\(id)/wchan"), .read), let place = try? file.read(64)
    else { return false }
    return place.elementsEqual(Text("do_freezer_trap").bytes)
      || place.elementsEqual(Text("__refrigerator").bytes)
  }

  /// What /proc/PID/stat says, from the state on (field 3); nil if it cannot be read.
  private static func fields(of id: Int32) -> ArraySlice<UInt8>? {
    guard let file = try? File(Path("/proc/\(id)/stat"), .read),
      let text = try? file.read(1024)
    else { return nil }
    // "PID (NAME) STATE …": the name may hold anything, so count from the last ')'.
    return text.lastIndex(of: UInt8(ascii: ")")).map { text[$0...].dropFirst(2) }
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
