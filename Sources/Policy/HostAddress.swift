/// The address of a host, in the one form that it has here.
///
/// An IPv4 address that was mapped into IPv6, `::ffff:192.0.2.1`, is the IPv4 address, and a zone
/// (`%eth0`) is dropped: a guesser can't appear as two.
public enum HostAddress: Equatable, Sendable {
  /// The most significant byte is the first of the dotted quad.
  case v4(UInt32)
  /// The first and the last eight bytes.
  case v6(high: UInt64, low: UInt64)

  /// The address of 16 bytes, mapped back to IPv4 if it is one of these.
  init(high: UInt64, low: UInt64) {
    let isMapped = high == 0 && low >> 32 == 0xFFFF
    self = isMapped ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high: high, low: low)
  }

  /// The address of these 4 or 16 bytes, the most significant first; nil for any other number.
  public init?(octets: ArraySlice<UInt8>) {
    var (high, low): (UInt64, UInt64) = (0, 0)
    for octet in octets.prefix(16) {
      high = high << 8 | low >> 56
      low = low << 8 | UInt64(octet)
    }
    switch octets.count {
    case 4: self = .v4(UInt32(truncatingIfNeeded: low))
    case 16: self.init(high: high, low: low)
    default: return nil
    }
  }

  /// The 4 or 16 bytes of the address, the most significant first.
  public var octets: [UInt8] {
    switch self {
    case .v4(let value): Self.octets(UInt64(value) << 32, count: 4)
    case .v6(let high, let low): Self.octets(high, count: 8) + Self.octets(low, count: 8)
    }
  }

  private static func octets(_ value: UInt64, count: UInt64) -> [UInt8] {
    var octets: [UInt8] = []
    octets.reserveCapacity(Int(count))
    for index in 0..<count { octets.append(UInt8(truncatingIfNeeded: value >> (56 - 8 * index))) }
    return octets
  }
}
