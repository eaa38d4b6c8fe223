internal import CSystem

/// The file of a module: whether the program that asks PAM can load it.
struct ModuleFile {
  /// Where it is, or should be.
  let path: String
  private let files: MachineFiles

  /// - Parameter name: as a line of a stack has it.
  init(_ name: String, _ files: MachineFiles) {
    self.files = files
    guard !name.hasPrefix("/") else {
      path = name
      return
    }
    let places = Self.directories(files).map { $0 + "/" + name }
    path = places.first { files.status($0) != nil } ?? places.first ?? name
  }

  /// Where libpam looks: where its own modules are.
  private static func directories(_ files: MachineFiles) -> [String] {
    let parents = files.names(in: "/usr/lib").map { "/usr/lib/" + $0 }
    let all = parents + ["/usr/lib64", "/usr/lib", "/lib64", "/lib"]
    let places = all.map { $0 + "/security" }
    return places.filter { files.status($0 + "/pam_unix.so") != nil }
      + places.filter { files.status($0 + "/pam_abl.so") != nil }
  }

  /// - Parameter place: the line that names it.
  func findings(_ place: StackPlace, _ control: StackControl) -> [Finding] {
    let (name, here) = (path.quotedName, StackPlace(file: path, line: 0))
    guard let status = files.status(path) else {
      let what = control.onAbsence.refuses ? "each login fails" : "the line is passed over"
      return [
        Finding(
          .fault, .moduleMissing, at: place, "there is no module \(name), so \(what)",
          "install it, or take the line out")
      ]
    }
    var findings: [Finding] = []
    if files.isOthers(status) {
      findings.append(
        Finding(
          .doubt, .moduleWritable, at: here,
          "others than root may change the module (\(MachineFiles.rights(status)))",
          "chown root:root and chmod 644 it, once it is known to be the right one"))
    }
    guard let content = files.read(path, limit: 64 << 20) else { return findings }
    if let damage = Self.damage(of: content) {
      findings.append(
        Finding(
          .fault, .moduleDamaged, at: here, "no program can load this module: \(damage)",
          "install it anew"))
    } else if !content.contains("liblmdb.so".utf8) {
      findings.append(
        Finding(
          .fault, .moduleForeign, at: here,
          "this is not abl's module; the old pam_abl has the same name", "install abl's own"))
    }
    return findings
  }

  /// What is wrong with an ELF file; nil if nothing is.
  private static func damage(of content: [UInt8]) -> String? {
    guard content.starts(with: [0x7F, 0x45, 0x4C, 0x46]), content.count >= 64 else {
      return "it is no ELF file"
    }
    guard content[4] == 2, content[5] == 1 else { return "it is for another kind of machine" }
    let header = content[..<64]
    let isLibrary = number(header, 16, 2) == 3
    guard isLibrary else { return "it is no shared library" }
    guard number(header, 18, 2) == machine else { return "it is for another kind of machine" }
    let (start, size, count) = (number(header, 32, 8), number(header, 54, 2), number(header, 56, 2))
    guard size >= 56, start <= content.count, size * count <= content.count - start else {
      return "it is cut off"
    }
    for index in 0..<count {
      let entry = start + index * size
      let (offset, length) = (
        number(content[...], entry + 8, 8), number(content[...], entry + 32, 8)
      )
      guard offset <= content.count, length <= content.count - offset else {
        return "it is cut off"
      }
    }
    return nil
  }

  /// A number with its lowest byte first; what is too large for any file is the largest.
  private static func number(_ bytes: ArraySlice<UInt8>, _ offset: Int, _ count: Int) -> Int {
    let value = bytes[offset..<(offset + count)].reversed().reduce(UInt64(0)) {
      $0 << 8 | UInt64($1)
    }
    return Int(clamping: value)
  }

  /// What an ELF file of this machine says.
  private static let machine: Int? = {
    let own = MachineFiles().read("/proc/self/exe", limit: 64)
    return own.flatMap { $0.count == 64 ? number($0[...], 18, 2) : nil }
  }()
}

extension [UInt8] {
  func contains(_ text: String.UTF8View) -> Bool {
    let wanted = Array(text)
    return unsafe withUnsafeBufferPointer { bytes in
      guard let start = bytes.baseAddress else { return wanted.isEmpty }
      return unsafe memmem(start, bytes.count, wanted, wanted.count) != nil
    }
  }
}

extension MachineFiles {
  /// Whether the loader would find the library that the module loads.
  var hasLibrary: Bool {
    let name = "liblmdb.so.0"
    var directories = ["/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib"]
    directories += names(in: "/usr/lib").map { "/usr/lib/" + $0 }
    if directories.contains(where: { status($0 + "/" + name) != nil }) { return true }
    return read("/etc/ld.so.cache", limit: 16 << 20)?.contains(name.utf8) ?? false
  }
}
