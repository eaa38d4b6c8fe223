internal import CSystem
internal import Platform

/// The files of this machine, or of another one whose root is a directory of this one.
struct MachineFiles {
  /// Without a slash at its end; empty for this machine.
  let root: [UInt8]

  init(root: Path = "/") {
    var bytes = root.bytes
    while bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    self.root = bytes
  }

  var isHere: Bool { root.isEmpty }

  func path(_ name: String) -> Path { path(Array(name.utf8)) }

  func path(_ name: [UInt8]) -> Path { Path(root + name) }

  /// A message that names a file, as that machine would have it.
  func unrooted(_ text: String) -> String {
    isHere ? text : text.replacing(String(decoding: root, as: UTF8.self), with: "")
  }

  /// What is in an ordinary file, at most `limit` bytes of it; nil if it can't be read.
  func read(_ name: String, limit: Int = 1 << 20) -> [UInt8]? {
    guard let file = try? File(path(name), .readLinked), let status = try? file.status,
      status.kind == .regular
    else { return nil }
    return try? file.read(min(status.size, limit))
  }

  /// In their order; none if there is no such directory.
  func names(in directory: String) -> [String] {
    guard let file = try? File(path(directory), .linkedDirectory) else { return [] }
    let names = (try? file.names(beginningWith: [])) ?? []
    return names.map { String(decoding: $0.bytes, as: UTF8.self) }.filter { !$0.hasPrefix(".") }
  }

  /// Of the file that a path leads to; nil if there is none.
  func status(_ name: String) -> stat? { Self.status(path(name)) }

  private static func status(_ path: Path) -> stat? {
    var status = stat()
    let result = unsafe path.withCString { unsafe stat($0, &status) }
    return result == 0 ? status : nil
  }

  /// Whether others than root, or than the owner of the other machine's files, may change it.
  func isOthers(_ status: stat) -> Bool {
    let owner = isHere ? 0 : Self.status(Path(root))?.st_uid ?? 0
    return status.st_uid != 0 && status.st_uid != owner || status.st_mode & 0o022 != 0
  }

  /// `owner 1000, mode 664`
  static func rights(_ status: stat) -> String {
    "owner \(status.st_uid), mode " + String(status.st_mode & 0o7777, radix: 8)
  }
}

/// The stacks of a machine.
extension MachineFiles {
  /// Where libpam looks for them; the first that has a name holds.
  static let stackDirectories = [
    "/etc/pam.d", "/usr/lib/pam.d", "/usr/share/pam.d", "/usr/etc/pam.d",
  ]

  func stack(_ name: String) -> (path: String, text: [UInt8])? {
    let paths = name.hasPrefix("/") ? [name] : Self.stackDirectories.map { $0 + "/" + name }
    guard let path = paths.first(where: { isFile($0) }) else { return nil }
    // What we may not read is there all the same.
    return (path, read(path) ?? [])
  }

  private func isFile(_ name: String) -> Bool {
    guard var status = status(name) else { return false }
    return unsafe csystem_is_regular(&status) != 0
  }

  /// The stacks that we may not read.
  var unreadStacks: [String] {
    stackNames.compactMap { stack($0)?.path }.filter { read($0) == nil }
  }

  /// All names, but those that a package manager or an editor has left.
  var stackNames: [String] {
    let all = Set(Self.stackDirectories.flatMap { names(in: $0) })
    return all.filter { !Self.isLeft($0) && stack($0) != nil }.sorted()
  }

  private static func isLeft(_ name: String) -> Bool {
    let ends = ["~", ".bak", ".orig", ".old", ".pam-old", ".rpmnew", ".rpmsave", ".rpmorig"]
    return ends.contains { name.hasSuffix($0) } || name.contains(".dpkg-") || name.contains(".ucf-")
  }

  /// The first line, of any kind, that names the module; nil if none does.
  var firstLine: StackPlace? {
    for name in stackNames {
      guard let (path, text) = stack(name) else { continue }
      for (number, entry) in StackText.entries(of: text) {
        guard case .module(let module) = entry, module.isOurs else { continue }
        return StackPlace(file: path, line: number)
      }
    }
    return nil
  }
}
