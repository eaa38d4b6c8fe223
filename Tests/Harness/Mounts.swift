import Foundation

/// File systems that this process alone sees: for the body of an exit test, which is a process of
/// its own. They are gone with it.
public enum Mounts {
  public static let areAvailable = geteuid() == 0

  /// Gives this thread mounts of its own; no other process ever sees what it mounts from now on.
  public static func becomeOwn() throws {
    // Glibc's module for Swift has no unshare.
    typealias Unshare = @convention(c) (Int32) -> Int32
    guard let address = dlsym(nil, "unshare") else { throw Failure(number: errno) }
    let newMounts: Int32 = 0x2_0000
    guard unsafeBitCast(address, to: Unshare.self)(newMounts) == 0,
      mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil) == 0
    else { throw Failure(number: errno) }
  }

  /// Mounts a file system in memory at `path`, which is made if it is missing.
  public static func memory(at path: String, _ options: String) throws {
    mkdir(path, 0o700)
    guard mount("tmpfs", path, "tmpfs", 0, options) == 0 else { throw Failure(number: errno) }
  }

  /// Takes that away again, so that the directory can be removed.
  public static func release(_ path: String) { umount2(path, Int32(MNT_DETACH)) }

  struct Failure: Error { let number: Int32 }
}
