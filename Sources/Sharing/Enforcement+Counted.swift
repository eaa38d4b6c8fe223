extension Enforcement.Block {
  /// What failures on all machines together have come to.
  public struct Counted: Equatable, Sendable {
    /// Those that count, and on how many machines they were, this one among them if it has some.
    public var (failures, machines): (Int, Int)
    /// The clause of fleet_rule.
    public var rule: String

    public init(failures: Int, machines: Int, rule: String) {
      (self.failures, self.machines, self.rule) = (failures, machines, rule)
    }
  }

  /// As long as either of both says.
  func joined(with other: Enforcement.Block) -> Enforcement.Block {
    var block = self
    block.until = max(until, other.until)
    block.since = min(since, other.since)
    block.counted = counted ?? other.counted
    if other.reporters > reporters {
      (block.reporters, block.witnesses) = (other.reporters, other.witnesses)
    }
    return block
  }
}

extension FleetJudge {
  /// Blocks what fails on machines together as often as `fleet_rule` says.
  mutating func sum(_ counts: FleetCounts) {
    guard let rule = policy.rule else { return }
    for (prefix, all) in counts.shared() {
      let counted = all.map { Self.withoutPardoned($0, pardons(concerning: prefix), counts.own) }
      guard
        let reach = rule.reach(
          prefix, counted.map(\.counts), by: policy.minimalReporters, at: now)
      else { continue }
      if let reason = objection(to: prefix, made: .max) {
        leaveOut(reason)
        continue
      }
      let others = counted.filter { $0.origin != counts.own && !$0.counts.isEmpty }
      let latest = UInt32(clamping: Int64(now) + Int64(policy.horizon))
      self.counted[prefix] = Enforcement.Block(
        prefix: prefix, until: min(reach.until, latest), reporters: others.count,
        since: reach.since,
        witnesses: others.prefix(Enforcement.Block.mostNamed).map(\.origin),
        counted: .init(failures: reach.failures, machines: reach.machines, rule: reach.rule))
    }
  }

  /// What others counted before a pardon is void. What this machine has is what its own store still
  /// has: the pardon was carried out there.
  private static func withoutPardoned(
    _ counted: FleetCounts.Counted, _ pardons: [Pardon], _ own: Origin
  ) -> FleetCounts.Counted {
    guard counted.origin != own, let made = pardons.map(\.made).max() else { return counted }
    let left = counted.counts.buckets.filter { $0.start > made }
    return FleetCounts.Counted(
      origin: counted.origin, counts: BucketCounts(left) ?? BucketCounts())
  }
}
