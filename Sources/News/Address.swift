internal import Glibc

/// An address of IPv4 or IPv6, in one spelling.
public struct Address: Hashable, Sendable {
  /// 4 bytes, or 16.
  public let octets: [UInt8]

  public init(octets: [UInt8]) { self.octets = octets }

  /// Reads `192.0.2.7` or `2001:db8::7`, and nothing else: no name, no short form, no zone.
  public init?(_ text: String) {
    guard text.utf8.count <= 45, text.utf8.allSatisfy({ Self.mayStand($0) }) else { return nil }
    var bytes = [UInt8](repeating: 0, count: 16)
    let family = text.utf8.contains(UInt8(ascii: ":")) ? AF_INET6 : AF_INET
    guard unsafe inet_pton(family, text, &bytes) == 1 else { return nil }
    let isMapped = family == AF_INET6 && bytes.starts(with: Self.mapped)
    octets = isMapped ? Array(bytes[12...]) : family == AF_INET ? Array(bytes[..<4]) : bytes
  }

  private static func mayStand(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
    case UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."), UInt8(ascii: ":"): true
    default: false
    }
  }

  /// ::ffff:0:0/96
  private static let mapped: [UInt8] = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]

  /// Whether it has sixteen bytes, not four.
  public var isIPv6: Bool { octets.count == 16 }

  public var text: String {
    var buffer = [CChar](repeating: 0, count: 64)
    let (family, size) = (isIPv6 ? AF_INET6 : AF_INET, socklen_t(buffer.count))
    guard unsafe inet_ntop(family, octets, &buffer, size) != nil else { return "" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The first address of the network of that many bits that it is in.
  public func network(_ length: Int) -> Address {
    var octets = octets
    for index in octets.indices {
      let kept = min(max(length - 8 * index, 0), 8)
      octets[index] &= UInt8(truncatingIfNeeded: 0xFF00 >> kept)
    }
    return Address(octets: octets)
  }

  /// Whether it is one of a host somewhere in the Internet: none that is private, of a link, of a
  /// group, of documentation, or otherwise set aside (IANA's registries of special addresses).
  public var isPublic: Bool {
    // What carries an address of IPv4 is as public as that one.
    if isIPv6 {
      if let inner { return inner.isPublic }
      guard octets[0] & 0xE0 == 0x20 else { return false }
    }
    return !Self.special.contains { network, length in
      network.octets.count == octets.count && self.network(length) == network
    }
  }

  /// The address of IPv4 that one of 64:ff9b::/96 (NAT64) or of 2002::/16 (6to4) carries.
  private var inner: Address? {
    if network(96) == Address("64:ff9b::") { return Address(octets: Array(octets[12...])) }
    if network(16) == Address("2002::") { return Address(octets: Array(octets[2..<6])) }
    return nil
  }

  private static let special: [(Address, Int)] = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "2001::/23",
    "2001:db8::/32", "3fff::/20",
  ].compactMap { Address.network($0) }

  /// Reads `192.0.2.0/24`; nil if that is none.
  static func network(_ text: some StringProtocol) -> (Address, Int)? {
    let parts = text.split(separator: "/", maxSplits: 1)
    guard parts.count == 2, let address = Address(String(parts[0])), let length = Int(parts[1]),
      0...(address.octets.count * 8) ~= length
    else { return nil }
    return (address.network(length), length)
  }
}
