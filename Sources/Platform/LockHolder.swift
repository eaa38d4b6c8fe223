internal import CSystem

/// The process that holds a lock, as it has written itself down in the lock's file: so that one
/// that doesn't come to its end can be told from one that is slow.
enum LockHolder {
  /// Milliseconds after which a borrowed holder is taken not to come to its end.
  private static let patience: Int64 = 300

  /// Writes this process down in the lock's file; without that no waiter ends it, and that is all.
  static func note(in file: borrowing File, isBorrowed: Bool) {
    let process = ProcessIdentity.current
    var holder = csystem_holder(
      magic: UInt64(CSYSTEM_HOLDER), process: UInt64(process.id.magnitude), seen: process.seen,
      name_space: UInt64(ProcessNamespace.current), number: Random.number,
      since: Clock.milliseconds.magnitude, is_borrowed: isBorrowed ? 1 : 0)
    unsafe csystem_note_holder(file.descriptor, &holder)
  }

  /// Says in the lock's file that there is none.
  static func clear(_ file: borrowing File) {
    var none = csystem_holder()
    unsafe csystem_note_holder(file.descriptor, &none)
  }

  /// Ends the process with the lock on `file`, if its rights are borrowed and it is stopped, frozen
  /// or has been in the same hold for 300 ms: a caller of su could keep it there. A program that
  /// root runs is never ended.
  static func endIfStalled(_ file: borrowing File) {
    var holder = csystem_holder()
    guard unsafe csystem_is_holder(file.descriptor, &holder) != 0, holder.is_borrowed != 0,
      holder.name_space == UInt64(ProcessNamespace.current)
    else { return }
    let process = ProcessIdentity(
      id: Int32(truncatingIfNeeded: holder.process), seen: holder.seen)
    let age = Clock.milliseconds - Int64(truncatingIfNeeded: holder.since)
    switch process.condition {
    case .gone: return
    case .running where age <= patience: return
    case .running, .stopped: unsafe csystem_end_holder(file.descriptor, &holder)
    }
  }
}
