package import BlockList
internal import Firewall
package import Policy
package import Sharing
internal import Upkeep

extension Sanctuary {
  /// What no advice may block on this machine, asked for now.
  package init(of blockList: BlockList, at now: Timestamp) throws(StoreError) {
    var neighbourhood = Neighbourhood()
    // Without an answer of the kernel, resolvers and loopback are still known.
    if let surroundings = try? Surroundings() { try? neighbourhood.refresh(surroundings) }
    let protection = neighbourhood.protection(Settings(), blockList.configuration)
    let byHand = try blockList.decrees(at: now).all.compactMap { decree -> Sharing.Prefix? in
      guard decree.kind == .allow, case .network(let network) = decree.target else { return nil }
      return Sharing.Prefix(network.address, length: network.prefixLength)
    }
    var home = KnownSources.read(at: now.seconds)
    try KnownSources.add(homesOf: blockList, to: &home, at: now.seconds)
    self.init(
      allowed: PrefixSet(protection.allowed.compactMap { Sharing.Prefix($0) } + byHand),
      own: PrefixSet(protection.vital.compactMap { Sharing.Prefix($0) }), home: home)
  }
}
