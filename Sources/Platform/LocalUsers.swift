internal import Text

/// The users of this machine, as far as its own files tell.
///
/// No module of NSS is asked: one may load libraries into a login, and wait for a directory as long
/// as it likes. Two files are read, of a MiB at most, which takes milliseconds.
public enum LocalUsers {
  /// Whether there is surely no user of that name. False if there is one, and wherever these files
  /// don't tell: where users come from a directory, too, or the file of users is too large.
  ///
  /// - Parameter directory: `/etc`.
  public static func lack(_ name: [UInt8], in directory: Path = "/etc") -> Bool {
    guard let sources = line("passwd", of: "nsswitch.conf", directory), !sources.isEmpty else {
      return false
    }
    let words = sources.filter { $0 > UInt8(ascii: " ") }
    // What nss-systemd adds are services, but for the users of systemd-homed.
    let isLocal =
      words.isSame(as: Text("files").bytes)
      || words.isSame(as: Text("filessystemd").bytes) && !hasHomes
    return isLocal && line(name, of: "passwd", directory)?.isEmpty ?? false
  }

  private static func line(
    _ key: StaticString, of file: Path, _ directory: Path
  ) -> [UInt8]? { line(Text(stringLiteral: key).bytes, of: file, directory) }

  /// What stands behind `key` and a colon in the first such line of a file; nothing if there is
  /// none, nil if the file can't be read, or not as a whole.
  @inline(never)
  private static func line(
    _ key: [UInt8], of file: Path, _ directory: Path
  ) -> [UInt8]? {
    let most = 1 << 20
    guard let file = try? File(directory.appending(file), .readLinked),
      let content = try? file.read(most + 1), content.count <= most
    else { return nil }
    let front = key + [UInt8(ascii: ":")]
    var start = 0
    while start < content.count {
      let end = content.firstIndex(of: UInt8(ascii: "\n"), from: start) ?? content.count
      let line = content[start..<end]
      if line.starts(with: front) { return Array(line.dropFirst(front.count)) }
      start = end + 1
    }
    return []
  }

  private static var hasHomes: Bool {
    if (try? File("/var/lib/systemd/home", .directory)) != nil { true } else { false }
  }
}
