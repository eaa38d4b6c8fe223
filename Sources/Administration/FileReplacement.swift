internal import CSystem
internal import Platform
internal import Policy

/// A file that takes the place of another one when it is whole, and that only its owner may read
/// unless another mode is given; what is no ordinary file (a link such as /dev/stdout, a pipe) is written to as it is, if
/// no other user can have put it there.
final class FileReplacement {
  let descriptor: CInt
  private let path: Path
  /// Under which it is written; nil if under its own.
  private var draft: Path?

  init(_ path: Path, mode: mode_t = 0o600) throws {
    self.path = path
    let isOrdinary = Self.isOrdinary(path)
    guard isOrdinary || Self.isOurs(path) else { throw Self.distrust(path) }
    draft = isOrdinary ? Path(path.bytes + Array(".new-\(Random.number % 1_000_000)".utf8)) : nil
    let flags = isOrdinary ? O_WRONLY | O_CREAT | O_EXCL : O_WRONLY | O_TRUNC
    descriptor = unsafe (draft ?? path).withCString { unsafe csystem_open($0, flags, 0o600) }
    guard descriptor >= 0 else { throw ReadError.last("open", path) }
    guard isOrdinary, mode != 0o600 else { return }
    // Whatever the umask is.
    guard fchmod(descriptor, mode) == 0 else { throw failure(WriteError(number: csystem_errno())) }
  }

  /// Whether `path` is an ordinary file, or nothing.
  private static func isOrdinary(_ path: Path) -> Bool {
    var status = stat()
    guard unsafe path.withCString({ unsafe lstat($0, &status) }) == 0 else { return true }
    return unsafe csystem_is_regular(&status) != 0
  }

  /// Whether only root and we can have put there what stands at `path`, and can put something else
  /// there before it is opened: it is ours, and so is its directory, or that keeps what is ours from
  /// others, as /tmp does.
  private static func isOurs(_ path: Path) -> Bool {
    var (status, home) = (stat(), stat())
    guard unsafe path.withCString({ unsafe lstat($0, &status) }) == 0,
      unsafe path.parent.withCString({ unsafe stat($0, &home) }) == 0
    else { return false }
    func isOurs(_ status: stat) -> Bool { status.st_uid == 0 || status.st_uid == geteuid() }
    let isKept = home.st_mode & 0o022 == 0 || home.st_mode & 0o1000 != 0
    return isOurs(status) && isOurs(home) && isKept
  }

  private static func distrust(_ path: Path) -> Failure {
    let reason = "it is no ordinary file, and others than root may have put it there; name another"
    return Failure(message: "cannot write to \(Name(path.bytes).quoted): \(reason)")
  }

  /// Puts it into its place, on the disk.
  func finish() throws {
    guard let draft else { return }
    guard fsync(descriptor) == 0 else { throw failure(WriteError(number: csystem_errno())) }
    let result = unsafe draft.withCString { old in
      unsafe path.withCString { new in unsafe rename(old, new) }
    }
    guard result == 0 else { throw failure(WriteError(number: csystem_errno())) }
    self.draft = nil
  }

  func failure(_ error: WriteError) -> Failure {
    Failure(message: "cannot write to \(Name(path.bytes).quoted): " + error.reason)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if let draft { _ = unsafe draft.withCString { unsafe unlink($0) } }
  }
}
