internal import BlockList
internal import Policy

/// The users that a host has tried, or the hosts that have tried a user, and how often: the most frequent first.
/// Hosts are put together by their networks where they are too many to name.
struct Counterparts {
  private(set) var groups: [Group] = []
  /// How many hosts or users there are.
  let count: Int
  private let isHosts: Bool

  struct Group {
    /// Escaped: a name, or a network.
    let name: String
    var attempts = 0
    /// How many hosts are in it; 1 of a name.
    var members: Set<[UInt8]> = []
  }

  /// How many are named.
  static let most = 5

  init(_ attempts: [RecordedAttempt], of subject: Subject) {
    isHosts = !subject.kind.hasUsers
    let others = attempts.compactMap { $0.counterpart }
    count = Set(others.map { SubjectKey($0).bytes }).count
    for lengths in [nil, (24, 64), (16, 48), (8, 32)] as [(v4: UInt8, v6: UInt8)?] {
      groups = Self.groups(others, lengths)
      if groups.count <= Self.most || !isHosts { return }
    }
  }

  private static func groups(
    _ subjects: [Subject], _ lengths: (v4: UInt8, v6: UInt8)?
  ) -> [Group] {
    var groups: [String: Group] = [:]
    for subject in subjects {
      let name = lengths.flatMap { subject.network($0.v4, $0.v6) } ?? subject.name
      groups[name, default: Group(name: name)].attempts += 1
      groups[name]?.members.insert(SubjectKey(subject).bytes)
    }
    // One host alone is named as it is, not by a network that it says nothing of.
    return groups.values.sorted { ($1.attempts, $0.name) < ($0.attempts, $1.name) }
  }

  /// `for 14 users: root (40), admin (20), and 12 others (32)`; nil if none is known.
  var sentence: String? {
    guard count > 0 else { return nil }
    let shown = groups.prefix(Self.most).map { group in
      let hosts = group.members.count > 1 ? " by \(group.members.count) hosts" : ""
      return group.name.cell.shortened(to: 40) + " (\(group.attempts)\(hosts))"
    }
    let rest = groups.dropFirst(Self.most)
    let others = Set(rest.flatMap { $0.members }).count
    let more = rest.reduce(0) { $0 + $1.attempts }
    let tail = others > 0 ? ", and \(counted(others, "other")) (\(more))" : ""
    let parties = isHosts ? "from \(counted(count, "host"))" : "for \(counted(count, "user"))"
    return parties + ": " + shown.joined(separator: ", ") + tail
  }

  var objects: [[UInt8]] {
    groups.prefix(Self.most).map { group in
      var object = JSONObject()
      object.set("name", group.name)
      object.set("attempts", group.attempts)
      object.set("members", group.members.count)
      return object.line()
    }
  }
}

extension Subject {
  /// The network that an address is in, by the length of its prefix; nil of a name.
  fileprivate func network(_ v4: UInt8, _ v6: UInt8) -> String? {
    guard case .host(.address(let address)) = self else { return nil }
    return String(PrefixLengths(v4: v4, v6: v6).network(of: address).text)
  }
}
