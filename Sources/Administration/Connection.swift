internal import CSystem
internal import Policy
internal import Text

/// Where the person sits that runs us, and what says so.
struct Seat {
  let address: HostAddress
  /// `SSH_CONNECTION`, or `utmp's entry of pts/3`.
  let source: String
}

/// Where the person sits that runs us.
enum Connection {
  /// The other end of the ssh connection that we run in; nil if there is none.
  ///
  /// sudo takes the variable away; then the entry of the terminal in utmp is asked, and processes
  /// above us, as far as we may look.
  static var seat: Seat? {
    if let value = unsafe getenv(variable) {
      return seat(address(in: unsafe Array(String(cString: value).utf8)), variable)
    }
    if let entry = TerminalEntry.own { return seat(entry.address, "utmp's entry of \(entry.line)") }
    return seat(inherited, variable)
  }

  /// The address that it is by `seat`, shown on standard error.
  ///
  /// - Throws: `Failure` if there is none.
  static func own() throws -> TypedName {
    guard let seat, let name = TypedName(seat.address.text.bytes) else {
      throw Failure(message: "cannot tell where you come from: this is no ssh connection")
    }
    complain("you come from \(String(seat.address.text)), by \(seat.source)")
    return name
  }

  private static func seat(_ address: HostAddress?, _ source: String) -> Seat? {
    address.map { Seat(address: $0, source: source) }
  }

  /// What a process above us has.
  private static var inherited: HostAddress? {
    for process in lineage.dropFirst() {
      if let value = environment(of: process), let found = address(in: value) { return found }
    }
    return nil
  }

  /// Our process, its parent, and so on.
  static var lineage: [pid_t] {
    var processes = [getpid()]
    while processes.count <= mostAncestors, let last = processes.last,
      let parent = parent(of: last), parent > 1
    {
      processes.append(parent)
    }
    return processes
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

  /// At most a megabyte, also of files of /proc, which have no size.
  static func read(_ path: String) -> [UInt8] {
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
