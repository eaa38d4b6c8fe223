public import Text

/// What the kernel is to drop: new connections of TCP from a prefix to a port.
public struct Element: Hashable, Sendable {
  public let prefix: Prefix
  /// 0 stands for every port.
  public let port: UInt16

  public init(_ prefix: Prefix, port: UInt16) {
    (self.prefix, self.port) = (prefix, port)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(prefix.high)
    hasher.combine(prefix.low)
    hasher.combine(prefix.kind << 16 | UInt64(port))
  }

  /// Stands for every port.
  public static let allPorts: UInt16 = 0

  /// "192.0.2.7, port 22"
  public var text: Text {
    prefix.text + (port == Self.allPorts ? ", all ports" : ", port \(Text(port))")
  }

  /// How long its key is.
  var keyLength: Int { (prefix.isIPv6 ? 16 : 4) + (port == Self.allPorts ? 0 : 4) }

  /// Adds the key as the set has it: the address, and unless it is for all ports, the port and two
  /// bytes that fill its register.
  func addKey(to bytes: inout [UInt8]) {
    bytes.append(big: prefix.high, count: prefix.isIPv6 ? 8 : 4)
    if prefix.isIPv6 { bytes.append(big: prefix.low, count: 8) }
    if port != Self.allPorts { bytes.append(big: UInt64(port) << 48, count: 4) }
  }
}

extension [UInt8] {
  /// Adds the first `count` bytes of `value`, the most significant first.
  mutating func append(big value: UInt64, count: Int) {
    for index in 0..<count { append(UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * index))) }
  }
}
