internal import CLinux
public import Platform
internal import Text

/// The directory in which abld tells of itself: its state, and a lock that it holds as long as it
/// lives.
@safe public final class RunDirectory {
  private let directory: File
  private let lock: CInt
  private var written: PublishedState?

  /// Where it is.
  public static let standard: Path = "/run/abld"
  private static let stateName: Path = "state"
  private static let lockName: Path = "lock"

  /// Takes it; nil if another abld has it.
  public init?(taking path: Path = RunDirectory.standard) throws(SystemError) {
    // The socket of the API is there, for all users to reach; what else is there is root's alone. One
    // that is there already keeps its rights.
    _ = unsafe path.withCString { unsafe clinux_make_open_directory($0) }
    let directory = try File.directory(creating: path)
    let lock = unsafe path.appending(Self.lockName).withCString { unsafe clinux_take_lock($0) }
    guard lock >= 0 else {
      // Another one has it, unless it can't be had at all: then this says why.
      _ = try File(Self.lockName, in: directory, .readWrite, creating: true)
      return nil
    }
    self.lock = lock
    self.directory = directory
  }

  deinit { close(lock) }

  /// Writes the state, unless it is as it was: in place of the old one at once, so that no reader
  /// meets half of it.
  public func publish(_ state: PublishedState) throws(SystemError) {
    guard state != written else { return }
    let new: Path = "state.new"
    try directory.remove(new)
    let file = try File(new, in: directory, .readWrite, creating: true)
    try file.write(state.text.bytes, at: 0)
    try directory.rename(new, to: Self.stateName)
    written = state
  }
}

/// What other programs learn of abld.
public enum DaemonPresence: Sendable {
  /// It never ran since the boot, or isn't installed.
  case absent
  /// It has ended; what it said last. The kernel may still hold its blocks until their ends.
  case ended(PublishedState)
  case running(PublishedState)

  public init(in path: Path = RunDirectory.standard) {
    guard let state = Self.state(in: path) else {
      self = .absent
      return
    }
    let isHeld = unsafe path.appending("lock").withCString { unsafe clinux_is_locked($0) }
    self = isHeld == 1 ? .running(state) : .ended(state)
  }

  private static func state(in path: Path) -> PublishedState? {
    guard let file = try? File(path.appending("state"), .read),
      let status = try? file.status, status.isTrustworthyFile,
      let bytes = try? file.read(min(status.size, 1 << 16))
    else { return nil }
    return PublishedState(parsing: bytes)
  }
}
