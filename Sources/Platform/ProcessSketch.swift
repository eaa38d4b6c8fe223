internal import CSystem
internal import Text

/// What /proc tells of a process at a moment.
public struct ProcessSketch: Equatable, Sendable {
  public let id: Int32
  /// The name of its program, of any bytes.
  public let name: [UInt8]
  public let condition: Condition
  /// In seconds since 1970; nil if that can't be told.
  public let started: Int64?

  /// Whether it goes on.
  public enum Condition: Sendable {
    case alive
    /// By a signal, or a debugger.
    case stopped
    /// With its control group.
    case frozen
    /// It has ended, or can't be seen from here.
    case gone
  }

  /// Looks at the process `id`.
  public init(_ id: Int32) {
    self.id = id
    let stat = Self.content("/proc/\(id)/stat")
    // "PID (NAME) STATE …": the name may hold anything.
    guard let open = stat.firstIndex(of: UInt8(ascii: "(")),
      let close = stat.lastIndex(of: UInt8(ascii: ")")), open < close
    else {
      (name, condition, started) = ([], .gone, nil)
      return
    }
    name = Array(stat[(open + 1)..<close])
    let fields = stat[(close + 1)...].split(separator: UInt8(ascii: " "))
    started = fields.count > 19 ? Self.time(ofTicks: fields[19]) : nil
    switch fields.first?.first {
    case UInt8(ascii: "T"), UInt8(ascii: "t"): condition = .stopped
    case UInt8(ascii: "Z"), UInt8(ascii: "X"): condition = .gone
    default: condition = Self.isFrozen(id) ? .frozen : .alive
    }
  }

  /// Seconds since 1970, of ticks since the machine was started.
  private static func time(ofTicks ticks: ArraySlice<UInt8>) -> Int64? {
    let perSecond = Int64(sysconf(CInt(_SC_CLK_TCK)))
    guard perSecond > 0, let ticks = number(ticks), let uptime = uptime else { return nil }
    return Clock.now - max(uptime - ticks / perSecond, 0)
  }

  private static var uptime: Int64? {
    number(content("/proc/uptime").prefix { $0 != UInt8(ascii: ".") })
  }

  /// Whether its control group is frozen, or one above it.
  private static func isFrozen(_ id: Int32) -> Bool {
    if ProcessIdentity(id: id, seen: .max).condition == .stopped { return true }
    for line in content("/proc/\(id)/cgroup").split(separator: UInt8(ascii: "\n"))
    where line.starts(with: Text("0::/").bytes) {
      for mount: Text in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
      where isFrozen(mount + Text(line.dropFirst(3)) + "/cgroup.events") {
        return true
      }
    }
    return false
  }

  private static func isFrozen(_ events: Text) -> Bool {
    for event in content(events).split(separator: UInt8(ascii: "\n"))
    where event.elementsEqual(Text("frozen 1").bytes) {
      return true
    }
    return false
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    var value: Int64 = 0
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      value = value &* 10 &+ Int64(digit - UInt8(ascii: "0"))
    }
    return digits.isEmpty ? nil : value
  }

  private static func content(_ path: Text) -> ArraySlice<UInt8> {
    guard let file = try? File(Path(path), .read), let bytes = try? file.read(4096) else {
      return []
    }
    return bytes[...]
  }
}
