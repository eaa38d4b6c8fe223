internal import CSystem
internal import Policy

/// What utmp has of the terminal that we run in, or that a process above us does: sudo may give us
/// one of its own.
struct TerminalEntry {
  /// `pts/3`
  let line: String
  let address: HostAddress

  /// Nil if there was no login from elsewhere.
  static var own: TerminalEntry? {
    for process in Connection.lineage {
      guard let line = terminal(of: process), let address = address(of: line) else { continue }
      return TerminalEntry(line: line, address: address)
    }
    return nil
  }

  /// Its standard input, if that is a terminal.
  private static func terminal(of process: pid_t) -> String? {
    var name = [CChar](repeating: 0, count: 256)
    let count = unsafe readlink("/proc/\(process)/fd/0", &name, name.count - 1)
    guard count > 0 else { return nil }
    let path = String(decoding: name[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let devices = "/dev/"
    guard path.hasPrefix(devices + "pts/") || path.hasPrefix(devices + "tty") else { return nil }
    return String(path.dropFirst(devices.count))
  }

  /// Of the entry of a login at the terminal `line`; nil if there is none, or none from elsewhere.
  private static func address(of line: String) -> HostAddress? {
    let all = Connection.read(file)
    for start in stride(from: 0, through: all.count - size, by: size) {
      let entry = all[start..<start + size]
      guard entry[start] == login, entry[start + 1] == 0,
        entry[(start + 8)..<(start + 40)].prefix(while: { $0 != 0 }).elementsEqual(line.utf8)
      else { continue }
      return address(entry[(start + size - 36)..<(start + size - 20)])
    }
    return nil
  }

  /// Of IPv4 the last twelve of 16 bytes are zeros, and all of a user that sits at the machine.
  private static func address(_ octets: ArraySlice<UInt8>) -> HostAddress? {
    guard octets.contains(where: { $0 != 0 }) else { return nil }
    let isV4 = octets.dropFirst(4).allSatisfy { $0 == 0 }
    return HostAddress(octets: isV4 ? octets.prefix(4) : octets)
  }

  private static let file = "/run/utmp"
  /// `USER_PROCESS`, the type at the front of an entry.
  private static let login: UInt8 = 7
  /// Of glibc's `struct utmpx`: type 2, filler 2, process 4, terminal 32, …, address 16, reserve 20.
  #if arch(arm64)
    private static let size = 400
  #else
    private static let size = 384
  #endif
}
