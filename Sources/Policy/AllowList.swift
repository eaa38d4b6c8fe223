public import Text

/// Hosts or users that are neither counted nor refused.
public struct AllowList: Equatable, Sendable {
  /// One line of the list.
  public enum Entry: Equatable, Sendable {
    case network(Network)
    /// A host by its name, in lower case.
    case host(Name)
    case user(Name)
  }

  public var entries: [Entry]

  public init(_ entries: [Entry] = []) {
    self.entries = entries
  }

  public func contains(_ subject: Subject) -> Bool {
    entries.contains { $0.contains(subject) }
  }
}

extension AllowList.Entry {
  public func contains(_ subject: Subject) -> Bool {
    switch (self, subject) {
    case (.network(let network), .host(.address(let address))): network.contains(address)
    case (.host(let name), .host(.name(let host))): name == host
    case (.user(let name), .user(let user)): name == user
    default: false
    }
  }

  /// The entry as it may be shown: escaped.
  public var text: Text {
    switch self {
    case .network(let network): network.text
    case .host(let name), .user(let name): name.escaped
    }
  }
}

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
  var bitCount: UInt8 {
    if case .v4 = self { 32 } else { 128 }
  }
}
