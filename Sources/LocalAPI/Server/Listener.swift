internal import Glibc

/// Where the server listens.
public enum Listener: Equatable, Sendable {
  /// At this path, which is made anew; anyone may connect, and rights are by uid.
  case path(String)
  /// At this port of the loopback, for what can't connect to a socket of Unix.
  case port(Int)
  /// At a socket that is bound and given to this process.
  case inherited(Int32)

  /// The socket that systemd has passed to this process under `name`; see below.
  public static func passed(_ name: String) -> Listener? {
    passed(name, process: getpid()) { variable in
      unsafe getenv(variable).map { unsafe String(cString: $0) }
    }
  }

  /// The socket that systemd has passed under `name` (sd_listen_fds(3)); without names the only one.
  /// Nil if there is none.
  ///
  /// - Parameters:
  ///   - process: this one's number.
  ///   - environment: the value of a variable.
  public static func passed(
    _ name: String, process: Int32, environment: (String) -> String?
  ) -> Listener? {
    guard environment("LISTEN_PID").flatMap({ Int32($0) }) == process,
      let count = environment("LISTEN_FDS").flatMap({ Int32($0) }), (1...64).contains(count)
    else { return nil }
    guard let names = environment("LISTEN_FDNAMES") else {
      return count == 1 ? .inherited(firstDescriptor) : nil
    }
    let place = names.split(separator: ":", omittingEmptySubsequences: false)
      .firstIndex { $0 == name }
    guard let place, place < count else { return nil }
    return .inherited(firstDescriptor + Int32(place))
  }

  private static let firstDescriptor: Int32 = 3
}
