internal import CSystem

/// The clocks of the machine.
public enum Clock {
  /// Seconds since 1970, by the wall clock.
  public static var now: Int64 { read(CLOCK_REALTIME).seconds }

  /// Milliseconds by a clock that never steps; for waiting only.
  public static var milliseconds: Int64 {
    let (seconds, nanoseconds) = read(CLOCK_MONOTONIC)
    return seconds &* 1000 &+ nanoseconds / 1_000_000
  }

  /// Nanoseconds by that clock: another number each time.
  public static var nanoseconds: Int64 {
    let (seconds, nanoseconds) = read(CLOCK_MONOTONIC)
    return seconds &* 1_000_000_000 &+ nanoseconds
  }

  /// Clock ticks since boot, in which /proc says when a process started: mostly 100 a second.
  public static var ticksSinceBoot: UInt64 {
    let (seconds, nanoseconds) = read(CLOCK_BOOTTIME)
    let rate = Int64(sysconf(CInt(_SC_CLK_TCK)))
    return (seconds &* rate &+ nanoseconds / (1_000_000_000 / max(rate, 1))).magnitude
  }

  private static func read(_ clock: clockid_t) -> (seconds: Int64, nanoseconds: Int64) {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return (Int64(time.tv_sec), Int64(time.tv_nsec))
  }

  /// Waits; a signal may end it early.
  public static func pause(microseconds: Int64) {
    var time = timespec()
    time.tv_sec = Int(microseconds / 1_000_000)
    time.tv_nsec = Int(microseconds % 1_000_000) * 1000
    unsafe nanosleep(&time, nil)
  }
}

/// A moment by which something has to be done.
public struct Deadline: Comparable, Sendable {
  private let moment: Int64

  /// That many milliseconds from now.
  public init(milliseconds: Int64) {
    moment = Clock.milliseconds &+ milliseconds
  }

  /// Whether it is over.
  public var hasPassed: Bool { Clock.milliseconds >= moment }

  /// Until then, in microseconds; at least 1.
  var microseconds: Int64 { max((moment &- Clock.milliseconds) &* 1000, 1) }

  public static func < (one: Deadline, other: Deadline) -> Bool { one.moment < other.moment }
}
