internal import CSystem
internal import Orders
internal import Platform

/// Files of the fleet, each with the mode that it needs.
enum FleetFiles {
  static func makeDirectory(_ path: String, mode: mode_t) throws {
    guard unsafe mkdir(path, mode) == 0 || csystem_errno() == EEXIST else {
      throw Failure.system("cannot make \(ArgumentBytes.quoted(path))", csystem_errno())
    }
    guard unsafe chmod(path, mode) == 0 else {
      throw Failure.system("cannot set the mode of \(ArgumentBytes.quoted(path))", csystem_errno())
    }
  }

  /// Puts a text in the place of a file; never half of it.
  ///
  /// - Parameter group: whose members may read it, too.
  static func write(_ text: String, to path: String, mode: mode_t, group: gid_t? = nil) throws {
    try write(Array(text.utf8), to: path, mode: mode, group: group)
  }

  static func copy(
    _ source: String, to path: String, mode: mode_t, group: gid_t? = nil
  ) throws {
    guard let bytes = Tool.contents(of: source, atMost: 1 << 20) else {
      throw Failure.system("cannot read \(ArgumentBytes.quoted(source))", csystem_errno())
    }
    try write(bytes, to: path, mode: mode, group: group)
  }

  private static func write(
    _ bytes: [UInt8], to path: String, mode: mode_t, group: gid_t?
  ) throws {
    let file = try FileReplacement(Path(Array(path.utf8)), mode: mode)
    if let group, fchown(file.descriptor, uid_t.max, group) != 0 {
      throw Failure(
        message:
          "cannot give \(ArgumentBytes.quoted(path)) to its group: \(Tool.reason(csystem_errno()))")
    }
    guard unsafe CSystem.write(file.descriptor, bytes, bytes.count) == bytes.count else {
      throw Failure.system("cannot write to \(ArgumentBytes.quoted(path))", csystem_errno())
    }
    try file.finish()
  }

  /// The group that the courier is in; nil if there is none of the name.
  static func group(_ name: String) -> gid_t? { unsafe getgrnam(name)?.pointee.gr_gid }

  static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
}
