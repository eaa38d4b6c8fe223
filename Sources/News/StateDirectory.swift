internal import CNews

/// A directory for what is to be known after a restart: small files that are replaced as a whole.
public struct StateDirectory: Sendable {
  public let path: String

  public init(_ path: String) { self.path = path }

  /// The most that a file may have, in bytes.
  static let longest = 1 << 20

  /// What the file has; nil if it isn't there.
  ///
  /// - Parameter followingLinks: whether it may be a symbolic link.
  public func read(
    _ name: String, followingLinks: Bool = false
  ) throws(NewsError) -> [UInt8]? {
    let file = unsafe cnews_open(
      "\(path)/\(name)", O_RDONLY | (followingLinks ? 0 : O_NOFOLLOW), 0)
    guard file >= 0 else {
      if cnews_errno() == ENOENT { return nil }
      throw .ofSystem("open '\(path)/\(name)'")
    }
    defer { close(file) }
    return try Self.contents(of: file, "\(path)/\(name)")
  }

  /// At most a mebibyte of an open file.
  static func contents(of file: CInt, _ path: String) throws(NewsError) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while bytes.count < longest {
      let count = unsafe CNews.read(file, &buffer, buffer.count)
      guard count >= 0 else { throw .ofSystem("read '\(path.shown)'") }
      if count == 0 { break }
      bytes += buffer.prefix(count)
    }
    return bytes
  }

  /// Replaces the file: after a power cut it has the old text or the new one.
  public func write(_ bytes: [UInt8], to name: String) throws(NewsError) {
    let new = "\(path)/\(name).new"
    let file = unsafe cnews_open(new, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw .ofSystem("write '\(new)'") }
    defer { close(file) }
    var offset = 0
    while offset < bytes.count {
      let count = unsafe bytes[offset...].withUnsafeBytes {
        unsafe CNews.write(file, $0.baseAddress, $0.count)
      }
      guard count > 0 else { throw .ofSystem("write '\(new)'") }
      offset += count
    }
    guard fsync(file) == 0, unsafe rename(new, "\(path)/\(name)") == 0 else {
      throw .ofSystem("write '\(path)/\(name)'")
    }
  }

  /// Does `body` while no other process is in it under this name.
  public func alone<Result>(
    _ name: String, _ body: () throws(NewsError) -> Result
  ) throws(NewsError) -> Result {
    let lock = unsafe cnews_lock("\(path)/\(name)")
    guard lock >= 0 else { throw .ofSystem("lock '\(path)/\(name)'") }
    defer { close(lock) }
    return try body()
  }
}
