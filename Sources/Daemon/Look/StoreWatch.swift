internal import CLinux
internal import Platform

/// Hears of each failed login: it writes to the journal, in the directory of the store, and a right
/// one doesn't. It costs the login nothing to speak of, and needs nothing of it.
@safe final class StoreWatch {
  let descriptor: CInt
  private let path: Path
  private var watch: CInt = -1

  /// What was heard.
  struct Finding: OptionSet {
    let rawValue: CInt
    static let changed = Finding(rawValue: CInt(CLINUX_CHANGED))
    static let gone = Finding(rawValue: CInt(CLINUX_GONE))
    /// A file has come, or has taken another one's place.
    static let replaced = Finding(rawValue: CInt(CLINUX_REPLACED))
    static let overflow = Finding(rawValue: CInt(CLINUX_OVERFLOW))
  }

  /// Nil if the system has no more watches; then the store has to be looked at again and again.
  init?(_ path: Path) {
    descriptor = clinux_inotify()
    self.path = path
    guard descriptor >= 0 else { return nil }
  }

  deinit { close(descriptor) }

  /// Whether there is a directory that is watched; begins with it if there is one by now.
  func begin() -> Bool {
    watch = unsafe path.withCString { unsafe clinux_watch(descriptor, $0) }
    return watch >= 0
  }

  /// The lock's file is written to by each that takes it, us among them.
  func read() -> Finding { Finding(rawValue: unsafe clinux_read_watch(descriptor, "lock")) }
}
