internal import CSystem

extension FileLock {
  /// The processes that have the lock on `name` in `directory`, by what the kernel says; it may be
  /// another one's a moment later. None if there is no such file, or no /proc here.
  public static func holders(
    of name: Path, in directory: borrowing File
  ) throws(SystemError) -> [Int32] {
    let identity: FileStatus.Identity
    do throws(SystemError) { identity = try directory.status(of: name).identity } catch {
      guard error.isAbsence else { throw error }
      return []
    }
    guard let file = try? File("/proc/locks", .read), let text = try? file.read(1 << 20) else {
      return []
    }
    let lines = text.split(separator: UInt8(ascii: "\n")).compactMap { LockLine($0) }
    // Where a file system has more than one device number, that of the file is another one.
    let same = lines.filter { $0.inode == identity.inode }
    let exact = same.filter { $0.device == identity.device }
    return (exact.isEmpty ? same : exact).map { $0.process }
  }
}

/// `1: FLOCK  ADVISORY  WRITE 4711 08:01:131090 0 EOF`
private struct LockLine {
  let process: Int32
  let device: UInt64
  let inode: UInt64

  /// Nil if it is anything else: another kind of lock, or a process that waits.
  init?(_ line: ArraySlice<UInt8>) {
    let words = line.split(separator: UInt8(ascii: " "))
    guard words.count >= 6, words[1].elementsEqual([0x46, 0x4C, 0x4F, 0x43, 0x4B]),
      let process = Self.number(words[4], radix: 10)
    else { return nil }
    let parts = words[5].split(separator: UInt8(ascii: ":"))
    guard parts.count == 3, let major = Self.number(parts[0], radix: 16),
      let minor = Self.number(parts[1], radix: 16), let inode = Self.number(parts[2], radix: 10)
    else { return nil }
    self.process = Int32(truncatingIfNeeded: process)
    device = csystem_device(UInt32(truncatingIfNeeded: major), UInt32(truncatingIfNeeded: minor))
    self.inode = inode
  }

  private static func number(_ text: ArraySlice<UInt8>, radix: UInt64) -> UInt64? {
    var value: UInt64 = 0
    for byte in text {
      var digit = UInt64(byte | 0x20) &- 0x61 &+ 10
      if byte >= 0x30, byte <= 0x39 { digit = UInt64(byte) - 0x30 }
      guard digit < radix else { return nil }
      value = value &* radix &+ digit
    }
    return text.isEmpty ? nil : value
  }
}
