internal import Text

extension Advice {
  /// Warns of a list that has every address there is: then no host is ever refused.
  mutating func look(forEveryAddressIn setting: Setting) {
    let networks = setting.text.listEntries.compactMap { $0.network }
    for (zero, family) in [(.v4(0), "IPv4"), (.v6(high: 0, low: 0), "IPv6")]
      as [(HostAddress, Text)]
    {
      let all = Network(of: zero, prefixLength: 0)
      guard all.isCovered(by: networks) else { continue }
      let entry = setting.text.listEntries.first { $0.network == all }
      warn(
        "this is every address of \(family): none of them is counted or refused",
        at: entry.map { $0.startIndex..<$0.endIndex } ?? setting.value, of: setting)
    }
  }
}

extension ArraySlice<UInt8> {
  /// The network that an entry of a list is.
  fileprivate var network: Network? {
    var mistakes: [SyntaxError] = []
    guard case .network(let network) = AllowList(hosts: self, mistakes: &mistakes).entries.first
    else { return nil }
    return Network(of: network.address, prefixLength: network.prefixLength)
  }
}

extension Network {
  /// Whether each address of it is in one of `networks`.
  fileprivate func isCovered(by networks: [Network]) -> Bool {
    if networks.contains(where: { $0.contains(self) }) { return true }
    let inner = networks.filter { $0.prefixLength > prefixLength && contains($0.address) }
    guard !inner.isEmpty, let halves else { return false }
    return halves.allSatisfy { $0.isCovered(by: inner) }
  }

  /// Nil of one address, and where an address of IPv6 becomes one of IPv4.
  private var halves: [Network]? {
    guard prefixLength < address.bitCount else { return nil }
    var octets = address.octets
    octets[Int(prefixLength / 8)] |= 0x80 >> (prefixLength % 8)
    guard let upper = HostAddress(octets: octets[...]), upper.bitCount == address.bitCount else {
      return nil
    }
    return [address, upper].map { Network(of: $0, prefixLength: prefixLength + 1) }
  }
}
