public import Text

/// The addresses that begin with the same bits.
public struct Network: Equatable, Sendable {
  /// An address of the network; its further bits don't matter.
  public var address: HostAddress
  /// How many bits they share: at most 32, or 128 for IPv6.
  public var prefixLength: UInt8

  public init(_ address: HostAddress, prefixLength: UInt8) {
    self.address = address
    self.prefixLength = prefixLength
  }

  /// The network of that length that has `address`; its further bits are 0.
  public init(of address: HostAddress, prefixLength: UInt8) {
    let length = UInt64(prefixLength)
    let masked: HostAddress =
      switch address {
      case .v4(let value): .v4(value & UInt32(truncatingIfNeeded: Self.mask(length + 32)))
      case .v6(let high, let low):
        .v6(
          high: high & Self.mask(length), low: low & (length > 64 ? Self.mask(length - 64) : 0))
      }
    self.init(masked, prefixLength: prefixLength)
  }

  /// Stands for logins that come from nowhere else: at the console, by su and sudo.
  public static var thisMachine: Network { Network(.v4(127 << 24), prefixLength: 8) }

  /// The network in words: "192.0.2.0/24", or "this machine".
  public var place: Text { self == .thisMachine ? "this machine" : text }

  /// Whether all addresses of `other` are addresses of this.
  public func contains(_ other: Network) -> Bool {
    prefixLength <= other.prefixLength && contains(other.address)
  }

  /// Whether an address lies in it.
  public func contains(_ other: HostAddress) -> Bool {
    let length = UInt64(prefixLength)
    switch (address, other) {
    case (.v4(let ours), .v4(let other)):
      return Self.mask(length + 32) & UInt64(ours ^ other) == 0
    case (.v6(let high, let low), .v6(let otherHigh, let otherLow)):
      let lowMask = length > 64 ? Self.mask(length - 64) : 0
      return Self.mask(length) & (high ^ otherHigh) == 0 && lowMask & (low ^ otherLow) == 0
    default: return false
    }
  }

  /// The first `length` of 64 bits, all of them if it is more.
  private static func mask(_ length: UInt64) -> UInt64 {
    // Swift's shift gives 0 for 64 bits and more.
    ~(UInt64.max >> length)
  }

  /// `192.0.2.0/24`; an address alone if it is all there is.
  public var text: Text {
    let isAddress = prefixLength == address.bitCount
    return address.text + (isAddress ? "" : "/" + Text(prefixLength))
  }
}

extension HostAddress {
  /// 32 or 128.
  public var bitCount: UInt8 {
    if case .v4 = self { 32 } else { 128 }
  }
}
