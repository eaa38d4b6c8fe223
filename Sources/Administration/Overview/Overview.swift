package import BlockList
package import Platform
package import Policy
internal import Upkeep

/// What a page shows of a machine: what `status`, `list` and `stats` tell. Every name in it is
/// escaped as ablctl prints it.
package struct Overview: Sendable {
  package let now: Timestamp
  /// Whether abl is in force, by the doctor's word: `inForce`, `notInForce`, `doubtful`.
  package let standing: Standing
  /// What it guards.
  package let guarded: [String]
  /// What is wrong, the worst first.
  package let findings: [String]
  package let (blockedHosts, blockedNetworks, blockedUsers): (Int, Int, Int)
  /// Those whose block ends next come first.
  package let blocked: [BlockedRow]
  /// Failures and refusals by hour of the last day, and by day of the last two weeks.
  package let (hours, days): ([Bar], [Bar])
  /// The busiest of the last week.
  package let (hosts, networks, users, services): ([Bar], [Bar], [Bar], [Bar])
  /// Failures that are not in the store yet.
  package let waiting: Int
  package let store: String
  /// Nil if there is no store.
  package let storeSize: String?

  package enum Standing: Sendable { case inForce, doubtful, inPart, notInForce }

  /// A moment or a name, and what it has.
  package struct Bar: Sendable {
    package let label: String
    package let (failed, refused): (Int, Int)
    package var all: Int { failed + refused }
  }

  /// A host or a user that is blocked.
  package struct BlockedRow: Sendable {
    package let kind: String
    package let name: String
    package let rule: String
    package let until: Timestamp
    /// `54 min`, and as a clock shows it here.
    package let (remaining, end): (String, String)
    package let failures: Int
  }

  /// Now, as RFC 3339 has it, and as a clock shows it here.
  package let (moment, clock): (String, String)

  package init(_ blockList: BlockList, _ config: Path, at now: Timestamp) throws {
    self.now = now
    var local = LocalTime()
    (moment, clock) = (CivilTime(now).rfc3339, local(now).text)
    let examination = Examination(MachineFiles(), config: config, checkingStore: false)
    standing = Standing(examination)
    guarded = examination.guarded
    findings = examination.findings.filter { $0.level != .note }.map { finding in
      (finding.place.map { $0.text + ": " } ?? "") + finding.text
    }
    let listing = try RecordListing(blockList, at: now)
    var count = OverviewCount(blockList.configuration, try blockList.decrees(at: now), at: now)
    try listing.forEachSubject { count.add($0, $1) }
    waiting = Set(listing.waiting.map { $0.attempt.id }).count
    let kinds = count.blocked.kinds
    (blockedHosts, blockedNetworks) = (kinds.hosts, kinds.networks)
    blockedUsers = kinds.users + kinds.homes + kinds.callers
    blocked = count.rows
    (hours, days) = (count.bars(.hour), count.bars(.day))
    (hosts, users, services) = (count.bars(.host), count.bars(.user), count.bars(.service))
    networks = count.networks
    store = blockList.storePath.shown
    storeSize = try blockList.fileSpace().map { Bytes(count: $0.disk).text }
  }
}

extension Overview.Standing {
  fileprivate init(_ examination: Examination) {
    switch examination.verdict {
    case .inForce: self = .inForce
    case .doubtful: self = .doubtful
    case .notInForce: self = examination.guarded.isEmpty ? .notInForce : .inPart
    }
  }
}
