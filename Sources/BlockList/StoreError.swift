public import LMDB
public import LMDBFile
public import Platform
public import Text

/// Why the store can't be used.
public indirect enum StoreError: Error, Sendable {
  /// A call of the system failed.
  case system(SystemError)
  /// LMDB refused.
  case lmdb(LMDBError, Path)
  /// The file is no LMDB file that can be mapped safely.
  case unusable(Path, Preflight.Finding)
  /// Somebody else could have written what is there.
  case untrusted(Path, FileStatus)
}

extension StoreError {
  /// What happened, on what, why, and what to do.
  public var message: Text {
    switch self {
    case .system(let error) where error.isTimeout:
      "\(error.message): another process holds it (see /proc/locks)"
    case .system(let error): error.message
    case .lmdb(let error, let path): "cannot use '\(path.text)': \(error.message)"
    case .unusable(let path, let finding): "cannot use '\(path.text)': \(finding.message)"
    case .untrusted(let path, let status): Self.complaint(path, status)
    }
  }

  private static func complaint(_ path: Path, _ status: FileStatus) -> Text {
    let mode = Text(UInt64(status.mode), radix: 8)
    let what: Text =
      if status.kind == .other {
        "it is no ordinary file or directory"
      } else {
        status.isTrustworthy ? "it is a directory, or has a second name" : "mode \(mode)"
      }
    return """
      cannot trust '\(path.text)': owner \(status.owner), \(what); \
      it must be root's and nobody else may write to it
      """
  }

  /// Whether the process, or the machine, has no more of something that would be needed.
  public var isExhaustion: Bool {
    if case .system(let error) = self { error.isExhaustion } else { false }
  }

  /// Whether a symbolic link is there.
  var isLink: Bool { if case .system(let error) = self { error.isLink } else { false } }

  /// Whether the file system has no room, or may only be read.
  var isWithoutRoom: Bool {
    if case .system(let error) = self { error.isWithoutRoom } else { false }
  }

  /// Whether somebody else had the lock for too long.
  var isTimeout: Bool { if case .system(let error) = self { error.isTimeout } else { false } }

  /// Whether the store has no room left.
  public var isFull: Bool { if case .lmdb(let error, _) = self { error.isFull } else { false } }

  /// Whether the file itself is bad, so that it is to be moved aside and a fresh one made.
  var isDamage: Bool {
    switch self {
    case .unusable: true
    case .lmdb(let error, _): error.isDamage
    case .system, .untrusted: false
    }
  }
}
