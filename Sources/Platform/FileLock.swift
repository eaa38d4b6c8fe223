internal import CSystem

/// An advisory lock (`flock`) on a file, held for as long as this lives.
///
/// Taken with a deadline; the kernel gives it back when the holder dies. It excludes threads and
/// copies of a module within one process as well, for each opens the file for itself. A holder
/// whose rights are borrowed is hurried, and ended by those that wait if it doesn't come to its
/// end.
@safe public struct FileLock: ~Copyable {
  private let file: File
  private let isNoted: Bool
  private let schedule: csystem_schedule?

  /// Whether others may have it, too.
  public enum Mode: Sendable {
    case shared, exclusive
  }

  /// Takes the lock on `name` in `directory`, and makes that file if it is not there.
  ///
  /// - Parameters:
  ///   - deadline: one that has passed tries once.
  ///   - isBorrowed: whether the rights of this process are borrowed (`Account.isBorrowed`).
  /// - Throws: `SystemError` with `isTimeout` if another process still has it at the deadline.
  public init(
    _ name: Path, in directory: borrowing File, _ mode: Mode, until deadline: Deadline,
    isBorrowed: Bool = false
  ) throws(SystemError) {
    var backOff = BackOff()
    var was = csystem_schedule()
    if isBorrowed { unsafe csystem_hurry(&was) }
    do {
      while true {
        let file = try Self.open(name, in: directory)
        try Self.lock(file, mode, &backOff, deadline)
        // An administrator may have removed the directory or the file while we waited.
        if try Self.isCurrent(file, name, in: directory) {
          isNoted = mode == .exclusive
          if isNoted { LockHolder.note(in: file, isBorrowed: isBorrowed) }
          schedule = isBorrowed ? was : nil
          self.file = file
          return
        }
      }
    } catch {
      if isBorrowed { unsafe csystem_calm(&was) }
      throw error
    }
  }

  /// To read, where it can't be written to: on a file system that may only be read, as ext4 becomes
  /// after an error, a blocked subject stays blocked. Not at once, for NFS locks for writers only.
  private static func open(
    _ name: Path, in directory: borrowing File
  ) throws(SystemError) -> File {
    do {
      return try File(name, in: directory, .readWrite, creating: true)
    } catch  where error.number == EROFS {
      return try File(name, in: directory, .read, creating: true)
    }
  }

  private static func lock(
    _ file: borrowing File, _ mode: Mode, _ backOff: inout BackOff, _ deadline: Deadline
  ) throws(SystemError) {
    let operation = (mode == .exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB
    var nextGlance = Deadline(milliseconds: 0)
    while flock(file.descriptor, operation) != 0 {
      let error = csystem_errno()
      guard error == EWOULDBLOCK || error == EINTR else {
        throw SystemError(.lock, file.path, error)
      }
      if nextGlance.hasPassed {
        LockHolder.endIfStalled(file)
        nextGlance = Deadline(milliseconds: 50)
      }
      guard !deadline.hasPassed else { throw SystemError(.lock, file.path, ETIMEDOUT) }
      // Newcomers look often. So that they don't overtake the others for ever, so does one whose
      // time runs out.
      Clock.pause(microseconds: min(backOff.next(), max(deadline.microseconds / 200, 250)))
    }
  }

  private static func isCurrent(
    _ file: borrowing File, _ name: Path, in directory: borrowing File
  ) throws(SystemError) -> Bool {
    do {
      return try directory.status(of: name).identity == file.status.identity
    } catch  where error.isAbsence {
      return false
    }
  }

  deinit {
    if isNoted { LockHolder.clear(file) }
    // Said, not left to `close`: a child that the host forked meanwhile may hold a copy of the
    // descriptor.
    flock(file.descriptor, LOCK_UN)
    if var schedule { unsafe csystem_calm(&schedule) }
  }
}
