internal import CLinux
internal import DenyList
public import Platform

/// A file that servers read while it is replaced.
public enum ListFile {
  /// Whether there is something at `path` that abld hasn't written: it is neither replaced nor
  /// removed, for `list_file` may name any file by mistake.
  static func isForeign(_ path: Path) throws(SystemError) -> Bool {
    do throws(SystemError) {
      let beginning = try File(path, .readLinked).read(4096)
      return !DenyList.canBegin(with: beginning)
    } catch {
      if error.isAbsence { return false }
      throw error
    }
  }

  /// Takes it away; it may be absent, and another one than abld's stays.
  public static func remove(_ path: Path) throws(SystemError) {
    if try isForeign(path) { return }
    let (directory, name) = parts(of: path)
    do throws(SystemError) {
      try File(directory, .linkedDirectory).remove(name)
    } catch {
      if !error.isAbsence { throw error }
    }
  }

  /// Replaces it: a reader meets the old text or the new one, never half of it. All users may read
  /// it, for servers that ask libwrap have users of their own.
  static func replace(_ path: Path, by text: [UInt8]) throws(SystemError) {
    let (directory, name) = parts(of: path)
    _ = unsafe directory.withCString { unsafe clinux_make_open_directory($0) }
    let opened = try File(directory, .linkedDirectory)
    let new = Path(name.bytes + Array(".new".utf8))
    try opened.remove(new)
    let file = try File(new, in: opened, .readWrite, creating: true)
    try file.write(text, at: 0)
    _ = unsafe directory.appending(new).withCString { unsafe chmod($0, 0o644) }
    try file.synchronize()
    try opened.rename(new, to: name)
  }

  /// An absolute path is its directory, and a name there.
  private static func parts(of path: Path) -> (directory: Path, name: Path) {
    let slash = path.bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0
    return (slash == 0 ? "/" : Path(path.bytes[..<slash]), Path(path.bytes[(slash + 1)...]))
  }
}
