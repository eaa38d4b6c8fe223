public import Policy
public import Text

/// The addresses that begin with the same bits, in one form only: further bits are zero.
public struct Prefix: Hashable, Sendable {
  public let isIPv6: Bool
  /// How many bits they share: at most 32, or 128 of IPv6.
  public let length: UInt8
  /// The first and the last eight bytes; of IPv4 the first four are the address.
  let (high, low): (UInt64, UInt64)

  /// The prefix of that length that `address` is in.
  public init(_ address: HostAddress, length: UInt8) {
    switch address {
    case .v4(let value):
      (isIPv6, self.length) = (false, min(length, 32))
      (high, low) = (UInt64(value) << 32 & Self.mask(UInt64(min(length, 32))), 0)
    case .v6(let high, let low):
      (isIPv6, self.length) = (true, min(length, 128))
      self.high = high & Self.mask(UInt64(length))
      self.low = length > 64 ? low & Self.mask(UInt64(min(length, 128)) - 64) : 0
    }
  }

  /// That address alone.
  public init(_ address: HostAddress) {
    self.init(address, length: 128)
  }

  public init(_ network: Network) {
    self.init(network.address, length: network.prefixLength)
  }

  /// Whether each address of `other` is in this one.
  public func contains(_ other: Prefix) -> Bool {
    guard isIPv6 == other.isIPv6, length <= other.length else { return false }
    return self == Prefix(other.address, length: length)
  }

  /// Whether they have an address in common.
  func overlaps(_ other: Prefix) -> Bool { contains(other) || other.contains(self) }

  /// In few steps: a look asks for the hash of each block several times.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(high)
    hasher.combine(low)
    hasher.combine(kind)
  }

  /// Its length and family.
  var kind: UInt64 { UInt64(length) << 1 | (isIPv6 ? 1 : 0) }

  /// The first of its addresses.
  public var address: HostAddress {
    isIPv6 ? .v6(high: high, low: low) : .v4(UInt32(truncatingIfNeeded: high >> 32))
  }

  /// `192.0.2.0/24`; an address alone if it is all there is.
  public var text: Text { Network(address, prefixLength: length).text }

  /// The 4 or 16 bytes of the address.
  var octets: [UInt8] { isIPv6 ? high.octets + low.octets : Array(high.octets.prefix(4)) }

  /// The bytes of the mask.
  static func mask(isIPv6: Bool, length: UInt8) -> [UInt8] {
    let ones = Prefix(isIPv6 ? .v6(high: .max, low: .max) : .v4(.max), length: length)
    return ones.octets
  }

  /// The first `length` of 64 bits, all of them if it is more.
  private static func mask(_ length: UInt64) -> UInt64 { ~(UInt64.max >> length) }
}

extension Prefix: Comparable {
  public static func < (one: Prefix, other: Prefix) -> Bool {
    if one.isIPv6 != other.isIPv6 { return other.isIPv6 }
    return (one.high, one.low, one.length) < (other.high, other.low, other.length)
  }
}

extension FixedWidthInteger {
  /// The bytes, the most significant first.
  var octets: [UInt8] {
    stride(from: Self.bitWidth - 8, through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: self >> Self($0))
    }
  }
}
