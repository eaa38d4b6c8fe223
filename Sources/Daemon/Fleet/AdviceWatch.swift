internal import CLinux
internal import Platform

/// Hears of lists that come to `db_home` and leave it, and of another program that removes or
/// replaces `fleet.mdb`: so nothing has to be looked at again and again.
@safe final class AdviceWatch {
  let descriptor: CInt
  private let home, lists: Path
  private var watches: (home: CInt, lists: CInt) = (-1, -1)

  /// What may be another one than it was.
  struct Finding: OptionSet {
    let rawValue: CInt
    static let lists = Finding(rawValue: CInt(CLINUX_LISTS))
    static let file = Finding(rawValue: CInt(CLINUX_ADVICE))
  }

  /// Nil if the system has no more watches.
  ///
  /// - Parameter home: `db_home`.
  init?(in home: Path) {
    descriptor = clinux_inotify()
    (self.home, lists) = (home, ListDirectory(in: home).path)
    guard descriptor >= 0 else { return nil }
    renew()
  }

  deinit { close(descriptor) }

  /// Whether it hears of all: `db_home` may not be there yet.
  var isComplete: Bool { watches.home >= 0 }

  /// Watches the directories that are there now, which may be others than before.
  func renew() {
    watches = (renewed(watches.home, at: home), renewed(watches.lists, at: lists))
  }

  private func renewed(_ old: CInt, at path: Path) -> CInt {
    let new = unsafe path.withCString { unsafe clinux_watch_names(descriptor, $0) }
    if old >= 0, old != new { clinux_unwatch(descriptor, old) }
    return new
  }

  /// What was heard; what happens from then on is heard later.
  func read() -> Finding {
    let finding = Finding(rawValue: clinux_read_names(descriptor))
    if !finding.isEmpty { renew() }
    return finding
  }
}
