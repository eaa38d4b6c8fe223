internal import BlockList
internal import Firewall
internal import Policy
internal import Upkeep

/// Says whether hosts and networks are blocked, and for which of the services that they have guessed
/// at.
struct HostJudge {
  private let configuration: Configuration
  private let (hosts, networks): (Traits, Traits)
  /// The addresses that count by themselves, within no prefix of hosts.
  private let named: [HostAddress]

  /// What is known of a rule before a subject is looked at.
  private struct Traits {
    let leastCount: UInt32
    /// Whether it is the same for all services.
    let isForAnyService: Bool

    init(_ rule: Rule) {
      (leastCount, isForAnyService) = (rule.leastCount, rule.isForAnyService)
    }
  }

  init(_ configuration: Configuration) {
    self.configuration = configuration
    hosts = Traits(configuration.rule(for: .host))
    networks = Traits(configuration.rule(for: .network))
    named = configuration.rule(for: .host).namedAddresses
  }

  private func traits(of kind: SubjectKind) -> Traits { kind == .host ? hosts : networks }

  /// Adds the blocked ones of a chunk to `found`; false where users are all that follows.
  func judge(
    _ chunk: SubjectChunk, at now: Timestamp, _ found: inout [Prefix: BlockedHost]
  ) throws(StoreError) -> Bool {
    var summary = SubjectSummary()
    for index in 0..<chunk.count {
      let kind = SubjectKey.kind(of: chunk.key(index))
      guard kind != .user else { return false }
      guard let kind, kind.isOrigin else { continue }
      try chunk.summarize(index, into: &summary)
      guard summary.times.count >= traits(of: kind).leastCount else { continue }
      let entry = try chunk.entry(index)
      guard let subject = entry.key.subject,
        let blocked = blocked(subject, entry.record, at: now)
      else { continue }
      found[blocked.prefix] = blocked
    }
    return true
  }

  /// Nil if it isn't blocked, if it is allowed, or if it has no address.
  func blocked(_ subject: Subject, _ record: SubjectRecord, at now: Timestamp) -> BlockedHost? {
    guard let prefix = subject.prefix, !configuration.hostAllowList.contains(subject) else {
      return nil
    }
    let times = record.times(at: now)
    let series = record.series(at: now)
    guard let until = until(subject, nil, times, series, at: now) else { return nil }
    let isSame = traits(of: subject.kind).isForAnyService
    var services: [(name: Name, until: Timestamp)] = []
    for service in Self.services(record) {
      let own = isSame ? until : self.until(subject, service, times, series, at: now)
      if let own { services.append((service, own)) }
    }
    return BlockedHost(
      prefix, services, until: until, origin: .evidence, failures: times.count,
      made: min(times.max()?.time ?? now, now))
  }

  /// The parts of `host` without the addresses in it that it says nothing of.
  func withoutNamed(_ host: BlockedHost) -> [BlockedHost] {
    let free = named.filter { address in
      guard host.prefix.contains(Prefix(address)), host.prefix != Prefix(address) else {
        return false
      }
      let network = Network(of: address, prefixLength: host.prefix.length)
      return !configuration.subjects(of: .address(address)).contains(.network(network))
    }
    return host.parts(without: free.map { Prefix($0) })
  }

  private static func services(_ record: SubjectRecord) -> [Name] {
    var services: [Name] = []
    for attempt in record.attempts where !services.contains(attempt.service) {
      services.append(attempt.service)
    }
    return services
  }

  private func until(
    _ subject: Subject, _ service: Name?, _ times: [Guess], _ series: Series,
    at now: Timestamp
  ) -> Timestamp? {
    configuration.block(of: subject, using: service, after: times, series, at: now)?.until
  }
}

extension Subject {
  /// The addresses of a host or a network; nil of all else, and of a host that is a name.
  var prefix: Prefix? {
    switch self {
    case .host(.address(let address)): Prefix(address)
    case .host(.network(let network)), .network(let network): Prefix(network)
    case .host(.name), .user, .home, .caller: nil
    }
  }
}
