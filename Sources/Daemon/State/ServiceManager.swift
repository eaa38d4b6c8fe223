internal import CLinux
public import Text

/// Tells a service manager how the daemon is, as sd_notify(3) does; without one, nothing.
public struct ServiceManager: Sendable {
  private let socket: Text?
  /// How often it wants to be told that all is well, in milliseconds; nil: never.
  public let watchdogInterval: Int64?

  public init() {
    socket = Self.variable("NOTIFY_SOCKET")
    let isMeant = Self.number("WATCHDOG_PID").map { $0 == Int64(getpid()) } ?? true
    let microseconds = isMeant ? Self.number("WATCHDOG_USEC") : nil
    watchdogInterval = microseconds.map { max($0 / 2000, 1) }
  }

  /// Sends a message of sd_notify(3), if anything listens.
  public func tell(_ text: Text) {
    guard let socket else { return }
    _ = unsafe socket.withCString { name in
      unsafe text.withCString { unsafe clinux_tell(name, $0) }
    }
  }

  /// Says how far the service has come.
  public func tellReady() { tell("READY=1") }
  public func tellStopping() { tell("STOPPING=1") }
  public func tellAlive() { tell("WATCHDOG=1") }

  /// Says that the settings are read anew.
  public func tellReloading() {
    tell("RELOADING=1\nMONOTONIC_USEC=" + Text(clinux_microseconds()))
  }

  /// What `systemctl status` shows.
  public func tellStatus(_ text: Text) { tell("STATUS=" + text) }

  private static func variable(_ name: Text) -> Text? {
    unsafe name.withCString { name in
      guard let value = unsafe getenv(name) else { return nil }
      return unsafe Text(cString: value)
    }
  }

  private static func number(_ name: Text) -> Int64? {
    variable(name).flatMap { Int64(String(decoding: $0.bytes, as: UTF8.self)) }
  }
}
