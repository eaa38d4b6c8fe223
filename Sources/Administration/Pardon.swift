internal import BlockList
internal import Policy
internal import Upkeep

/// Forgives those that are named, many of them in one transaction, and tells what came of it.
struct Pardon {
  private let blockList: BlockList
  private let kind: Kind?
  private let manner: Manner
  private var local = LocalTime()
  /// Whether nothing was known of a name.
  private(set) var hasUnknown = false
  /// Why there can't be one of the names.
  private(set) var misuse: Misuse?
  private var released: Set<TypedName> = []
  /// What was forgiven; in the order of their keys.
  private var forgiven: Set<[UInt8]> = []
  /// Those of them that have one.
  private(set) var addresses: [HostAddress] = []
  /// The other side of what was forgiven, by their keys.
  private var others: [[UInt8]: Subject] = [:]

  struct Manner {
    /// Only say what would be done.
    var isDry = false
    /// The users that forgiven hosts have tried, too.
    var withUsers = false
    var format: Format?
  }

  /// How many are forgiven in one transaction: a commit waits for the disk, and holds the lock.
  static let batch = 100
  /// Of how many it is looked up whether they stay blocked, and of how many it is told.
  private static let (mostLookedUp, mostTold) = (1000, 20)

  init(_ blockList: BlockList, _ kind: Kind?, _ manner: Manner) {
    (self.blockList, self.kind, self.manner) = (blockList, kind, manner)
  }

  /// Those of `names` are known, since a block by hand of them was ended.
  mutating func note(released names: Set<TypedName>) { released = names }

  /// Forgives those that `names` mean.
  mutating func forgive(_ names: some Sequence<TypedName>, _ output: inout Output) throws {
    let meant = try names.map { (name: $0, subjects: try subjects(meantBy: $0)) }
    let found = meant.flatMap { $0.subjects }
    noteNetworks(of: found)
    for start in stride(from: 0, to: found.count, by: Self.batch) {
      try forgive(found[start...].prefix(Self.batch), &output)
    }
    for (name, subjects) in meant {
      let isKnown = subjects.contains { forgiven.contains(SubjectKey($0.subject).bytes) }
      guard !isKnown, !released.contains(name) else { continue }
      hasUnknown = true
      do {
        if name.network == nil {
          try name.plausible(among: subjects.map { $0.subject }, as: kind, "unblock")
        }
      } catch {
        misuse = misuse ?? error as? Misuse
        continue
      }
      blockList.complainOfUnknown(name, kind)
    }
  }

  /// A network may stay blocked, also where nothing is known of its host.
  private mutating func noteNetworks(of hosts: [KnownSubject]) {
    for host in hosts where others.count < Self.mostLookedUp {
      for network in host.subject.networks(by: blockList.configuration) {
        others[SubjectKey(network).bytes] = network
      }
    }
  }

  private mutating func forgive(
    _ subjects: ArraySlice<KnownSubject>, _ output: inout Output
  ) throws {
    let now = Timestamp.now
    let known =
      manner.isDry
      ? subjects.filter { $0.record != nil }.map { $0.subject }
      : try blockList.forgive(subjects.map { $0.subject }, at: now)
    blockList.runCommands()
    let keys = Set(known.map { SubjectKey($0).bytes })
    for subject in subjects {
      let key = SubjectKey(subject.subject).bytes
      guard keys.contains(key), forgiven.insert(key).inserted else { continue }
      if !manner.isDry, let address = subject.subject.address { addresses.append(address) }
      try tell(subject, at: now, &output)
    }
  }

  /// Those on record that a name or a network means, and the users that go with them.
  private func subjects(meantBy name: TypedName) throws -> [KnownSubject] {
    var found = try name.known(kind, in: blockList)
    let isAnother = found.contains { !$0.subject.isOrigin && $0.record != nil }
    if let network = name.network, kind == nil || kind == .host, !isAnother {
      let known = Set(found.map { SubjectKey($0.subject).bytes })
      found += try hosts(in: network).filter { !known.contains(SubjectKey($0.subject).bytes) }
    }
    guard manner.withUsers else { return found }
    var seen: Set<[UInt8]> = []
    let attempts = found.filter { $0.subject.isOrigin }.flatMap { $0.record?.attempts ?? [] }
    let users = attempts.compactMap { $0.counterpart }.filter {
      seen.insert(SubjectKey($0).bytes).inserted
    }
    // A user is unblocked at home, too.
    let homes = try users.flatMap { try $0.homes(in: blockList) }
    return found + (try (users + homes).map { try known($0) })
  }

  private func hosts(in network: AllowList.Entry) throws -> [KnownSubject] {
    var hosts: [Subject] = []
    try SummaryListing(blockList, .host, .now).forEachSubject { subject in
      if let host = subject.subject, network.contains(host) { hosts.append(host) }
    }
    return try hosts.map { try known($0) }
  }

  private func known(_ subject: Subject) throws -> KnownSubject {
    KnownSubject(subject: subject, record: try blockList.knownRecord(of: subject, at: .now))
  }

  private mutating func tell(
    _ known: KnownSubject, at now: Timestamp, _ output: inout Output
  ) throws {
    let standing = blockList.configuration.standing(
      of: known.subject, using: nil, after: known.times(at: now), known.series(at: now), at: now)
    let wasBlocked = standing.block != nil
    switch manner.format {
    case .quiet: break
    case .json: try output.add(bytes: object(known, wasBlocked))
    case nil: try output.tell("\(known.subject.shown): " + finding(wasBlocked))
    }
    for attempt in known.record?.attempts ?? [] where others.count < Self.mostLookedUp {
      if let other = attempt.counterpart { others[SubjectKey(other).bytes] = other }
    }
  }

  private func finding(_ wasBlocked: Bool) -> String {
    switch (manner.isDry, wasBlocked) {
    case (false, true): "unblocked"
    case (false, false): "was not blocked; attempts forgotten"
    case (true, true): "would be unblocked"
    case (true, false): "is not blocked; attempts would be forgotten"
    }
  }

  private func object(_ known: KnownSubject, _ wasBlocked: Bool) -> [UInt8] {
    var object = JSONObject()
    object.set("kind", known.subject.kindText)
    object.set("name", known.subject.name)
    object.set("wasBlocked", wasBlocked)
    object.set("attempts", known.record?.attempts.count ?? 0)
    object.set("done", !manner.isDry)
    return object.line()
  }

  /// Tells what is still blocked by the failures that were forgiven to others: each failure counts for its
  /// host and for its user; and which networks of hosts are.
  mutating func tellWhoStaysBlocked(_ output: inout Output) throws {
    let now = Timestamp.now
    var count = 0
    let decrees = try blockList.decrees(at: now)
    for (key, subject) in others.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) })
    where !forgiven.contains(key) && decrees.decree(for: subject, at: now)?.kind != .allow {
      let known = KnownSubject(
        subject: subject, record: try blockList.knownRecord(of: subject, at: now))
      let standing = blockList.configuration.standing(
        of: subject, using: nil, after: known.times(at: now), known.series(at: now), at: now)
      guard case .blocked = standing else { continue }
      count += 1
      guard count <= Self.mostTold else { continue }
      try output.tell("\(subject.shown): still \(standing.sentence(&local, at: now))")
    }
    if count > Self.mostTold {
      let more = count - Self.mostTold
      try output.add("\(more) more are still blocked; 'ablctl list --blocked' has them")
    }
  }
}
