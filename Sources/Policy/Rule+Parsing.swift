extension Rule {
  /// Reads a rule from its text; blanks alone are a rule of no clauses.
  ///
  ///     rule    = [ clause { spaces clause } ] ;
  ///     clause  = [ "!" ] pattern { "|" pattern } ":" limit { "," limit } ;
  ///     pattern = name [ "/" service ] ;
  ///     limit   = number "/" number [ "s" | "m" | "h" | "d" ] ;
  ///
  /// No name or service contains blanks or any of `/|:`, and no name a `=`; but a name may be an
  /// IPv6 address, `2001:db8::1` or, to be plain, `[2001:db8::1]`.
  /// - throws: the first mistake.
  public init(parsing text: ArraySlice<UInt8>) throws(SyntaxError) {
    var mistakes: [SyntaxError] = []
    self.init(recovering: text, mistakes: &mistakes)
    if let first = mistakes.first { throw first }
  }

  /// Reads what is well-formed, and adds what isn't to `mistakes`.
  ///
  /// After a mistake in a limit, reading goes on at the next comma: the other limits of its clause
  /// hold. After one before the limits, it goes on at the next blank, as no one knows whom the
  /// clause was for.
  public init(recovering text: ArraySlice<UInt8>, mistakes: inout [SyntaxError]) {
    self.init()
    var scanner = Scanner(text)
    scanner.run { $0.isSpace }
    while scanner.next != nil {
      do throws(SyntaxError) {
        let clause = try scanner.clause(mistakes: &mistakes)
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
    mistakes: inout [SyntaxError]
  ) throws(SyntaxError) -> Clause {
    let end = endOfPatterns
    var clause = Clause(isInverted: skip("!"), patterns: [try pattern(before: end)], limits: [])
    while skip("|") { clause.patterns.append(try pattern(before: end)) }
    guard skip(":") else { throw SyntaxError(.colonExpected, at: culprit) }
    clause.limits = limits(mistakes: &mistakes)
    return clause
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

  private mutating func pattern(before end: Int) throws(SyntaxError) -> Pattern {
    let (start, name) = (offset, try name(before: end))
    guard skip("/") else { return Pattern(name: name) }
    let service = run { !$0.endsWord }
    guard !service.isEmpty else { throw SyntaxError(.serviceExpected, at: culprit) }
    let isNetwork = text[service].allSatisfy { $0.isDigit }
    if isNetwork, HostAddress(parsing: name.bytes[...]) != nil {
      throw SyntaxError(.networkInRule, at: start..<offset)
    }
    return Pattern(name: name, service: Name(text[service]))
  }

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
