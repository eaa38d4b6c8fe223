extension Rule {
  /// Reads a rule from its text; blanks alone are a rule of no clauses.
  ///
  ///     rule    = [ clause { spaces clause } ] ;
  ///     clause  = [ users "@" ] [ "!" ] pattern { "|" pattern } ":" limit { "," limit } ;
  ///     users   = [ "!" ] name { "|" name } ;
  ///     pattern = name [ "/" service ] ;
  ///     limit   = number "/" number [ "s" | "m" | "h" | "d" ] ;
  ///
  /// No name or service contains blanks or any of `/|:`, and no name a `=`; but a name may be an
  /// IPv6 address, `2001:db8::1` or, to be plain, `[2001:db8::1]`.
  ///
  /// Users stand in rules for hosts and networks only: whose guesses count, `?` for a user that
  /// doesn't exist. The last `@` of a clause is the one behind them.
  ///
  /// A rule for networks has their lengths in place of names: `/24|/48`. Up to 32 bits they are of
  /// IPv4, beyond of IPv6; `::/32` is of IPv6 whatever the length. One for callers has numbers of
  /// users, or `*`. Those for hosts and for users are read alike else.
  /// - throws: the first mistake.
  public init(parsing text: ArraySlice<UInt8>, for kind: SubjectKind = .user) throws(SyntaxError) {
    var mistakes: [SyntaxError] = []
    self.init(recovering: text, for: kind, mistakes: &mistakes)
    if let first = mistakes.first { throw first }
  }

  /// Reads what is well-formed, and adds what isn't to `mistakes`.
  ///
  /// After a mistake in a limit, reading goes on at the next comma: the other limits of its clause
  /// hold. After one before the limits, it goes on at the next blank, as the clause doesn't say
  /// any more what it is for.
  public init(
    recovering text: ArraySlice<UInt8>, for kind: SubjectKind = .user, mistakes: inout [SyntaxError]
  ) {
    self.init()
    var scanner = Scanner(text)
    scanner.run { $0.isSpace }
    while scanner.next != nil {
      do throws(SyntaxError) {
        let clause = try scanner.clause(for: kind, mistakes: &mistakes)
        if !clause.limits.isEmpty { clauses.append(clause) }
      } catch {
        mistakes.append(error)
        scanner.run { !$0.isSpace }
      }
      scanner.run { $0.isSpace }
    }
  }
}

extension Scanner {
  /// Reads a clause; it has no limits if all of them are wrong.
  @inline(never)  // else the module is a kilobyte larger
  fileprivate mutating func clause(
    for kind: SubjectKind, mistakes: inout [SyntaxError]
  ) throws(SyntaxError) -> Clause {
    let (start, end) = (offset, endOfPatterns)
    let users = kind.isOrigin ? try users(before: end) : nil
    var clause = Clause(
      isInverted: kind != .network && skip("!"), patterns: [], of: users, limits: [])
    repeat { clause.patterns.append(try pattern(of: kind, before: end)) } while skip("|")
    // Behind a mistake in the limits there may be another colon: what stands before the first is
    // read as it would be without that mistake, or not at all.
    guard users != nil || !kind.isOrigin || endOfUsers(from: start, before: offset) == nil else {
      throw SyntaxError(.userExpected, at: start..<offset)
    }
    guard skip(":") else { throw SyntaxError(.colonExpected, at: culprit) }
    clause.limits = limits(mistakes: &mistakes)
    return clause
  }

  /// Reads whose guesses count; nil if that isn't said.
  private mutating func users(before end: Int) throws(SyntaxError) -> Users? {
    guard let at = endOfUsers(from: offset, before: end) else { return nil }
    var front = Scanner(text[offset..<at])
    let isInverted = front.skip("!")
    var names: [Pattern] = []
    repeat { names.append(Pattern(name: try front.name(before: at))) } while front.skip("|")
    move(to: front.offset)
    guard skip("@"), offset > at else { throw SyntaxError(.userExpected, at: culprit) }
    return Users(isInverted: isInverted, names)
  }

  /// Where the `@` is behind the users of a clause; nil if it has none. A name may begin with one,
  /// as pam_abl's did that were meant for groups.
  private func endOfUsers(from start: Int, before end: Int) -> Int? {
    guard end > start, let at = text[start..<end].lastIndex(of: UInt8(ascii: "@")), at > start,
      text[at - 1] != UInt8(ascii: "!"), text[at - 1] != UInt8(ascii: "|")
    else { return nil }
    return at
  }

  /// Reads the limits that are well-formed.
  private mutating func limits(mistakes: inout [SyntaxError]) -> [Limit] {
    var limits: [Limit] = []
    repeat {
      do throws(SyntaxError) {
        limits.append(try limit())
      } catch {
        mistakes.append(error)
        run { !$0.isSpace && $0 != UInt8(ascii: ",") }
      }
    } while skip(",")
    return limits
  }

  /// Where the last colon of the clause is: limits have none, an address may have many.
  private var endOfPatterns: Int {
    var ahead = self
    let clause = ahead.run { !$0.isSpace }
    return text[clause].lastIndex(of: UInt8(ascii: ":")) ?? clause.upperBound
  }

  private mutating func pattern(
    of kind: SubjectKind, before end: Int
  ) throws(SyntaxError) -> Pattern {
    if kind == .network { return try networkPattern() }
    let (start, name) = (offset, try name(before: end))
    if kind == .caller, !name.bytes.allSatisfy({ $0.isDigit }), name != "*" {
      throw SyntaxError(.callerExpected, at: start..<offset)
    }
    let service = try service()
    let isNetwork = service?.bytes.allSatisfy { $0.isDigit } ?? false
    if isNetwork, HostAddress(parsing: name.bytes[...]) != nil {
      throw SyntaxError(.networkInRule, at: start..<offset)
    }
    return Pattern(name: name, service: service)
  }

  /// Reads the service of a pattern; nil if there is none.
  private mutating func service() throws(SyntaxError) -> Name? {
    guard skip("/") else { return nil }
    let service = run { !$0.endsWord }
    guard !service.isEmpty else { throw SyntaxError(.serviceExpected, at: culprit) }
    return Name(text[service])
  }

  /// Reads the length of a network, and its service.
  private mutating func networkPattern() throws(SyntaxError) -> Pattern {
    let start = offset
    let isIPv6 = skip(":") && skip(":")
    guard skip("/") else { throw SyntaxError(.networkLengthExpected, at: culprit) }
    let length = try number(or: .networkLengthExpected)
    let range: ClosedRange<UInt64> = isIPv6 ? 16...64 : 8...64
    guard range.contains(length) else {
      throw SyntaxError(.networkLengthExpected, at: start..<offset)
    }
    return Pattern(
      length: UInt8(truncatingIfNeeded: length), isIPv6: isIPv6, service: try service())
  }

  @inline(never)  // it is read in two places
  private mutating func name(before end: Int) throws(SyntaxError) -> Name {
    if next == UInt8(ascii: "[") { return try bracketedName() }
    let start = offset
    while offset < end, let byte = next, byte.isInAddress { move(to: offset + 1) }
    if HostAddress(parsing: text[start..<offset]) == nil {
      move(to: start)
      run { !$0.endsWord }
    }
    guard offset > start else { throw SyntaxError(.nameExpected, at: culprit) }
    let name = start..<offset
    guard !text[name].contains(UInt8(ascii: "=")) else {
      throw SyntaxError(.equalsInName, at: name)
    }
    return Name(text[name])
  }

  private mutating func bracketedName() throws(SyntaxError) -> Name {
    let start = offset
    let inside = run { !$0.isSpace && $0 != UInt8(ascii: "]") }.dropFirst()
    let isClosed = skip("]")
    guard isClosed, HostAddress(parsing: text[inside]) != nil else {
      throw SyntaxError(.addressExpected, at: start..<offset)
    }
    return Name(text[inside])
  }

  private mutating func limit() throws(SyntaxError) -> Limit {
    let start = offset
    let failures = try number(or: .countExpected)
    guard failures > 0 else { throw SyntaxError(.countZero, at: start..<offset) }
    guard failures <= Limit.most else { throw SyntaxError(.countTooLarge, at: start..<offset) }
    guard skip("/") else { throw SyntaxError(.slashExpected, at: culprit) }
    let (windowStart, window) = (offset, try seconds())
    guard window > 0 else { throw SyntaxError(.windowZero, at: windowStart..<offset) }
    return Limit(failures: UInt32(truncatingIfNeeded: failures), window: window)
  }
}

extension UInt8 {
  /// Whether an address without brackets may go on here. A zone may have most bytes, but not the
  /// bracket that would end it when it is written.
  fileprivate var isInAddress: Bool {
    self == UInt8(ascii: ":") || !endsWord && self != UInt8(ascii: "]")
  }

  /// Whether no name and no service goes on here.
  fileprivate var endsWord: Bool {
    isSpace || self == UInt8(ascii: "/") || self == UInt8(ascii: "|") || self == UInt8(ascii: ":")
  }
}
