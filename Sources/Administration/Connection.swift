internal import CSystem
internal import Policy

/// Where the person sits that runs us.
enum Connection {
  /// The address of the other end of the ssh connection that we run in; nil if there is none.
  ///
  /// sudo takes the variable away, so processes above us are asked for it too, as far as we may look.
  static var address: HostAddress? {
    if let value = unsafe getenv(variable) {
      return address(in: unsafe Array(String(cString: value).utf8))
    }
    var process = getppid()
    for _ in 0..<mostAncestors where process > 1 {
      if let value = environment(of: process), let found = address(in: value) { return found }
      guard let parent = parent(of: process) else { return nil }
      process = parent
    }
    return nil
  }

  private static let variable = "SSH_CONNECTION"
  private static let mostAncestors = 16

  /// `192.0.2.7 50422 198.51.100.1 22`
  static func address(in value: [UInt8]) -> HostAddress? {
    HostAddress(parsing: value.prefix { $0 != UInt8(ascii: " ") })
  }

  /// What stands in the variable there.
  private static func environment(of process: pid_t) -> [UInt8]? {
    let head = Array("\(variable)=".utf8)
    let all = read("/proc/\(process)/environ")
    let entry = all.split(separator: 0).first { $0.starts(with: head) }
    return entry.map { Array($0.dropFirst(head.count)) }
  }

  private static func parent(of process: pid_t) -> pid_t? {
    let lines = read("/proc/\(process)/status").split(separator: UInt8(ascii: "\n"))
    let line = lines.first { $0.starts(with: "PPid:".utf8) }
    return line.flatMap { line in
      pid_t(String(decoding: line.dropFirst(5), as: UTF8.self).filter { $0.isNumber })
    }
  }

  /// Files of /proc have no size.
  private static func read(_ path: String) -> [UInt8] {
    let descriptor = unsafe csystem_open(path, O_RDONLY, 0)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var (all, piece) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
    while all.count < 1 << 20 {
      let got = unsafe CSystem.read(descriptor, &piece, piece.count)
      guard got > 0 else { break }
      all += piece[..<got]
    }
    return all
  }
}
