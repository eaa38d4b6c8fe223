/// What a machine blocks of what others report, and what it leaves out.
public struct Enforcement: Equatable, Sendable {
  public struct Block: Equatable, Sendable {
    public var prefix: Prefix
    public var until: UInt32
    public var reporters: Int
    /// When it was heard of first, and from which machines: at most `mostNamed`, by their names.
    public var since: UInt32 = 0
    public var witnesses: [Origin] = []
    /// What fleet_rule has counted; nil if no sum of failures has it blocked.
    public var counted: Counted?
    /// The lists that have it, the first of them.
    public var lists: [Origin] = []

    public init(
      prefix: Prefix, until: UInt32, reporters: Int, since: UInt32 = 0, witnesses: [Origin] = [],
      counted: Counted? = nil
    ) {
      (self.prefix, self.until, self.reporters) = (prefix, until, reporters)
      (self.since, self.witnesses, self.counted) = (since, witnesses, counted)
    }

    /// How many of those that report a source are named.
    public static let mostNamed = 3
  }

  /// Those with the most reporters first, then those that end last.
  public internal(set) var blocks: [Block] = []
  /// How many reports were left out, by machine and reason.
  public internal(set) var suppressed: [Origin: [Suppression: Int]] = [:]
  /// How many sources were left out, of all that some report was taken of.
  public internal(set) var suppressedSources: [Suppression: Int] = [:]
  /// How many reports ended later than they may, and end then.
  public internal(set) var clamped = 0

  /// How many blocks of others the kernel gets, of `capacity` places: never more than half, and only
  /// what this machine's own blocks leave.
  public static func kernelShare(capacity: Int, local: Int) -> Int {
    max(0, min(capacity / 2, capacity - local))
  }

  /// What the kernel gets of them.
  public func forKernel(capacity: Int, local: Int) -> ArraySlice<Block> {
    blocks.prefix(Self.kernelShare(capacity: capacity, local: local))
  }
}

extension FleetPolicy {
  /// Decides about all that `map` has, and what was counted: the same for the same, whatever the order
  /// it came in.
  public func enforcement(
    of map: FleetMap, counts: FleetCounts? = nil, lists: [AdviceList] = [], sanctuary: Sanctuary,
    pardons: [Pardon] = [], at now: UInt32
  ) -> Enforcement {
    var judge = FleetJudge(self, sanctuary, pardons, now)
    // In the order of their names, which says which are named.
    for (origin, copy) in map.copies.sorted(by: { $0.key < $1.key }) {
      judge.hear(copy, of: origin)
    }
    if let counts { judge.sum(counts) }
    for list in lists { judge.hear(list) }
    return judge.decision()
  }
}

/// Collects the reports, then decides.
struct FleetJudge {
  /// What is known of one source.
  private struct Tally {
    /// When it was heard of first.
    var arrival: UInt32
    var longest: UInt32
    /// The ends that the other machines tell.
    var others: [UInt32] = []
    /// The first machines, by their place in `origins`.
    var witnesses: (UInt16, UInt16, UInt16)
  }

  let policy: FleetPolicy
  private let sanctuary: Sanctuary
  private var pardons: [Prefix: [Pardon]] = [:]
  private var pardoned = PrefixSet()
  let now: UInt32
  private var tallies: [Prefix: Tally] = [:]
  private var origins: [Origin] = []
  /// What failures on all machines together have come to.
  var counted: [Prefix: Enforcement.Block] = [:]
  /// What lists have.
  var listed: [Prefix: Enforcement.Block] = [:]
  private var enforcement = Enforcement()

  init(_ policy: FleetPolicy, _ sanctuary: Sanctuary, _ pardons: [Pardon], _ now: UInt32) {
    (self.policy, self.sanctuary, self.now) = (policy, sanctuary, now)
    self.pardons = Dictionary(grouping: pardons, by: \.prefix)
    pardoned = PrefixSet(pardons.map(\.prefix))
  }

  /// Takes over what one machine reports.
  mutating func hear(_ copy: OriginCopy, of origin: Origin) {
    origins.append(origin)
    var reports: [OriginCopy.Held] = []
    let shift = abs(copy.clockLag) > policy.tolerance ? copy.clockLag : 0
    copy.forEachBlock(at: 0) { held in
      let report = held.shifted(by: shift)
      if report.record.until > now { reports.append(report) }
    }
    reports = reports.filter { report in
      let record = report.record
      guard let reason = objection(to: record.prefix, made: record.made) else { return true }
      leaveOut(reason, of: origin)
      return false
    }
    for report in limited(reports, of: origin) { count(report) }
  }

  /// Why a source isn't blocked, from any reporter.
  ///
  /// - Parameters:
  ///   - made: when that was said.
  ///   - shortest: the widest networks that count; nil: what the policy says of machines.
  func objection(
    to prefix: Prefix, made: UInt32, shortest: (v4: UInt8, v6: UInt8)? = nil
  ) -> Suppression? {
    let shortest = shortest ?? (policy.shortestV4, policy.shortestV6)
    if prefix.length < (prefix.isV6 ? shortest.v6 : shortest.v4) { return .tooWide }
    if sanctuary.allowed.overlaps(prefix) { return .allowed }
    if sanctuary.own.overlaps(prefix) { return .ownAddress }
    if sanctuary.home.overlaps(prefix) { return .homeNetwork }
    let isFree = pardons(concerning: prefix).contains { made <= $0.made || now < $0.until }
    return isFree ? .pardoned : nil
  }

  func pardons(concerning prefix: Prefix) -> [Pardon] {
    guard pardoned.overlaps(prefix) else { return [] }
    return pardons.values.joined().filter { pardon in
      pardon.prefix.contains(prefix) || prefix.contains(pardon.prefix)
    }
  }

  /// What the limits for one machine leave: what was heard of first.
  private mutating func limited(
    _ reports: [OriginCopy.Held], of origin: Origin
  ) -> [OriginCopy.Held] {
    guard reports.count > min(policy.mostOfOrigin, policy.mostPerMinute * 10) else {
      return reports
    }
    var (rates, taken): ([UInt32: Int], [OriginCopy.Held]) = ([:], [])
    for report in reports.sorted(by: { $0.precedes($1) }) {
      let span = report.arrival / 600
      rates[span, default: 0] += 1
      if rates[span, default: 0] > policy.mostPerMinute * 10 {
        leaveOut(.tooManyPerMinute, of: origin)
      } else if taken.count >= policy.mostOfOrigin {
        leaveOut(.tooManyOfOrigin, of: origin)
      } else {
        taken.append(report)
      }
    }
    return taken
  }

  private mutating func count(_ report: OriginCopy.Held) {
    let latest = UInt32(clamping: Int64(now) + Int64(policy.horizon))
    if report.record.until > latest { enforcement.clamped += 1 }
    let until = min(report.record.until, latest)
    let witness = UInt16(clamping: origins.count - 1)
    guard var tally = tallies[report.record.prefix] else {
      tallies[report.record.prefix] = Tally(
        arrival: report.arrival, longest: until, witnesses: (witness, .max, .max))
      return
    }
    if tally.others.isEmpty { tally.witnesses.1 = witness }
    if tally.others.count == 1 { tally.witnesses.2 = witness }
    tally.arrival = min(tally.arrival, report.arrival)
    tally.others.append(min(until, tally.longest))
    tally.longest = max(until, tally.longest)
    tallies[report.record.prefix] = tally
  }

  mutating func decision() -> Enforcement {
    for (prefix, tally) in tallies { decide(prefix, tally) }
    enforcement.blocks += counted.values
    enforcement.blocks = joined(with: listed, enforcement.blocks)
    enforcement.blocks.sort { $0.precedes($1) }
    limitLengths()
    let surplus = enforcement.blocks.count - policy.mostInAll
    if surplus > 0 {
      enforcement.blocks.removeLast(surplus)
      enforcement.suppressedSources[.tooManyInAll, default: 0] += surplus
    }
    return enforcement
  }

  private mutating func decide(_ prefix: Prefix, _ tally: Tally) {
    let block = Enforcement.Block(
      prefix: prefix, until: end(of: tally), reporters: 1 + tally.others.count,
      since: tally.arrival, witnesses: names(of: tally))
    let sum = counted.removeValue(forKey: prefix)
    if block.reporters >= policy.minimalReporters, block.until > now {
      enforcement.blocks.append(sum.map { block.joined(with: $0) } ?? block)
    } else if let sum {
      enforcement.blocks.append(sum)
    } else if listed[prefix] == nil {
      leaveOut(block.reporters < policy.minimalReporters ? .tooFewReporters : .lapsed)
    }
  }

  private func names(of tally: Tally) -> [Origin] {
    let (first, second, third) = tally.witnesses
    return [first, second, third].filter { $0 < origins.count }.map { origins[Int($0)] }
  }

  /// As long as enough machines say: the second, at least.
  private func end(of tally: Tally) -> UInt32 {
    guard !tally.others.isEmpty else {
      let lapse = tally.arrival.addingReportingOverflow(policy.loneReport)
      return min(tally.longest, lapse.overflow ? .max : lapse.partialValue)
    }
    let ends = ([tally.longest] + tally.others).sorted(by: >)
    return ends[min(max(policy.minimalReporters, 2), ends.count) - 1]
  }

  private mutating func limitLengths() {
    var counts: [UInt8: Int] = [:]
    var left = 0
    enforcement.blocks.removeAll { block in
      // What a list of this machine has is bounded by its own length.
      guard block.lists.isEmpty, block.prefix.length != (block.prefix.isV6 ? 64 : 32),
        !block.prefix.isAddress
      else { return false }
      let key = block.prefix.length | (block.prefix.isV6 ? 0x80 : 0)
      counts[key, default: 0] += 1
      guard counts[key, default: 0] > policy.mostOfLength else { return false }
      left += 1
      return true
    }
    if left > 0 { enforcement.suppressedSources[.tooManyOfLength, default: 0] += left }
  }

  mutating func leaveOut(_ reason: Suppression) {
    enforcement.suppressedSources[reason, default: 0] += 1
  }

  mutating func leaveOut(_ reason: Suppression, of origin: Origin) {
    enforcement.suppressed[origin, default: [:]][reason, default: 0] += 1
  }
}

extension Enforcement.Block {
  /// Whether this one stays if there is no room for both.
  fileprivate func precedes(_ other: Enforcement.Block) -> Bool {
    if reporters != other.reporters { return reporters > other.reporters }
    return until != other.until ? until > other.until : prefix.precedes(other.prefix)
  }
}

extension OriginCopy.Held {
  fileprivate func precedes(_ other: OriginCopy.Held) -> Bool {
    arrival != other.arrival
      ? arrival < other.arrival : record.prefix.precedes(other.record.prefix)
  }

  /// With the times of a clock that is wrong put right.
  fileprivate func shifted(by seconds: Int64) -> OriginCopy.Held {
    guard seconds != 0 else { return self }
    var shifted = self
    shifted.record.made = UInt32(clamping: Int64(record.made) + seconds)
    shifted.record.until = UInt32(clamping: Int64(record.until) + seconds)
    // Of what stood in the first documents only the origin says when it was.
    if arrival == record.made { shifted.arrival = shifted.record.made }
    return shifted
  }
}
