internal import CSystem
internal import Policy

/// What an administrator has changed, in the system's log: the change, and the user.
enum Audit {
  /// Logs "unblocked host 192.0.2.7, by root (sudo: anna)" as ablctl, at LOG_AUTHPRIV and LOG_NOTICE.
  ///
  /// - Parameter text: its names escaped.
  static func log(_ text: String) { tell(text + ", by " + person) }

  /// Likewise, of what the rules have done.
  static func tell(_ text: String) {
    var line = csystem_line()
    unsafe csystem_add(&line, "<85>ablctl: " + text)
    unsafe csystem_send(&line, 1)
  }

  /// The user that asks: that of sudo, if it is there.
  static var name: Name {
    if let other = unsafe getenv("SUDO_USER") {
      return Name(bounded: Array(unsafe String(cString: other).utf8))
    }
    let name = unsafe getpwuid(getuid()).map { unsafe String(cString: $0.pointee.pw_name) }
    return Name(bounded: Array((name ?? "").utf8))
  }

  /// `root`, `root (sudo: anna)`; names that aren't the system's own are escaped.
  static var person: String {
    let name = unsafe getpwuid(getuid()).map { unsafe String(cString: $0.pointee.pw_name) }
    let own = Name(Array((name ?? "uid \(getuid())").utf8)).cell
    guard let other = unsafe getenv("SUDO_USER") else { return own }
    return own + " (sudo: " + Name(Array(unsafe String(cString: other).utf8)).cell + ")"
  }
}
