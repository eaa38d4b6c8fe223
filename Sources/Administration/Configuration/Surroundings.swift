internal import BlockList
internal import CSystem
internal import Platform
internal import Policy
internal import Text

extension LoadedConfiguration {
  /// What the configuration names and the machine doesn't have: warnings, since it may come.
  var surroundings: [Diagnostic] {
    let commands = configuration.writtenCommands.compactMap { command, place in
      command.arguments.first.flatMap { Self.programTrouble(Path($0)) }.map {
        Diagnostic(.warning, $0, at: place)
      }
    }
    return commands + [storeTrouble, tableTrouble].compactMap { $0 }
  }

  private static func programTrouble(_ path: Path) -> Text? {
    guard let status = inspect(path) else {
      return Text(Array("there is no such program: \(Terminal.reason)".utf8))
    }
    var copy = status
    guard unsafe csystem_is_regular(&copy) != 0 else { return "this is no program, nor any file" }
    guard status.st_mode & 0o111 != 0 else { return "this file is not executable" }
    let isOthers = status.st_uid != 0 && status.st_uid != geteuid() || status.st_mode & 0o022 != 0
    return isOthers ? "others than root may change this program, which root runs" : nil
  }

  /// The directory itself is made, but not the one above.
  private var storeTrouble: Diagnostic? {
    let path = Path(configuration.databaseHome.bytes)
    guard let place = configuration.place(of: .databaseHome), Self.inspect(path) == nil,
      Self.inspect(path.parent) == nil
    else { return nil }
    let parent = String(path.parent.text.quoted)
    let message = Text(Array("the store can't be made: \(parent): \(Terminal.reason)".utf8))
    return Diagnostic(.warning, message, at: place)
  }

  /// What is in memory has no disk's number. /tmp may be on a disk, and is for trying things out.
  private var tableTrouble: Diagnostic? {
    var path = Path(configuration.runHome.bytes)
    guard let place = configuration.place(of: .runHome), !path.bytes.starts(with: "/tmp/".utf8)
    else { return nil }
    while Self.inspect(path) == nil, path != "/" { path = path.parent }
    guard let status = Self.inspect(path), gnu_dev_major(status.st_dev) != 0 else { return nil }
    return Diagnostic(
      .warning, "this is on a disk; a directory in memory, as below /run, costs each login less",
      at: place)
  }

  /// Of the file that `path` leads to; nil if there is none.
  private static func inspect(_ path: Path) -> stat? {
    var status = stat()
    let result = unsafe path.withCString { unsafe stat($0, &status) }
    return result == 0 ? status : nil
  }
}
