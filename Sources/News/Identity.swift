internal import CNews

/// As which user this process runs.
public enum Identity {
  public static var isRoot: Bool { geteuid() == 0 }

  /// Becomes the user for good, with its groups alone.
  public static func become(_ user: String) throws(NewsError) {
    guard unsafe cnews_become(user) == 0 else { throw .ofSystem("become user '\(user.shown)'") }
  }

  /// Lets the signals through that ask this process to end.
  public static func letEnd() { cnews_let_end() }

  /// Writes a line to the system's log.
  public static func log(_ line: String) { unsafe cnews_syslog(line.shown) }

  /// This machine's name, as mails and reports have it.
  public static var hostName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
    let name = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return name.isEmpty ? "localhost" : String(decoding: name, as: UTF8.self).shown
  }

  /// The path of this program.
  public static var program: String {
    var buffer = [CChar](repeating: 0, count: 4097)
    let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count - 1)
    guard count > 0 else { return "/usr/sbin/abl-courier" }
    return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// This machine's own addresses.
  public static var addresses: Set<Address> {
    var octets = [UInt8](repeating: 0, count: 16 * 256)
    let count = unsafe cnews_own_addresses(&octets, 256)
    return Set((0..<Int(count)).map { Address(mapped: octets[(16 * $0)..<(16 * $0 + 16)]) })
  }
}

extension Address {
  /// Of 16 bytes, in which those of IPv4 stand behind ::ffff.
  init(mapped octets: ArraySlice<UInt8>) {
    let begin = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
    let isMapped = octets.starts(with: begin)
    self.init(octets: Array(isMapped ? octets.dropFirst(12) : octets))
  }
}
