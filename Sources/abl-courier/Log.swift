internal import Glibc
internal import News
internal import Synchronization

/// Lines for the journal, on standard error; or for the system's log, where there is no journal.
enum Log {
  static let isSyslog = Atomic<Bool>(false)

  /// Says a line; what isn't visible ASCII stands as '?'.
  static func say(_ text: String) {
    guard !isSyslog.load(ordering: .relaxed) else { return Identity.log(text) }
    let shown = text.utf8.map { 0x20...0x7E ~= $0 ? $0 : UInt8(ascii: "?") }
    let line = Array("abl-courier: ".utf8) + shown + [10]
    _ = unsafe write(2, line, line.count)
  }

  /// Shows several lines on standard error, as they are.
  static func show(_ lines: String) {
    let text = Array("abl-courier: \(lines)\n".utf8)
    _ = unsafe write(2, text, text.count)
  }

  /// What the last call of the system failed of.
  static var reason: String {
    unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "unknown error"
  }
}
