extension Command {
  /// Reads a command; nil if the text is blank.
  ///
  ///     command  = { outside | "[" { byte | "\" byte | "%" code } "]" } ;
  ///     code     = "h" | "u" | "s" | "%" ;
  ///
  /// Each pair of brackets is one argument; what stands outside of them doesn't matter. A byte
  /// after `\` is itself, whatever it is.
  public static func parse(_ text: ArraySlice<UInt8>) throws(SyntaxError) -> Command? {
    var scanner = Scanner(text)
    var (template, program): ([[Segment]], Range<Int>?) = ([], nil)
    while try scanner.skipOutside() {
      let start = scanner.offset
      template.append(try scanner.argument())
      program = program ?? start..<max(start, scanner.offset - 1)
    }
    guard let program else {
      guard text.allSatisfy({ $0.isSpace }) else {
        throw SyntaxError(.argumentExpected, at: text.startIndex..<text.endIndex)
      }
      return nil
    }
    try check(template.first ?? [], at: program)
    return Command(template: template)
  }

  /// Refuses a program that isn't one by its absolute path.
  private static func check(_ program: [Segment], at place: Range<Int>) throws(SyntaxError) {
    guard case .literal(let path)? = program.first, path.first == UInt8(ascii: "/") else {
      throw SyntaxError(.programRelative, at: place)
    }
    guard program.count == 1 else { throw SyntaxError(.programVariable, at: place) }
  }
}

extension Scanner {
  /// Reads on to the inside of the next argument, and says whether there is one.
  fileprivate mutating func skipOutside() throws(SyntaxError) -> Bool {
    while let byte = next {
      let start = offset
      move(to: offset + (byte == UInt8(ascii: "\\") ? 2 : 1))
      if byte == UInt8(ascii: "[") { return true }
      guard byte != UInt8(ascii: "]") else { throw SyntaxError(.bracketStray, at: start..<offset) }
    }
    return false
  }

  /// Reads what is inside of brackets, and the closing one.
  fileprivate mutating func argument() throws(SyntaxError) -> [Command.Segment] {
    let open = offset - 1
    var (segments, literal): ([Command.Segment], [UInt8]) = ([], [])
    while let byte = next, byte != UInt8(ascii: "]") {
      guard byte != UInt8(ascii: "[") else {
        throw SyntaxError(.bracketNested, at: offset..<(offset + 1))
      }
      switch try segment() {
      case .literal(let bytes): literal += bytes
      case let placeholder:
        if !literal.isEmpty { segments.append(.literal(literal)) }
        segments.append(placeholder)
        literal = []
      }
    }
    guard skip("]") else { throw SyntaxError(.bracketOpen, at: open..<text.endIndex) }
    if !literal.isEmpty { segments.append(.literal(literal)) }
    return segments
  }

  /// Reads one byte, or one escape, or one code.
  private mutating func segment() throws(SyntaxError) -> Command.Segment {
    let start = offset
    if skip("\\") {
      move(to: offset + 1)
      return .literal(Array(text[(start + 1)..<offset]))
    }
    guard skip("%") else {
      move(to: offset + 1)
      return .literal(Array(text[start..<offset]))
    }
    if skip("h") { return .host }
    if skip("u") { return .user }
    if skip("s") { return .service }
    if skip("%") { return .literal([UInt8(ascii: "%")]) }
    if next != UInt8(ascii: "]") { move(to: offset + 1) }
    throw SyntaxError(.placeholderUnknown, at: start..<offset)
  }
}
