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
    return commands + homeTroubles + [tableTrouble].compactMap { $0 } + services
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

  private var homeTroubles: [Diagnostic] {
    [(Key.databaseHome, configuration.databaseHome), (.runHome, configuration.runHome)]
      .compactMap { key, home in
        guard let place = configuration.place(of: key),
          let trouble = Self.homeTrouble(of: Path(home.bytes), isStore: key == .databaseHome)
        else { return nil }
        return Diagnostic(.warning, trouble, at: place)
      }
  }

  /// Why no login can use a directory, or make it: the directory itself is made, but not the one
  /// above.
  private static func homeTrouble(of path: Path, isStore: Bool) -> Text? {
    var status = stat()
    let isThere = unsafe path.withCString { unsafe lstat($0, &status) } == 0
    guard !isThere, csystem_errno() == ENOENT else {
      do throws(StoreError) { _ = try Store.trusted(path) } catch {
        // What root may do, only root can tell.
        guard Terminal.isRoot || !error.isRefused else { return nil }
        return "no login can use this: \(error.message)"
      }
      return nil
    }
    let parent = String(path.parent.text.quoted)
    guard inspect(path.parent) == nil || !canMakeDirectory(in: path.parent) else { return nil }
    let what = isStore ? "store" : "table"
    return Text(Array("the \(what) can't be made: \(parent): \(Terminal.reason)".utf8))
  }

  /// Makes one of a name that nothing else has, and removes it: /proc and the like refuse root,
  /// too.
  private static func canMakeDirectory(in parent: Path) -> Bool {
    guard Terminal.isRoot else { return true }
    let probe = parent.appending(Path(Array(".abl-\(Random.number)".utf8)))
    return unsafe probe.withCString { name in
      unsafe mkdir(name, 0o700) == 0 && rmdir(name) == 0
    }
  }

  /// Services of rules that no program of this machine has; what is told of others than PAM's may
  /// be right all the same.
  private var services: [Diagnostic] {
    let files = MachineFiles()
    guard files.status("/etc/pam.d") != nil else { return [] }
    return configuration.writtenServices.filter { service, _ in
      let name = String(decoding: service.bytes, as: UTF8.self)
      // One with a large letter is told as that.
      return name != "*" && name == name.lowercased() && files.stack(name) == nil
    }.map { service, place in
      Diagnostic(
        .note, "no program that asks PAM has this name: there is no such file in /etc/pam.d",
        at: place)
    }
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
