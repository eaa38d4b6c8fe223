internal import BlockList
internal import Firewall
internal import Policy

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
