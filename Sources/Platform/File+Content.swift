internal import CSystem

extension File {
  /// At most `count` bytes from `offset` on; fewer at the end of the file.
  public func read(_ count: Int, at offset: Int = 0) throws(SystemError) -> [UInt8] {
    var failure: SystemError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: max(count, 0)) { buffer, filled in
      while filled < buffer.count {
        let rest = unsafe UnsafeMutableBufferPointer(rebasing: buffer[filled...])
        let got = unsafe pread(descriptor, rest.baseAddress, rest.count, offset + filled)
        if got < 0 && csystem_errno() == EINTR { continue }
        if got < 0 { failure = .last(.read, path) }
        guard got > 0 else { return }
        filled += got
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Likewise, to work on: only if `factor` times as much memory as that can be had.
  public func read(_ count: Int, toUse factor: Int) throws(SystemError) -> [UInt8] {
    guard csystem_has_memory(count * factor) != 0 else { throw SystemError(.read, path, ENOMEM) }
    return try read(count)
  }

  /// Writes all of `bytes` at `offset`.
  public func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
    var done = 0
    while done < bytes.count {
      let put = unsafe bytes.withUnsafeBytes { (buffer) -> Int in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
        return unsafe pwrite(descriptor, rest.baseAddress, rest.count, offset + done)
      }
      if put < 0 && csystem_errno() == EINTR { continue }
      guard put > 0 else { throw .last(.write, path) }
      done += put
    }
  }

  /// Writes all of `bytes` behind what is there, in one call: of two that append at once neither
  /// overwrites the other.
  public func append(_ bytes: [UInt8]) throws(SystemError) {
    _ = csystem_append(descriptor)
    let put = unsafe bytes.withUnsafeBytes {
      unsafe CSystem.write(descriptor, $0.baseAddress, $0.count)
    }
    guard put == bytes.count else {
      throw put < 0 ? .last(.write, path) : SystemError(.write, path, ENOSPC)
    }
  }

  /// Makes the file empty.
  public func truncate() throws(SystemError) {
    guard ftruncate(descriptor, 0) == 0 else { throw .last(.resize, path) }
  }

  /// Makes sure that what was written, within the length that the file had, survives a power cut.
  public func synchronizeData() throws(SystemError) {
    guard fdatasync(descriptor) == 0 else { throw .last(.synchronize, path) }
  }

  /// Makes sure that what was written, or renamed in this directory, survives a power cut.
  public func synchronize() throws(SystemError) {
    guard fsync(descriptor) == 0 else { throw .last(.synchronize, path) }
  }
}
