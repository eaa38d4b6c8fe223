internal import Glibc

/// Lines for the journal, on standard error.
enum Log {
  /// Says a line; what isn't visible ASCII stands as '?'.
  static func say(_ text: String) {
    let shown = text.utf8.map { 0x20...0x7E ~= $0 ? $0 : UInt8(ascii: "?") }
    let line = Array("abl-courier: ".utf8) + shown + [10]
    _ = unsafe write(2, line, line.count)
  }

  /// What the last call of the system failed of.
  static var reason: String {
    unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "unknown error"
  }
}
