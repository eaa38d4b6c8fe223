internal import BlockList
internal import Firewall
internal import Policy

/// Says whether hosts are blocked, and for which of the services that they have guessed at.
struct HostJudge {
  private let rule: Rule
  private let allowed: AllowList

  init(_ configuration: Configuration) {
    (rule, allowed) = (configuration.hostRule, configuration.hostAllowList)
  }

  /// Adds the blocked ones of a chunk to `found`; false where the hosts are at their end.
  func judge(
    _ chunk: SubjectChunk, at now: Timestamp, _ found: inout [Prefix: BlockedHost]
  ) throws(StoreError) -> Bool {
    var summary = SubjectSummary()
    for index in 0..<chunk.count {
      guard chunk.key(index).first == UInt8(ascii: "h") else { return false }
      try chunk.summarize(index, into: &summary)
      guard summary.times.count >= rule.leastCount else { continue }
      let entry = try chunk.entry(index)
      guard let host = entry.key.subject, let blocked = blocked(host, entry.record, at: now) else {
        continue
      }
      found[blocked.prefix] = blocked
    }
    return true
  }

  /// Nil if it isn't blocked, if it is allowed, or if it has no address.
  func blocked(_ host: Subject, _ record: SubjectRecord, at now: Timestamp) -> BlockedHost? {
    guard let address = host.address, !allowed.contains(host) else { return nil }
    let times = record.times(at: now)
    guard let until = until(host, nil, times, at: now) else { return nil }
    var services: [(name: Name, until: Timestamp)] = []
    for service in Self.services(record) {
      guard let until = self.until(host, service, times, at: now) else { continue }
      services.append((service, until))
    }
    return BlockedHost(
      Prefix(address), services, until: until, origin: .evidence, failures: times.count,
      made: min(times.max() ?? now, now))
  }

  private static func services(_ record: SubjectRecord) -> [Name] {
    var services: [Name] = []
    for attempt in record.attempts where !services.contains(attempt.service) {
      services.append(attempt.service)
    }
    return services
  }

  private func until(
    _ host: Subject, _ service: Name?, _ times: [Timestamp], at now: Timestamp
  ) -> Timestamp? {
    rule.block(of: host, using: service, after: times, inFlight: 0, at: now)?.until
  }
}
