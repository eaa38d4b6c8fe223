internal import CSystem
internal import Platform
internal import Policy

/// A file that takes the place of another one when it is whole, and of which only its owner may
/// read; what is no ordinary file (a link such as /dev/stdout, a pipe) is written to as it is.
final class FileReplacement {
  let descriptor: CInt
  private let path: Path
  /// Under which it is written; nil if under its own.
  private var draft: Path?

  init(_ path: Path) throws {
    self.path = path
    let isOrdinary = Self.isOrdinary(path)
    draft = isOrdinary ? Path(path.bytes + Array(".new-\(Random.number % 1_000_000)".utf8)) : nil
    let flags = isOrdinary ? O_WRONLY | O_CREAT | O_EXCL : O_WRONLY | O_TRUNC
    descriptor = unsafe (draft ?? path).withCString { unsafe csystem_open($0, flags, 0o600) }
    guard descriptor >= 0 else { throw ReadError.last("open", path) }
  }

  /// Whether `path` is an ordinary file, or nothing.
  private static func isOrdinary(_ path: Path) -> Bool {
    var status = stat()
    guard unsafe path.withCString({ unsafe lstat($0, &status) }) == 0 else { return true }
    return unsafe csystem_is_regular(&status) != 0
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
    Failure(message: "cannot write to '\(Name(path.bytes).shown)': " + error.reason)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if let draft { _ = unsafe draft.withCString { unsafe unlink($0) } }
  }
}
