public import BlockList
internal import Firewall
public import Policy
internal import Upkeep

/// The blocked hosts and networks of the store, by the rules of a configuration.
///
/// A full look reads all records; others read the events since, and the records of their subjects. A
/// row of `blocked` wouldn't do: it names one service only, and what was true when it was written.
public final class StorePresent: Present {
  private let blockList: BlockList
  private let judge: HostJudge
  private let mayFile: Bool
  /// By the store alone.
  private var known: [Prefix: BlockedHost] = [:]
  private var decrees = DecreeBook()
  /// The last event that `known` has; nil before the first look.
  private var sequence: UInt64?

  public init(_ configuration: Configuration, notice: @escaping Notice) {
    blockList = BlockList(configuration, notice: notice)
    judge = HostJudge(configuration)
    // Where blocks have commands, filing is left to logins: a command needs rights that abld lacks.
    mayFile = !configuration.hasCommands
  }

  /// The hosts and networks that are blocked at that moment.
  public func blockedHosts(
    at now: Timestamp, isFull: Bool
  ) throws(StoreError) -> PresentBlocks {
    fileWaiting(at: now)
    if isFull { expireDecrees(at: now) }
    // In this order: a failure leaves the journal only once it is in the store.
    let unwritten = try unwrittenFailures(at: now)
    let isFollowed = isFull ? false : try followEvents(at: now)
    if !isFollowed { try readAll(at: now) }
    if known.values.contains(where: { $0.until <= now }) {
      known = known.filter { $0.value.until > now }
    }
    var hosts = known
    for (prefix, (host, attempts)) in unwritten {
      let record = SubjectRecord(try blockList.record(of: host), adding: attempts)
      hosts[prefix] = judge.blocked(host, record, at: now)
    }
    return decided(hosts.values.flatMap { judge.withoutNamed($0) }, at: now)
  }

  /// Without those that a decree lets pass, and with what decrees keep out.
  private func decided(_ hosts: [BlockedHost], at now: Timestamp) -> PresentBlocks {
    guard !decrees.isEmpty else { return PresentBlocks(hosts, change: nil) }
    let present = decrees.holding(at: now)
    let kept = DecreedPrefixes.passing(hosts, present, at: now)
    let allows = present.all.filter { $0.kind == .allow }
    let ends = allows.filter { $0.until != .never }.map { $0.until }
    return PresentBlocks(
      kept + DecreedPrefixes(present).blocked, change: ends.min(),
      allowed: allows.compactMap { $0.target.network.map { Prefix($0) } })
  }

  private func expireDecrees(at now: Timestamp) {
    guard mayFile else { return }
    // What stays in the store holds no longer all the same.
    try? blockList.expireDecrees(at: now)
    _ = blockList.takeChanges()
  }

  private func fileWaiting(at now: Timestamp) {
    guard mayFile else { return }
    blockList.fileWaiting(at: now)
    _ = blockList.takeChanges()
  }

  private typealias Unwritten = [Prefix: (host: Subject, attempts: [RecordedAttempt])]

  private func unwrittenFailures(at now: Timestamp) throws(StoreError) -> Unwritten {
    var hosts: Unwritten = [:]
    for failure in try blockList.unwrittenFailures(at: now) {
      guard let prefix = failure.subject.prefix else { continue }
      hosts[prefix, default: (failure.subject, [])].attempts.append(failure.attempt)
    }
    return hosts
  }

  // MARK: Events

  private static let mostEvents = 1000

  /// False if they can't be followed: the ring was overtaken, there are too many, or the store is
  /// another one.
  private func followEvents(at now: Timestamp) throws(StoreError) -> Bool {
    guard let sequence else { return false }
    let (events, last) = try blockList.events(after: sequence, atMost: Self.mostEvents)
    guard last >= sequence, events.count == Int(clamping: last - sequence) else { return false }
    if events.contains(where: { $0.decree != nil }) { decrees = try blockList.decrees(at: now) }
    var seen: Set<Prefix> = []
    for event in events {
      guard let prefix = event.subject.prefix, seen.insert(prefix).inserted else { continue }
      let record = try blockList.record(of: event.subject)
      known[prefix] = record.flatMap { judge.blocked(event.subject, $0, at: now) }
    }
    self.sequence = last
    return true
  }

  // MARK: All of it

  /// The lock is held while 500 at a time are copied: well below a millisecond.
  private func readAll(at now: Timestamp) throws(StoreError) {
    // First: what happens meanwhile is followed from here.
    let begun = try blockList.events(after: .max, atMost: 1).last
    decrees = try blockList.decrees(at: now)
    var found: [Prefix: BlockedHost] = [:]
    var last: SubjectKey?
    while true {
      let chunk = try blockList.chunk(after: last, count: 500)
      guard let end = chunk.last, try judge.judge(chunk, at: now, &found) else { break }
      last = end
    }
    (known, sequence) = (found, begun)
  }
}
