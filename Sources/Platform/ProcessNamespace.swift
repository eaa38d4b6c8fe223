internal import CSystem

/// The space in which the number of a process means something, and when it started
/// (pid_namespaces(7), time_namespaces(7)).
public enum ProcessNamespace {
  /// That of the time in which the machine was booted, on every machine.
  private static let timeOfBoot: UInt32 = 0xEFFF_FFFA

  /// The number of that of this process: as long as the time isn't another one than the machine's,
  /// the inode of the first; 0 where /proc doesn't tell.
  public static var current: UInt32 {
    guard let numbers = inode("/proc/self/ns/pid") else { return 0 }
    let time = inode("/proc/self/ns/time") ?? timeOfBoot
    // Both are numbered in one row, so a sum would be that of others, too.
    return numbers &+ (time &- timeOfBoot) &* 0x9E37_79B1
  }

  private static func inode(_ file: StaticString) -> UInt32? {
    var status = stat()
    let name = unsafe UnsafeRawPointer(file.utf8Start).assumingMemoryBound(to: CChar.self)
    // Not stat: each function that the module takes from libc costs it 80 bytes.
    guard unsafe fstatat(AT_FDCWD, name, &status, 0) == 0 else { return nil }
    return UInt32(truncatingIfNeeded: status.st_ino)
  }
}
