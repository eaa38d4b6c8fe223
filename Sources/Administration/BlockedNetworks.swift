internal import BlockList
internal import Policy
internal import Upkeep

extension Subject {
  /// The networks of `network_rule` that have all of a host; none of other subjects, and of a host
  /// on the allow list.
  func networks(by configuration: Configuration) -> [Subject] {
    guard case .host(let host) = self, let address, !configuration.isAllowed(self) else {
      return []
    }
    var length = address.bitCount
    if case .network(let prefix) = host { length = prefix.prefixLength }
    return configuration.subjects(of: .address(address)).filter { subject in
      guard case .network(let network) = subject else { return false }
      return network.prefixLength <= length
    }
  }
}

extension BlockList {
  /// The networks by which a login from a host is refused that is clear itself.
  ///
  /// - Parameter standing: of `host`.
  func networks(
    refusing host: KnownSubject, _ standing: Standing, using service: Name?, _ decrees: DecreeBook,
    at now: Timestamp
  ) throws -> [(known: KnownSubject, standing: Standing)] {
    guard case .clear = standing else { return [] }
    var blocked: [(known: KnownSubject, standing: Standing)] = []
    for network in host.passing.networks(by: configuration) {
      let known = KnownSubject(subject: network, record: try knownRecord(of: network, at: now))
      let standing = configuration.standing(
        of: network, using: service, after: known.times(at: now), known.series(at: now), decrees,
        from: host.host, at: now)
      if standing.block != nil { blocked.append((known: known, standing: standing)) }
    }
    return blocked
  }
}
