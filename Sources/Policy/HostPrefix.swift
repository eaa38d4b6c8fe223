/// How many bits of an address make a host, for each of the two families.
public struct PrefixLengths: Equatable, Sendable {
  /// Of IPv4, from 8 to 32.
  public var v4: UInt8
  /// Of IPv6, from 16 to 128.
  public var v6: UInt8

  public init(v4: UInt8, v6: UInt8) {
    (self.v4, self.v6) = (v4, v6)
  }

  /// The network of that length that has `address`.
  public func network(of address: HostAddress) -> Network {
    let length = if case .v4 = address { v4 } else { v6 }
    return Network(of: address, prefixLength: length)
  }

  /// `host` as it is counted: an address by its prefix. One that is of this site only is counted by
  /// itself: the prefix of these is everybody's.
  func counted(_ host: Host) -> Host {
    guard case .address(let address) = host, !address.isOfSite else { return host }
    let network = network(of: address)
    return network.prefixLength == address.bitCount ? host : .network(network)
  }
}

extension HostAddress {
  /// Link-local or unique local: fe80::/10 (RFC 4291), fc00::/7 (RFC 4193).
  fileprivate var isOfSite: Bool {
    guard case .v6(let high, _) = self else { return false }
    return high >> 54 == 0x3FA || high >> 57 == 0x7E
  }
}
