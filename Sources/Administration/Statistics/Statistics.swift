internal import BlockList
internal import Policy
internal import Upkeep

/// What the attempts of some time say.
struct Statistics {
  let grouping: Grouping
  let (since, until): (Timestamp, Timestamp)
  let total: Tally
  /// How many hosts and users the attempts name.
  let (hosts, users): (Int, Int)
  let blocked: KindCount
  let rows: [Row]
  /// Those that the rows leave out.
  let others: (count: Int, tally: Tally)

  struct Row {
    /// Of a name, as it may be printed: escaped.
    let label: String
    /// Where an hour or a day begins; nil of a name.
    let start: Timestamp?
    let tally: Tally
  }
}

/// Counts attempts, each once though it stands under its host and under its user.
struct AttemptCounter {
  private let grouping: Grouping
  private let (since, until): (Timestamp, Timestamp)
  private let configuration: Configuration
  /// Of hours and days only.
  private let spans: Spans?
  private var seen: Set<UInt64> = []
  private var total = Tally()
  private var (hosts, users): (Set<[UInt8]>, Set<[UInt8]>) = ([], [])
  private var bySpan: [Tally]
  private var byName: [[UInt8]: Tally] = [:]
  /// Of networks: their hosts aren't known there, but perhaps elsewhere.
  private var ofNetworks: [(attempt: RecordedAttempt, time: Timestamp)] = []

  /// Nil if that would be too many rows.
  init?(
    _ grouping: Grouping, since: Timestamp, until: Timestamp,
    _ configuration: Configuration = Configuration()
  ) {
    (self.grouping, self.since, self.until) = (grouping, since, until)
    self.configuration = configuration
    spans = grouping.isOfTime ? Spans(grouping, from: since, to: until) : nil
    if grouping.isOfTime, spans == nil { return nil }
    bySpan = Array(repeating: Tally(), count: spans?.starts.count ?? 0)
  }

  /// - Parameter times: when the attempts count as made.
  mutating func add(_ subject: Subject, _ attempts: [RecordedAttempt], _ times: [Guess]) {
    for (attempt, time) in zip(attempts, times.map(\.time)) where time >= since {
      guard subject.kind != .network else {
        if !seen.contains(attempt.id) { ofNetworks.append((attempt, time)) }
        continue
      }
      guard seen.insert(attempt.id).inserted else { continue }
      add(attempt, [subject] + (attempt.counterpart.map { [$0] } ?? []), min(time, until))
    }
  }

  private mutating func add(_ attempt: RecordedAttempt, _ sides: [Subject], _ time: Timestamp) {
    total.add(attempt.state)
    let host = sides.compactMap { $0.host }.first.flatMap { key(of: $0) }
    let user = sides.compactMap { $0.user }.first.map { SubjectKey(.user($0)).bytes }
    if let host { hosts.insert(host) }
    if let user { users.insert(user) }
    switch grouping {
    case .hour, .day:
      if let index = spans?.index(of: time) { bySpan[index].add(attempt.state) }
    case .service: byName[attempt.service.bytes, default: Tally()].add(attempt.state)
    case .host: if let host { byName[host, default: Tally()].add(attempt.state) }
    case .user: if let user { byName[user, default: Tally()].add(attempt.state) }
    }
  }

  /// Of the host as it is counted: a user's attempts have the address.
  private func key(of host: Host) -> [UInt8]? {
    guard case .address = host else { return SubjectKey(.host(host)).bytes }
    return configuration.subjects(of: host).first.map { SubjectKey($0).bytes }
  }

  /// - Parameter top: how many names at most.
  func statistics(_ blocked: BlockedCount, top: Int) -> Statistics {
    guard !ofNetworks.isEmpty else { return whole(blocked, top: top) }
    var other = self
    for (attempt, time) in ofNetworks where other.seen.insert(attempt.id).inserted {
      other.add(attempt, attempt.counterpart.map { [$0] } ?? [], min(time, until))
    }
    return other.whole(blocked, top: top)
  }

  private func whole(_ blocked: BlockedCount, top: Int) -> Statistics {
    let named = byName.sorted { one, other in
      let (more, fewer) = (one.value.all, other.value.all)
      return more != fewer ? more > fewer : one.key.lexicographicallyPrecedes(other.key)
    }
    var others = Tally()
    for (_, tally) in named.dropFirst(top) { others.add(tally) }
    return Statistics(
      grouping: grouping, since: since, until: until, total: total,
      hosts: hosts.count, users: users.count,
      blocked: blocked.kinds,
      rows: spans.map { timeRows($0) }
        ?? named.prefix(top).map {
          Statistics.Row(label: label($0.key), start: nil, tally: $0.value)
        },
      others: (max(named.count - top, 0), others))
  }

  private func timeRows(_ spans: Spans) -> [Statistics.Row] {
    var local = LocalTime()
    return bySpan.enumerated().map { index, tally in
      Statistics.Row(label: spans.label(index, &local), start: spans.starts[index], tally: tally)
    }
  }

  private func label(_ key: [UInt8]) -> String {
    guard grouping != .service else { return Name(key).shown }
    return SubjectKey(stored: key[...])?.subject?.name ?? ""
  }
}
