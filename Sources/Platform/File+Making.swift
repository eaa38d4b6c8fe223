internal import CSystem

extension File {
  /// Makes the file `name` in `directory`, of `size` bytes that it really has, with what `fill`
  /// writes to it: it has its name only once it is complete. If there is one of that name by then,
  /// that one stays.
  ///
  /// A process that is killed meanwhile leaves nothing, or (where a file can't be without a name)
  /// one whose name begins with `new.`.
  public static func make(
    _ name: Path, in directory: borrowing File, size: Int,
    _ fill: (borrowing File) throws(SystemError) -> Void
  ) throws(SystemError) {
    var other = [CChar](repeating: 0, count: 64)
    let opened = unsafe csystem_begin_file(directory.descriptor, &other)
    let file = try File(adopting: opened, directory.path.appending(name))
    do throws(SystemError) {
      // So that no write to it can fail for want of room.
      let error = posix_fallocate(file.descriptor, 0, size)
      guard error == 0 else { throw SystemError(.resize, file.path, error) }
      try fill(file)
    } catch {
      if other[0] != 0 { unsafe unlinkat(directory.descriptor, other, 0) }
      throw error
    }
    let result = unsafe name.withCString {
      unsafe csystem_end_file(file.descriptor, directory.descriptor, other, $0)
    }
    guard result == 0 || csystem_errno() == EEXIST else { throw .last(.create, file.path) }
  }
}
