internal import CSystem
public import Text

/// A call of the system that failed: which, on what, and why.
///
/// One pointer: errors are passed by every call, and larger ones made the module larger.
public struct SystemError: Error, Equatable, Sendable {
  private let details: Details

  private final class Details: Sendable {
    let action: Action
    let path: Path
    let number: Int32

    init(_ action: Action, _ path: Path, _ number: Int32) {
      (self.action, self.path, self.number) = (action, path, number)
    }
  }

  /// What was tried, as a verb: "open", "lock".
  public var action: Action { details.action }
  /// The file that it was tried on.
  public var path: Path { details.path }
  /// The `errno` of the call.
  public var number: Int32 { details.number }

  /// What was tried.
  public enum Action: Sendable {
    case open, read, write, lock, inspect, create, rename, remove, resize, synchronize, map
  }

  @inline(never)
  init(_ action: Action, _ path: Path, _ number: Int32) {
    details = Details(action, path, number)
  }

  public static func == (one: SystemError, other: SystemError) -> Bool {
    one.action == other.action && one.path == other.path && one.number == other.number
  }

  /// The last call's `errno`, as the failure of `action` on `path`.
  static func last(_ action: Action, _ path: Path) -> SystemError {
    SystemError(action, path, csystem_errno())
  }

  /// A file that is there, and gone again, as often as it is looked for.
  public static func vanishing(_ path: Path) -> SystemError { SystemError(.open, path, ENOENT) }

  /// There is no room in it.
  public static func full(_ path: Path) -> SystemError { SystemError(.write, path, ENOSPC) }

  /// A file that others change faster than it can be read.
  public static func overtaken(_ path: Path) -> SystemError { SystemError(.read, path, EBUSY) }

  /// "cannot open '/var/lib/abl/lock': Permission denied"
  public var message: Text {
    "cannot \(verb) '\(path.text)': \(reason)"
  }

  /// Nothing is there.
  public var isAbsence: Bool { number == ENOENT }

  /// A symbolic link is there, where none is followed.
  public var isLink: Bool { number == ELOOP }

  /// The file system has no room for it, or may only be read.
  public var isWithoutRoom: Bool { number == ENOSPC || number == EDQUOT || number == EROFS }

  /// The lock was not had in time.
  public var isTimeout: Bool { number == ETIMEDOUT }

  /// A limit of the process or the machine was met: something a hostile caller can bring about.
  public var isExhaustion: Bool {
    switch number {
    case EMFILE, ENFILE, ENOMEM, EFBIG, ENOSPC, EDQUOT, EAGAIN, EINTR: true
    default: false
    }
  }

  private var reason: Text {
    // The system would say "Connection timed out".
    if isTimeout { return "timed out" }
    guard let text = unsafe strerror(number) else { return "error \(number)" }
    return unsafe Text(cString: text)
  }

  private var verb: Text {
    switch action {
    case .open: "open"
    case .read: "read"
    case .write: "write"
    case .lock: "lock"
    case .inspect: "inspect"
    case .create: "create"
    case .rename: "rename"
    case .remove: "remove"
    case .resize: "resize"
    case .synchronize: "synchronize"
    case .map: "map"
    }
  }
}
