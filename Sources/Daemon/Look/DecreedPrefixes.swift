internal import BlockList
internal import Firewall
internal import Policy
internal import Upkeep

/// What decrees keep out, as a firewall may have it that knows no longest prefix: each block without
/// what an allow within it lets pass, and with what is blocked again within that.
struct DecreedPrefixes {
  private(set) var blocked: [BlockedHost] = []
  private var open: [Open] = []

  /// A block that what comes next may lie within.
  private struct Open {
    let prefix: Prefix
    let until: Timestamp
    var allowed: [Prefix] = []
  }

  /// - Parameter book: its networks stand in the order of their addresses, the wider first.
  init(_ book: DecreeBook) {
    var allowed: Prefix?
    for decree in book.all {
      guard case .network(let network) = decree.target else { continue }
      let prefix = Prefix(network)
      close(unlessWithin: prefix)
      switch decree.kind {
      case .allow:
        allowed = prefix
        for index in open.indices { open[index].allowed.append(prefix) }
      case .block:
        // Of one prefix the allow stands first, and holds.
        guard allowed != prefix else { continue }
        open.append(Open(prefix: prefix, until: decree.until))
      }
    }
    close(unlessWithin: nil)
  }

  /// Those of `hosts` that no decree lets pass, each without the addresses in it that one does.
  static func passing(
    _ hosts: [BlockedHost], _ book: DecreeBook, at now: Timestamp
  ) -> [BlockedHost] {
    let allowed: [Prefix] = book.all.compactMap { decree in
      guard decree.kind == .allow, case .network(let network) = decree.target else { return nil }
      return Prefix(network)
    }
    return hosts.flatMap { host -> [BlockedHost] in
      let network = Network(host.prefix.address, prefixLength: host.prefix.length)
      if book.decree(for: .network(network), at: now)?.kind == .allow { return [] }
      let isAddress = host.prefix.length == (host.prefix.isIPv6 ? 128 : 32)
      let inner = isAddress ? [] : allowed.filter { host.prefix.contains($0) }
      return host.parts(without: inner)
    }
  }

  /// Ends those that have no address of `prefix`.
  private mutating func close(unlessWithin prefix: Prefix?) {
    while let last = open.last, prefix.map({ !last.prefix.contains($0) }) ?? true {
      open.removeLast()
      for part in last.prefix.without(last.allowed) {
        blocked.append(BlockedHost(part, [], until: last.until, origin: .byHand))
      }
    }
  }
}
