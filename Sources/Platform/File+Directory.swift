internal import CSystem

extension File {
  /// Opens the directory `path`, and makes it, for its owner alone, if only it is missing.
  public static func directory(creating path: Path) throws(SystemError) -> File {
    do {
      return try File(path, .directory)
    } catch  where error.number == ENOTDIR && isLinkOfRoot(path) {
      return try File(path, .linkedDirectory)
    } catch  where error.isAbsence {
      let result = unsafe path.withCString { unsafe mkdir($0, 0o700) }
      // Another login may have been faster.
      guard result == 0 || csystem_errno() == EEXIST else { throw .last(.create, path) }
      return try File(path, .directory)
    }
  }

  /// Whether `path` is a symbolic link that only root can have put there.
  private static func isLinkOfRoot(_ path: Path) -> Bool {
    var status = stat()
    let result = unsafe path.withCString {
      unsafe fstatat(AT_FDCWD, $0, &status, AT_SYMLINK_NOFOLLOW)
    }
    return result == 0 && status.st_mode & 0o170000 == 0o120000 && status.st_uid == 0
  }

  /// Gives `name` in this directory the name `newName`, in place of a file that has it.
  public func rename(_ name: Path, to newName: Path) throws(SystemError) {
    let result = unsafe name.withCString { old in
      unsafe newName.withCString { new in
        unsafe renameat(descriptor, old, descriptor, new)
      }
    }
    guard result == 0 else { throw .last(.rename, path.appending(name)) }
  }

  /// Removes `name` from this directory; it may be absent.
  public func remove(_ name: Path) throws(SystemError) {
    let result = unsafe name.withCString { unsafe unlinkat(descriptor, $0, 0) }
    guard result == 0 || csystem_errno() == ENOENT else {
      throw .last(.remove, path.appending(name))
    }
  }

  /// Makes `name` in this directory a symbolic link to `target`; one that is there stays.
  public func link(_ name: Path, to target: Path) throws(SystemError) {
    let result = unsafe target.withCString { old in
      unsafe name.withCString { unsafe symlinkat(old, descriptor, $0) }
    }
    guard result == 0 || csystem_errno() == EEXIST else {
      throw .last(.create, path.appending(name))
    }
  }
}
