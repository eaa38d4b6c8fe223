internal import BlockList
internal import Policy
internal import Upkeep

/// Counts, in one pass over all that is on record, what an overview shows.
struct OverviewCount {
  private let now: Timestamp
  private let configuration: Configuration
  private let decrees: DecreeBook
  private var counters: [Grouping: AttemptCounter] = [:]
  private(set) var blocked: BlockedCount
  private var found: [Overview.BlockedRow] = []
  private var byNetwork: [String: Tally] = [:]
  private var local = LocalTime()

  private static let (day, most, top): (Int64, Int, Int) = (24 * 60 * 60, 200, 8)

  init(_ configuration: Configuration, _ decrees: DecreeBook, at now: Timestamp) {
    (self.configuration, self.decrees, self.now) = (configuration, decrees, now)
    blocked = BlockedCount(configuration, decrees, at: now)
    for grouping in Grouping.allCases {
      let hours: Int64 = grouping == .hour ? 23 : grouping == .day ? 13 * 24 : 7 * 24
      let since = now.adding(-hours * 60 * 60)
      counters[grouping] = AttemptCounter(grouping, since: since, until: now, configuration)
    }
  }

  mutating func add(_ subject: Subject, _ record: SubjectRecord) {
    let (attempts, times) = (record.attempts, record.times(at: now))
    for grouping in Grouping.allCases { counters[grouping]?.add(subject, attempts, times) }
    let series = record.series(at: now)
    blocked.add(subject, times, series)
    add(network: subject, attempts, times)
    let standing = configuration.standing(
      of: subject, using: nil, after: times, series, decrees, at: now)
    guard let block = standing.block else { return }
    found.append(row(subject, block, record))
    // Now and then, so that many cost no memory.
    if found.count >= 20 * Self.most { found = rows }
  }

  private mutating func add(
    network subject: Subject, _ attempts: [RecordedAttempt], _ times: [Guess]
  ) {
    guard let address = subject.address else { return }
    let week = now.adding(-7 * Self.day)
    for (attempt, time) in zip(attempts, times) where time.time >= week {
      byNetwork[address.network, default: Tally()].add(attempt.state)
    }
  }

  private mutating func row(
    _ subject: Subject, _ block: Block, _ record: SubjectRecord
  ) -> Overview.BlockedRow {
    Overview.BlockedRow(
      kind: subject.kindText, name: subject.name, rule: block.rule, until: block.until,
      remaining: block.remaining(at: now),
      end: block.until.end.map { local($0).text } ?? "for ever",
      failures: record.failureCount)
  }

  /// Those whose block ends next come first.
  var rows: [Overview.BlockedRow] {
    let sorted = found.sorted { ($0.until, $0.name) < ($1.until, $1.name) }
    return Array(sorted.prefix(Self.most))
  }

  func bars(_ grouping: Grouping) -> [Overview.Bar] {
    let statistics = counters[grouping]?.statistics(blocked, top: Self.top)
    return statistics?.rows.map { Overview.Bar($0.label, $0.tally) } ?? []
  }

  /// The busiest: /24 of IPv4, /64 of IPv6.
  var networks: [Overview.Bar] {
    let sorted = byNetwork.sorted { one, other in
      one.value.all != other.value.all ? one.value.all > other.value.all : one.key < other.key
    }
    return sorted.prefix(Self.top).map { Overview.Bar($0.key, $0.value) }
  }
}

extension Overview.Bar {
  init(_ label: String, _ tally: Tally) {
    self.init(label: label, failed: tally.failed, refused: tally.refused)
  }
}

extension HostAddress {
  /// `192.0.2.0/24`, `2001:db8::/64`
  fileprivate var network: String {
    switch self {
    case .v4(let value): String(HostAddress.v4(value & ~0xFF).text) + "/24"
    case .v6(let high, _): String(HostAddress.v6(high: high, low: 0).text) + "/64"
    }
  }
}
