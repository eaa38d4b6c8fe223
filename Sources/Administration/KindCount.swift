internal import Policy

/// How many subjects there are of each kind.
struct KindCount: Equatable {
  private(set) var (hosts, networks, users, homes, callers) = (0, 0, 0, 0, 0)

  var all: Int { hosts + networks + users + homes + callers }

  mutating func add(_ kind: SubjectKind) {
    switch kind {
    case .host: hosts += 1
    case .network: networks += 1
    case .user: users += 1
    case .home: homes += 1
    case .caller: callers += 1
    }
  }

  /// Each kind and its number, in the order in which they are told.
  var numbers: [(kind: SubjectKind, count: Int)] {
    [(.host, hosts), (.network, networks), (.user, users), (.home, homes), (.caller, callers)]
  }

  /// `3 hosts and 2 users`; kinds that only some configurations have are named where there are any.
  var sentence: String {
    let words = numbers.filter { $0.count > 0 || $0.kind == .host || $0.kind == .user }
      .map { counted($0.count, $0.kind.word.description) }
    return words.dropLast().joined(separator: ", ") + " and " + (words.last ?? "")
  }

  /// Sets the numbers in JSON of kinds that not every configuration has.
  func describeOthers(in object: inout JSONObject) {
    object.set("networks", networks)
    object.set("homes", homes)
    object.set("callers", callers)
  }

  /// Likewise of those that are blocked.
  func describeOtherBlocked(in object: inout JSONObject) {
    object.set("blockedNetworks", networks)
    object.set("blockedHomes", homes)
    object.set("blockedCallers", callers)
  }
}
