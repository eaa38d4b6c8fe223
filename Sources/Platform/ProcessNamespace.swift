internal import CSystem

/// The space in which the number of a process means something (pid_namespaces(7)).
public enum ProcessNamespace {
  /// The number of that of this process, its inode; 0 where /proc doesn't tell.
  public static var current: UInt32 {
    var status = stat()
    // Not stat: each function that the module takes from libc costs it 80 bytes.
    guard unsafe fstatat(AT_FDCWD, "/proc/self/ns/pid", &status, 0) == 0 else { return 0 }
    return UInt32(truncatingIfNeeded: status.st_ino)
  }
}
