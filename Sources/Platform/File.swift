internal import CSystem

/// An open file or directory; closed at the end of its life.
///
/// Every file is opened with `O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK` (a configuration may be a link):
/// a program that the host starts does not get it, a symbolic link is an error, and a FIFO in its
/// place cannot hang a login.
@safe public struct File: ~Copyable {
  public let path: Path
  let descriptor: CInt

  /// For what it is opened.
  public enum Access: Sendable {
    case directory, read, readWrite
    /// A directory behind a symbolic link that only root can have put there.
    case linkedDirectory
    /// To read a file that may be a symbolic link: one that only root can have put there.
    case readLinked
  }

  /// Opens `path`.
  public init(_ path: Path, _ access: Access) throws(SystemError) {
    let opened = unsafe path.withCString { unsafe csystem_open($0, Self.flags(access), 0) }
    descriptor = try Self.checked(opened, path)
    self.path = path
  }

  /// Opens `name` in `directory`; with `creating`, makes it with mode 0600 if it is not there.
  public init(
    _ name: Path, in directory: borrowing File, _ access: Access, creating: Bool = false
  ) throws(SystemError) {
    let flags = Self.flags(access) | (creating ? O_CREAT : 0)
    let opened = unsafe name.withCString {
      unsafe csystem_openat(directory.descriptor, $0, flags, 0o600)
    }
    let path = directory.path.appending(name)
    descriptor = try Self.checked(opened, path)
    self.path = path
  }

  /// Takes over what another call has opened.
  init(adopting opened: CInt, _ path: Path) throws(SystemError) {
    descriptor = try Self.checked(opened, path)
    self.path = path
  }

  /// What an open call returned; never 0, 1 or 2, where the host's own output would go.
  private static func checked(_ opened: CInt, _ path: Path) throws(SystemError) -> CInt {
    guard opened >= 0 else { throw .last(.open, path) }
    guard opened <= 2 else { return opened }
    let moved = csystem_dup_above(opened, 3)
    let error = csystem_errno()
    close(opened)
    guard moved >= 0 else { throw SystemError(.open, path, error) }
    return moved
  }

  private static func flags(_ access: Access) -> CInt {
    switch access {
    case .directory: O_RDONLY | O_DIRECTORY | O_NOFOLLOW
    case .linkedDirectory: O_RDONLY | O_DIRECTORY
    case .read: O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
    case .readLinked: O_RDONLY | O_NONBLOCK | O_NOCTTY
    case .readWrite: O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
    }
  }

  deinit { close(descriptor) }
}
