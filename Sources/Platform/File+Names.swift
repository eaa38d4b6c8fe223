internal import CSystem

extension File {
  /// The names in this directory that begin with `prefix`, in their order.
  public func names(beginningWith prefix: [UInt8]) throws(SystemError) -> [Path] {
    let copy = unsafe csystem_openat(descriptor, ".", O_RDONLY | O_DIRECTORY, 0)
    guard copy >= 0 else { throw .last(.open, path) }
    guard let stream = unsafe fdopendir(copy) else {
      let error = SystemError.last(.read, path)
      close(copy)
      throw error
    }
    defer { unsafe closedir(stream) }
    var names: [[UInt8]] = []
    while let entry = unsafe readdir(stream), let name = unsafe csystem_entry_name(entry) {
      let bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: name, count: strlen(name)))
      if bytes.starts(with: prefix) { names.append(bytes) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }.map { Path($0) }
  }
}
