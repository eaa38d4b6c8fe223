internal import Text

extension Configuration {
  /// Takes over one setting.
  ///
  /// A rule and a list of hosts keep what is right of them, if anything is, and what isn't is added
  /// to `mistakes`.
  /// - throws: what is wrong with another value; the setting stays what it was.
  mutating func set(
    _ key: Key, to value: ArraySlice<UInt8>, mistakes: inout [SyntaxError]
  ) throws(SyntaxError) {
    switch key {
    case .databaseHome: (databaseHome, isDatabaseHomeSet) = (try Scanner.path(in: value), true)
    case .hostDatabase, .userDatabase: deriveDatabaseHome(from: value)
    case .runHome: runHome = try Scanner.path(in: value)
    case .hostRule: hostRule = try Self.rule(for: .host, in: value, &mistakes)
    case .userRule: userRule = try Self.rule(for: .user, in: value, &mistakes)
    case .networkRule: networkRule = try Self.rule(for: .network, in: value, &mistakes)
    case .callerRule: callerRule = try Self.rule(for: .caller, in: value, &mistakes)
    case .hostPrefix: hostPrefix = try Scanner.prefixes(in: value, or: .prefixesExpected)
    case .knownPrefix: knownPrefix = try Scanner.prefixes(in: value, or: .homePrefixesExpected)
    case .userKnown: userKnown = try Scanner.seconds(in: value)
    case .userCase:
      alike.set(
        .userCase, to: try Scanner.isSecond(of: "keep", "ignore", value, .keepOrIgnoreExpected))
    case .userDomain:
      alike.set(
        .userDomain, to: try Scanner.isSecond(of: "keep", "strip", value, .keepOrStripExpected))
    case .samePassword:
      alike.set(
        .password, to: try Scanner.isSecond(of: "count", "once", value, .countOrOnceExpected))
    case .hostBlock, .networkBlock, .userBlock:
      lengths[Int(key.rawValue - Key.hostBlock.rawValue)] = try Scanner.lengths(in: value)
    case .networkPurge: networkPurge = try Scanner.seconds(in: value)
    case .hostPurge: hostPurge = try Scanner.seconds(in: value)
    case .userPurge: userPurge = try Scanner.seconds(in: value)
    case .hostAllowList: hostAllowList = try Self.hosts(in: value, mistakes: &mistakes)
    case .userAllowList: userAllowList = AllowList(users: value)
    case .limits: limits = try Scanner.limits(in: value, mistakes: &mistakes)
    case .hostBlockCommand: hostBlockCommand = try Command.parse(value)
    case .hostClearCommand: hostClearCommand = try Command.parse(value)
    case .userBlockCommand: userBlockCommand = try Command.parse(value)
    case .userClearCommand: userClearCommand = try Command.parse(value)
    case .networkBlockCommand: networkBlockCommand = try Command.parse(value)
    case .networkClearCommand: networkClearCommand = try Command.parse(value)
    case .lockTimeout: lockTimeout = try Scanner.delay(in: value, atLeast: 1)
    case .pendingWait: pendingWait = try Scanner.delay(in: value, atLeast: 0)
    case .maxSize: maxSize = try Scanner.amount(in: value, of: .size, from: 1 << 20...1 << 40)
    case .socket: socket = try Scanner.path(in: value)
    case .abandoned:
      let isCounted = try Scanner.isSecond(of: "lapse", "count", value, .lapseOrCountExpected)
      abandoned = isCounted ? .count : .lapse
    case .onError:
      let isDenied = try Scanner.isSecond(of: "allow", "deny", value, .allowOrDenyExpected)
      onError = isDenied ? .deny : .allow
    case .debug: isDebugging = true
    case .checkUser: actions.insert(.checkUser)
    case .checkHost: actions.insert(.checkHost)
    case .checkBoth: actions.insert(.checkBoth)
    case .logUser: actions.insert(.logUser)
    case .logHost: actions.insert(.logHost)
    case .logBoth: actions.insert(.logBoth)
    // The reader follows `config`, and tells of a key that has a successor.
    case .config, .oldHostBlockCommand, .oldHostClearCommand, .oldUserBlockCommand,
      .oldUserClearCommand:
      break
    // Accepted because old stacks have them.
    case .databaseModule, .noWarn, .exposeAccount, .tryFirstPass, .useFirstPass, .useMappedPass:
      break
    }
  }

  /// What is right of a rule.
  private static func rule(
    for kind: SubjectKind, in value: ArraySlice<UInt8>, _ mistakes: inout [SyntaxError]
  ) throws(SyntaxError) -> Rule {
    let known = mistakes.count
    let rule = Rule(recovering: value, for: kind, mistakes: &mistakes)
    if rule.clauses.isEmpty { try giveUp(on: &mistakes, from: known) }
    return rule
  }

  /// What is right of a list of hosts.
  private static func hosts(
    in value: ArraySlice<UInt8>, mistakes: inout [SyntaxError]
  ) throws(SyntaxError) -> AllowList {
    let known = mistakes.count
    let list = AllowList(hosts: value, mistakes: &mistakes)
    if list.entries.isEmpty { try giveUp(on: &mistakes, from: known) }
    return list
  }

  /// Throws the last mistake of a value of which nothing is right, so that the setting stays what
  /// it was; those before `known` are others'.
  @inline(never)
  private static func giveUp(
    on mistakes: inout [SyntaxError], from known: Int
  ) throws(SyntaxError) {
    if mistakes.count > known, let last = mistakes.popLast() { throw last }
  }

  /// Finds the store where pam_abl had its files, unless `db_home` says where it is.
  private mutating func deriveDatabaseHome(from file: ArraySlice<UInt8>) {
    let slash = UInt8(ascii: "/")
    guard !isDatabaseHomeSet, file.first == slash, let last = file.lastIndex(of: slash) else {
      return
    }
    databaseHome = Name(file[..<max(last, file.startIndex + 1)])
  }
}

extension Scanner {
  static func path(in value: ArraySlice<UInt8>) throws(SyntaxError) -> Name {
    guard value.first == UInt8(ascii: "/") else {
      throw SyntaxError(.pathRelative, at: value.startIndex..<value.endIndex)
    }
    return Name(value)
  }

  fileprivate static func seconds(in value: ArraySlice<UInt8>) throws(SyntaxError) -> UInt32 {
    var scanner = Scanner(value)
    let seconds = try scanner.seconds()
    try scanner.end()
    return seconds
  }

  /// Reads lengths of time with commas between them, in seconds.
  fileprivate static func lengths(in value: ArraySlice<UInt8>) throws(SyntaxError) -> [UInt64] {
    var (scanner, lengths): (Scanner, [UInt64]) = (Scanner(value), [])
    repeat {
      let start = scanner.offset
      let length = try scanner.seconds()
      guard length > 0 else { throw SyntaxError(.windowZero, at: start..<scanner.offset) }
      lengths.append(UInt64(length))
    } while scanner.skip(",")
    try scanner.end()
    return lengths
  }

  /// Reads `v4:v6`, the bits of an address of each family.
  fileprivate static func prefixes(
    in value: ArraySlice<UInt8>, or problem: SyntaxError.Problem
  ) throws(SyntaxError) -> PrefixLengths {
    var scanner = Scanner(value)
    let place = value.startIndex..<value.endIndex
    let v4 = try scanner.number(or: problem)
    guard scanner.skip(":") else { throw SyntaxError(problem, at: place) }
    let v6 = try scanner.number(or: problem)
    try scanner.end()
    guard 8...32 ~= v4, 16...128 ~= v6 else { throw SyntaxError(problem, at: place) }
    return PrefixLengths(
      v4: UInt8(truncatingIfNeeded: v4), v6: UInt8(truncatingIfNeeded: v6))
  }

  fileprivate static func amount(
    in value: ArraySlice<UInt8>, of units: Units, from range: ClosedRange<UInt64>
  ) throws(SyntaxError) -> UInt64 {
    var scanner = Scanner(value)
    let amount = try scanner.amount(in: units, or: .numberExpected)
    try scanner.end()
    guard range.contains(amount) else {
      throw SyntaxError(.outOfRange(range, units), at: value.startIndex..<value.endIndex)
    }
    return amount
  }

  /// Reads a wait of at most a minute, in milliseconds.
  fileprivate static func delay(
    in value: ArraySlice<UInt8>, atLeast least: UInt64
  ) throws(SyntaxError) -> UInt32 {
    UInt32(truncatingIfNeeded: try amount(in: value, of: .delay, from: least...60_000))
  }

  /// Reads one of two words.
  @inline(never)
  fileprivate static func isSecond(
    of first: StaticString, _ second: StaticString, _ value: ArraySlice<UInt8>,
    _ problem: SyntaxError.Problem
  ) throws(SyntaxError) -> Bool {
    if value.isEqual(to: second) { return true }
    guard value.isEqual(to: first) else {
      throw SyntaxError(problem, at: value.startIndex..<value.endIndex)
    }
    return false
  }

  /// Reads `lower-upper`. `0-0`, without limits in pam_abl, is as much as is ever kept.
  fileprivate static func limits(
    in value: ArraySlice<UInt8>, mistakes: inout [SyntaxError]
  ) throws(SyntaxError) -> HistoryLimits {
    var scanner = Scanner(value)
    let place = value.startIndex..<value.endIndex
    let lower = try scanner.number(or: .limitsExpected)
    guard scanner.skip("-") else { throw SyntaxError(.limitsExpected, at: place) }
    let upper = try scanner.number(or: .limitsExpected)
    try scanner.end()
    let most = UInt64(Limit.most)
    if lower == 0, upper == 0 { return HistoryLimits(lower: Limit.most, upper: Limit.most) }
    guard lower <= upper else { throw SyntaxError(.limitsReversed, at: place) }
    guard lower >= 2 else { throw SyntaxError(.limitsTooLow, at: place) }
    if upper > most { mistakes.append(SyntaxError(.limitsLowered, at: place)) }
    return HistoryLimits(
      lower: UInt32(truncatingIfNeeded: min(lower, most)),
      upper: UInt32(truncatingIfNeeded: min(upper, most)))
  }
}
