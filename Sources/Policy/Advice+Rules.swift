internal import Text

/// A clause of a rule that holds, and where it is written.
private struct WrittenClause {
  let clause: Clause
  let range: Range<Int>
  /// Of its patterns without their services, and of its limits; empty if that can't be told.
  let (names, limits): ([Range<Int>], [Range<Int>])
  /// Likewise of the services, where a pattern has one.
  let services: [Range<Int>]

  init?(_ word: ArraySlice<UInt8>, for kind: SubjectKind) {
    var mistakes: [SyntaxError] = []
    guard let clause = Rule(recovering: word, for: kind, mistakes: &mistakes).clauses.first,
      let colon = word.lastIndex(of: UInt8(ascii: ":"))
    else { return nil }
    (self.clause, range) = (clause, word.startIndex..<word.endIndex)
    let at = clause.users.flatMap { _ in word[..<colon].lastIndex(of: UInt8(ascii: "@")) }
    let start = (at.map { $0 + 1 } ?? word.startIndex) + (clause.isInverted ? 1 : 0)
    let names = word[start..<colon].ranges(between: UInt8(ascii: "|"))
    let limits = word[(colon + 1)...].ranges(between: UInt8(ascii: ","))
    // An address with a zone may have a '|', and of limits some may be wrong.
    self.names = names.count == clause.patterns.count ? names.map { word[$0].name } : []
    self.limits = limits.count == clause.limits.count ? limits : []
    services =
      names.count == clause.patterns.count
      ? zip(names, clause.patterns).compactMap { range, pattern in
        pattern.service.map { range.upperBound - $0.bytes.count..<range.upperBound }
      } : []
  }

  /// All that are well-formed.
  static func all(in setting: Setting) -> [WrittenClause] {
    let kind: SubjectKind
    switch setting.key {
    case .hostRule: kind = .host
    case .userRule: kind = .user
    case .networkRule: kind = .network
    case .callerRule: kind = .caller
    default: return []
    }
    return setting.text.words.compactMap { WrittenClause(setting.text[$0], for: kind) }
  }

  /// Whether it is for no subject: it leaves out all.
  var isForNone: Bool { clause.isInverted && clause.patterns.contains { $0.isForAll } }

  /// Whether this is for every subject that `other` is for, and counts all that `other` counts.
  func covers(_ other: WrittenClause) -> Bool {
    let (clause, other) = (clause, other.clause)
    guard clause.users == nil || clause.users == other.users else { return false }
    if clause.isInverted == other.isInverted, clause.patterns == other.patterns { return true }
    guard clause.isInverted else { return clause.patterns.contains { $0.isForAll } }
    return !other.isInverted
      && other.patterns.allSatisfy { named in
        named.name != "*" && !clause.patterns.contains { $0.mayName(named.name) }
      }
  }
}

extension Configuration {
  /// Each service that a rule names, and where.
  public var writtenServices: [(service: Name, place: Place)] {
    let rules: [Key] = [.hostRule, .networkRule, .userRule, .callerRule]
    return rules.compactMap { written?.last($0) }.flatMap { setting in
      WrittenClause.all(in: setting).flatMap { $0.services }.map { range in
        (Name(setting.line[range]), setting.place(of: range))
      }
    }
  }
}

extension Advice {
  mutating func look(atRule setting: Setting) {
    let clauses = WrittenClause.all(in: setting)
    for clause in clauses {
      for (range, pattern) in zip(clause.names, clause.clause.patterns) {
        doubt(pattern.name, at: range, of: setting)
      }
      if setting.key == .userRule { look(forRootIn: clause, of: setting) }
      if clause.isForNone {
        warn("this blocks nothing: '!*' leaves out all", at: clause.range, of: setting)
      }
    }
    // Each is compared with each.
    look(forIdleLimitsOf: Array(clauses.prefix(300)), setting)
  }

  /// Warns of a service that no program names so: libpam writes them in small letters.
  mutating func look(atServicesIn setting: Setting) {
    for range in WrittenClause.all(in: setting).flatMap({ $0.services })
    where setting.line[range].contains(where: { $0 != $0.lowercased }) {
      warn("no service has this name: services are in small letters", at: range, of: setting)
    }
  }

  /// Warns of a limit that keeps an administrator out of su and sudo for long: to wait is a way
  /// back that there always is, and often the only one.
  mutating func look(atCallers setting: Setting) {
    for clause in WrittenClause.all(in: setting) {
      for (range, limit) in zip(clause.limits, clause.clause.limits) where limit.window > 86_400 {
        warn(
          "a user that mistypes so often stays out of su and sudo for so long, if root can't log in"
            + " at the console or by a key", at: range, of: setting)
      }
    }
  }

  /// Warns of lengths of networks for which a table has no room: none of them is counted.
  mutating func look(atNetworks setting: Setting) {
    let clauses = WrittenClause.all(in: setting)
    for (zero, family) in [(.v4(0), "IPv4"), (.v6(high: 0, low: 0), "IPv6")]
      as [(HostAddress, Text)]
    {
      var networks: [Network] = []
      for (range, pattern) in clauses.flatMap({ zip($0.names, $0.clause.patterns) }) {
        guard let network = pattern.network(of: zero), !networks.contains(network) else { continue }
        networks.append(network)
        guard networks.count > Rule.mostNetworks else { continue }
        let end = min(range.lowerBound + pattern.name.bytes.count, setting.value.upperBound)
        warn(
          "of \(family) four lengths are counted, not this one or another behind them",
          at: range.lowerBound..<end, of: setting)
        break
      }
    }
  }

  /// Warns of a clause that strangers can lock root out by.
  private mutating func look(forRootIn clause: WrittenClause, of setting: Setting) {
    let root = Subject.user("root")
    let isNamed = !clause.clause.isInverted && clause.clause.patterns.contains { $0.name == "root" }
    guard clause.clause.matches(root, using: nil), !isNamed, !configuration.isAllowed(root) else {
      return
    }
    warn(
      "this is for root too, whom any stranger can lock by guessing: '!root' leaves root out",
      at: clause.range, of: setting)
  }

  /// Warns of limits that are never reached first, and never last longest.
  private mutating func look(forIdleLimitsOf clauses: [WrittenClause], _ setting: Setting) {
    for (index, clause) in clauses.enumerated() {
      for (place, range) in clause.limits.enumerated() {
        let limit = clause.clause.limits[place]
        for (otherIndex, other) in clauses.enumerated() where other.covers(clause) {
          let better = other.clause.limits.enumerated().first { otherPlace, otherLimit in
            let isEarlier = (otherIndex, otherPlace) < (index, place)
            return otherLimit.failures <= limit.failures && otherLimit.window >= limit.window
              && (otherLimit != limit || isEarlier || !clause.covers(other))
          }
          guard let better = better?.element else { continue }
          warn(
            "this limit never matters: \(better.text) blocks as soon, and for as long", at: range,
            of: setting)
          break
        }
      }
    }
  }
}

extension Pattern {
  /// Whether it is for everybody and every service.
  fileprivate var isForAll: Bool { name == "*" && allowsAnyService }

  /// Whether this may be for the subject of that name, an address in whatever spelling.
  fileprivate func mayName(_ other: Name) -> Bool {
    if name == "*" || name == other { return true }
    return HostAddress(parsing: name.bytes[...]).map {
      $0 == HostAddress(parsing: other.bytes[...])
    } ?? false
  }
}

extension ArraySlice<UInt8> {
  /// Where its words are, between blanks.
  fileprivate var words: [Range<Int>] {
    var (words, scanner): ([Range<Int>], Scanner) = ([], Scanner(self))
    scanner.run { $0.isSpace }
    while scanner.next != nil {
      words.append(scanner.run { !$0.isSpace })
      scanner.run { $0.isSpace }
    }
    return words
  }

  /// Where its parts are, with `separator` between them.
  fileprivate func ranges(between separator: UInt8) -> [Range<Int>] {
    var (parts, start): ([Range<Int>], Int) = ([], startIndex)
    for place in startIndex..<endIndex where self[place] == separator {
      parts.append(start..<place)
      start = place + 1
    }
    return parts + [start..<endIndex]
  }

  /// Where the name of a pattern is: what stands before the service.
  fileprivate var name: Range<Int> {
    startIndex..<(firstIndex(of: UInt8(ascii: "/")) ?? endIndex)
  }
}
