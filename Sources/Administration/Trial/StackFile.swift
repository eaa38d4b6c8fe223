internal import CSystem
internal import Platform
internal import Policy

/// A file of /etc/pam.d that is changed as a whole: a reader sees it as it was, or as it will be.
struct StackFile {
  /// Where it is: no symbolic link.
  let path: Path
  private static let mostTries = 5

  /// - Throws: a `Failure` if there is no such file.
  init(_ path: Path) throws {
    let resolved = unsafe path.withCString { unsafe realpath($0, nil) }
    guard let resolved = unsafe resolved else { throw Self.trouble("read", path) }
    self.path = unsafe Path(Array(String(cString: resolved).utf8))
    unsafe free(resolved)
  }

  /// Puts in its place what `change` makes of its text, with its mode, owner and label. If somebody
  /// else has changed it meanwhile it is read again: nothing of theirs is lost.
  ///
  /// - Parameter change: false leaves it alone.
  func edit(_ change: (inout StackEdit) throws -> Bool) throws {
    for _ in 0..<Self.mostTries {
      let before = try status()
      let text = try read()
      var edit = StackEdit(text)
      guard try change(&edit) else { return }
      guard edit.text != text else { return }
      if try replace(with: edit.text, before) { return }
    }
    throw Failure(message: "cannot change '\(Name(path.bytes).shown)': it goes on changing")
  }

  private func read() throws -> [UInt8] {
    do throws(SystemError) {
      let file = try File(path, .read)
      return try file.read(min(try file.status.size, 1 << 20))
    } catch {
      throw Failure(message: "cannot read \(Name(path.bytes).quoted): " + Terminal.reason)
    }
  }

  private func status() throws -> stat {
    var status = stat()
    guard unsafe path.withCString({ unsafe lstat($0, &status) }) == 0 else {
      throw Self.trouble("read", path)
    }
    return status
  }

  /// - Returns: false if it was changed meanwhile.
  private func replace(with text: [UInt8], _ before: stat) throws -> Bool {
    let slash = path.bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0
    let (directory, name) = (path.parent, path.bytes[(slash + 1)...])
    Self.tidy(directory)
    let draft = Path(directory.bytes + Array("/.abl-\(getpid())-".utf8) + name)
    let file = unsafe draft.withCString {
      unsafe csystem_open($0, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    }
    guard file >= 0 else { throw Self.trouble("write to", draft) }
    var isThere = true
    defer {
      close(file)
      if isThere { _ = unsafe draft.withCString { unsafe unlink($0) } }
    }
    try Self.fill(file, text, draft)
    guard fchown(file, before.st_uid, before.st_gid) == 0,
      fchmod(file, before.st_mode & 0o7777) == 0
    else { throw Self.trouble("change", draft) }
    copyLabel(to: file)
    guard fsync(file) == 0 else { throw Self.trouble("write to", draft) }
    guard Self.isSame(before, try status()) else { return false }
    let result = unsafe draft.withCString { old in
      unsafe path.withCString { new in unsafe rename(old, new) }
    }
    guard result == 0 else { throw Self.trouble("replace", path) }
    isThere = false
    Self.sync(directory)
    return true
  }

  /// Removes drafts of processes that were ended before they were done.
  private static func tidy(_ directory: Path) {
    let prefix = Array(".abl-".utf8)
    guard let opened = try? File(directory, .linkedDirectory),
      let names = try? opened.names(beginningWith: prefix)
    else { return }
    for name in names {
      let digits = name.bytes.dropFirst(prefix.count).prefix { (48...57).contains($0) }
      let process = pid_t(String(decoding: digits, as: UTF8.self)) ?? 0
      guard process > 0, kill(process, 0) != 0, csystem_errno() == ESRCH else { continue }
      let draft = Path(directory.bytes + [UInt8(ascii: "/")] + name.bytes)
      _ = unsafe draft.withCString { unsafe unlink($0) }
    }
  }

  private static func fill(_ file: CInt, _ text: [UInt8], _ path: Path) throws {
    do throws(WriteError) { try Terminal.write(text, to: file) } catch {
      throw Failure(message: "cannot write to \(Name(path.bytes).quoted): " + error.reason)
    }
  }

  /// SELinux's, where it has one.
  private func copyLabel(to file: CInt) {
    let name = "security.selinux"
    var label = [UInt8](repeating: 0, count: 1024)
    let length = unsafe path.withCString { unsafe lgetxattr($0, name, &label, label.count) }
    if length > 0 { _ = unsafe fsetxattr(file, name, label, length, 0) }
  }

  private static func isSame(_ one: stat, _ other: stat) -> Bool {
    one.st_dev == other.st_dev && one.st_ino == other.st_ino && one.st_size == other.st_size
      && one.st_mtim.tv_sec == other.st_mtim.tv_sec
      && one.st_mtim.tv_nsec == other.st_mtim.tv_nsec
      && one.st_ctim.tv_sec == other.st_ctim.tv_sec
      && one.st_ctim.tv_nsec == other.st_ctim.tv_nsec
  }

  /// The directory, so that the new name survives a power cut.
  private static func sync(_ directory: Path) {
    let file = unsafe directory.withCString { unsafe csystem_open($0, O_RDONLY, 0) }
    guard file >= 0 else { return }
    fsync(file)
    close(file)
  }

  private static func trouble(_ action: String, _ path: Path) -> Failure {
    let reason = Terminal.reason
    let hint = Terminal.isRoot ? "" : "; run it as root"
    return Failure(message: "cannot \(action) \(Name(path.bytes).quoted): " + reason + hint)
  }
}
