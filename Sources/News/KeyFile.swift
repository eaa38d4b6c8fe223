internal import CNews

/// A file with a secret on its first line, which only root and the courier's group may read.
public enum KeyFile {
  /// In bytes.
  private static let longest = 200

  /// The secret: letters that stand in a header as they are.
  public static func key(in path: String) throws(NewsError) -> String {
    let file = unsafe cnews_open(path, O_RDONLY | O_NONBLOCK, 0)
    guard file >= 0 else { throw .ofSystem("open '\(path.shown)'") }
    defer { close(file) }
    if let objection = objection(to: file) { throw NewsError("'\(path.shown)' \(objection)") }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe read(file, &buffer, buffer.count)
    guard count >= 0 else { throw .ofSystem("read '\(path.shown)'") }
    let line = buffer.prefix(count).prefix { $0 != 10 && $0 != 13 }
    guard 1...longest ~= line.count, line.allSatisfy({ isOfKey($0) }) else {
      throw NewsError(
        "'\(path.shown)' has no key: one line of letters and digits, \(longest) bytes at most")
    }
    return String(decoding: line, as: UTF8.self)
  }

  /// Why what it has is no secret, or isn't the administrator's.
  private static func objection(to file: CInt) -> String? {
    var status = stat()
    guard unsafe fstat(file, &status) == 0 else { return "can't be looked at" }
    guard status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) else { return "is no file" }
    guard status.st_uid == 0 || status.st_uid == geteuid() else { return "isn't root's" }
    guard status.st_mode & 0o037 == 0 else {
      return "is open to others: 'chown root:abl' and 'chmod 640' are right for a key"
    }
    return nil
  }

  private static func isOfKey(_ byte: UInt8) -> Bool {
    0x21...0x7E ~= byte && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }
}
