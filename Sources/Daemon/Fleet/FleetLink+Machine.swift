internal import Firewall
internal import Policy
internal import Sharing

extension FleetLink.Machine {
  /// - Parameter hosts: blocked by this machine's own store, and by nothing else.
  init(_ hosts: [BlockedHost], _ protection: Protection, allowedByHand: [Firewall.Prefix]) {
    blocks = hosts.compactMap { host in
      guard host.origin == .evidence, let prefix = Sharing.Prefix(host.prefix) else { return nil }
      return Record(
        .block, prefix, failures: UInt16(clamping: host.failures),
        made: UInt32(clamping: host.made.seconds), until: UInt32(clamping: host.until.seconds))
    }
    let all = Set(protection.allowed).union(allowedByHand)
    allowed = all.compactMap { Sharing.Prefix($0) }.sorted { $0.text < $1.text }
    own = protection.vital.compactMap { Sharing.Prefix($0) }
  }
}

extension Sharing.Prefix {
  init?(_ prefix: Firewall.Prefix) { self.init(prefix.address, length: prefix.length) }
}
