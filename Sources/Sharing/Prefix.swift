public import Policy
internal import Text

/// What a record is about: the addresses that begin with the same bits.
///
/// The bits behind them are zero, and no IPv4 address hides in an IPv6 one, so that one prefix has
/// one form.
public struct Prefix: Hashable, Sendable {
  public let isV6: Bool
  /// At most 32, or 128 for IPv6.
  public let length: UInt8
  /// The first and the last eight bytes; an IPv4 address stands in the first four.
  let high, low: UInt64

  private init(isV6: Bool, length: UInt8, high: UInt64, low: UInt64) {
    self.isV6 = isV6
    self.length = length
    self.high = high & Self.mask(length)
    self.low = length > 64 ? low & Self.mask(length - 64) : 0
  }

  /// The first `length` bits of an address; nil if it hasn't so many.
  public init?(_ address: HostAddress, length: UInt8) {
    switch address {
    case .v4(let value):
      guard length <= 32 else { return nil }
      self.init(isV6: false, length: length, high: UInt64(value) << 32, low: 0)
    case .v6(let high, let low):
      guard length <= 128 else { return nil }
      self.init(isV6: true, length: length, high: high, low: low)
    }
  }

  /// One address.
  public init(_ address: HostAddress) {
    switch address {
    case .v4(let value):
      self.init(isV6: false, length: 32, high: UInt64(value) << 32, low: 0)
    case .v6(let high, let low): self.init(isV6: true, length: 128, high: high, low: low)
    }
  }

  /// The prefix of fewer bits that this one lies in; itself, if it has no more.
  public func shortened(to length: UInt8) -> Prefix {
    guard length < self.length else { return self }
    return Prefix(isV6: isV6, length: length, high: high, low: low)
  }

  /// Whether all addresses of `other` are addresses of this.
  public func contains(_ other: Prefix) -> Bool {
    isV6 == other.isV6 && length <= other.length && other.shortened(to: length) == self
  }

  /// The address that the prefix begins with.
  public var address: HostAddress {
    isV6 ? .v6(high: high, low: low) : .v4(UInt32(truncatingIfNeeded: high >> 32))
  }

  /// Whether it is one address.
  public var isAddress: Bool { length == (isV6 ? 128 : 32) }

  /// The first `length` of 64 bits, all of them if it is more.
  private static func mask(_ length: UInt8) -> UInt64 { ~(UInt64.max >> UInt64(length)) }

  /// `192.0.2.0/24`; an address alone if it is all there is.
  public var text: String {
    let address = String(decoding: address.text.bytes, as: UTF8.self)
    return isAddress ? address : "\(address)/\(length)"
  }

  /// An order of no meaning, the same on every machine.
  package func precedes(_ other: Prefix) -> Bool {
    (isV6 ? 1 : 0, high, low, length) < (other.isV6 ? 1 : 0, other.high, other.low, other.length)
  }
}
