internal import Policy

extension Subject {
  /// Why there can't be this subject, unless it is known; nil if there may be such a one.
  ///
  /// Strangers may have failed under any name. But "clear" of `300.1.1.1`, of a list or of a network
  /// would be a false comfort.
  var nonsense: String? {
    switch self {
    case .host(.address), .host(.network), .network, .caller, .home: nil
    case .host(.name(let name)): name.isHostName ? nil : name.bytes[...].whyNoHost
    case .user(let name): name.bytes[...].whyNoUser
    }
  }
}

extension ArraySlice<UInt8> {
  private func has(_ characters: StaticString) -> Bool {
    let wanted = String(describing: characters).utf8
    return contains { wanted.contains($0) }
  }

  /// Whether this is an address or a network, or would like to be one.
  private var isLikeAddress: Bool {
    let address = prefix { $0 != UInt8(ascii: "/") }
    let isQuad = address.allSatisfy { $0 == UInt8(ascii: ".") || (48...57).contains($0) }
    return HostAddress(parsing: address) != nil || isQuad && address.contains(UInt8(ascii: "."))
  }

  fileprivate var whyNoHost: String {
    if has(",;") { return "it is a list; give one at a time" }
    let isNetwork = has("/") && isLikeAddress
    return isNetwork
      ? "it is a network; give an address" : "it is neither an address nor a name of DNS"
  }

  fileprivate var whyNoUser: String? {
    if has(",;") { return "it is a list; give one at a time" }
    if has("*?") { return "there are no patterns; give a name" }
    return isLikeAddress ? "it is an address, or like one" : nil
  }
}
