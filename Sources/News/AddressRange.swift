/// An address, or all that begin with the same bits: what a block is for.
public struct AddressRange: Hashable, Sendable {
  /// The first of them.
  public let address: Address
  /// How many bits they share.
  public let length: Int

  /// Reads `192.0.2.7`, `192.0.2.0/24` or `2001:db8::/64`, and nothing else.
  public init?(_ text: some StringProtocol) {
    if let address = Address(String(text)) {
      (self.address, length) = (address, address.octets.count * 8)
    } else if let (address, length) = Address.network(text) {
      (self.address, self.length) = (address, length)
    } else {
      return nil
    }
  }

  /// Whether it is one address.
  public var isAlone: Bool { length == address.octets.count * 8 }

  public var text: String { isAlone ? address.text : "\(address.text)/\(length)" }

  /// Whether an address lies in it.
  public func contains(_ other: Address) -> Bool {
    other.octets.count == address.octets.count && other.network(length) == address
  }
}
