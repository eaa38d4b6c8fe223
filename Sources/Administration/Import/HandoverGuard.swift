internal import BlockList
internal import Firewall
internal import Policy
internal import Sharing
internal import Upkeep

/// Says which decrees of other programs are never taken over.
struct HandoverGuard {
  private let configuration: Configuration
  private let seat: HostAddress?
  /// Of this machine.
  private let own: [HostAddress]
  /// Networks that an allow by hand has, here or there, and the reason of that.
  private var allowed: [Sharing.Prefix: Name] = [:]
  private var lengths: Set<UInt8> = []

  private static let loopback: [Network] = [
    Network(.v4(127 << 24), prefixLength: 8), Network(.v6(high: 0, low: 1), prefixLength: 128),
  ]

  /// - Parameter orders: what is to be taken over.
  init(_ configuration: Configuration, _ book: DecreeBook, _ orders: [DecreeOrder]) {
    self.configuration = configuration
    seat = Connection.seat?.address
    own = (try? Surroundings().ownAddresses()) ?? []
    for decree in book.all where decree.kind == .allow { allow(decree.target, decree.reason) }
    for order in orders where order.kind == .allow { allow(order.target, order.reason) }
  }

  private mutating func allow(_ target: AllowList.Entry, _ reason: Name) {
    guard case .network(let network) = target, network.prefixLength > 0,
      let prefix = Sharing.Prefix(network.address, length: network.prefixLength)
    else { return }
    allowed[prefix] = reason
    lengths.insert(prefix.length)
  }

  /// The allow that has all of `network`. One of the same reason is left out: there the block is the
  /// more precise word of one file.
  private func allow(of network: Network, but reason: Name) -> Sharing.Prefix? {
    guard let prefix = Sharing.Prefix(network.address, length: network.prefixLength) else {
      return nil
    }
    for length in lengths where length <= prefix.length {
      let wide = prefix.shortened(to: length)
      if let known = allowed[wide], known != reason { return wide }
    }
    return nil
  }

  /// Why `order` is left out; nil if nothing is against it.
  func objection(to order: DecreeOrder) -> String? {
    guard case .network(let network) = order.target else { return nil }
    if network.prefixLength == 0 { return "it is every address" }
    if order.kind == .allow, Self.loopback.contains(where: { $0.contains(network) }) {
      return "it is the loopback: a user of this machine could guess at root without an end"
    }
    guard order.kind == .block else { return nil }
    if let seat, network.contains(seat) { return "you come from \(String(seat.text))" }
    if Self.loopback.contains(where: { $0.contains(network) || network.contains($0) })
      || own.contains(where: { network.contains($0) })
    {
      return "it is an address of this machine"
    }
    let isAllowed = configuration.hostAllowList.entries.contains { entry in
      guard case .network(let allowed) = entry else { return false }
      return allowed.contains(network)
    }
    if isAllowed { return "host_whitelist has it" }
    return allow(of: network, but: order.reason).map { "an allow of \($0.text) has it" }
  }
}
