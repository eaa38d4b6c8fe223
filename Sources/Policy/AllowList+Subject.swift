extension AllowList.Entry {
  /// What it means, if that is one host or one user.
  public var subject: Subject? {
    switch self {
    case .network(let network):
      network.prefixLength == network.address.bitCount ? .host(.address(network.address)) : nil
    case .host(let name): .host(.name(name))
    case .user(let name): .user(name)
    }
  }
}
