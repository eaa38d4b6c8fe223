/// A key, and where its value stands in its line. A class, as a place is, and for the same reason.
final class Setting: Sendable {
  let key: Key
  /// Where the key stands.
  let word: Range<Int>
  /// Without blanks at either end; empty for a word that takes no value.
  let value: Range<Int>
  /// Where another setting begins in the same line, behind the value; nil if none does.
  let joined: Range<Int>?
  private let logicalLine: LogicalLine

  /// How long a line may be, in bytes.
  private static let longest = 64 << 10

  private init(
    _ key: Key, _ word: Range<Int>, _ value: Range<Int>, _ joined: Range<Int>?, in line: LogicalLine
  ) {
    (self.key, self.word, self.value, self.joined) = (key, word, value, joined)
    logicalLine = line
  }

  /// Reads `key = value`, or a word alone; nil if the line is blank.
  ///
  ///     setting = spaces ( word | key spaces "=" spaces value ) spaces ;
  convenience init?(_ line: LogicalLine) throws(SyntaxError) {
    let text = line.text[...]
    guard text.count <= Self.longest else { throw SyntaxError(.lineTooLong, at: 0..<0) }
    if let nul = text.firstIndex(of: 0) { throw SyntaxError(.nulByte, at: nul..<(nul + 1)) }
    var scanner = Scanner(text)
    scanner.run { $0.isSpace }
    guard scanner.next != nil else { return nil }
    let word = scanner.run { !$0.endsKey }
    let key = try scanner.key(at: word)
    var value = try scanner.value(of: key)
    let joined = scanner.joinedKey(behind: key, in: value)
    if let joined {
      let end = text[..<joined.lowerBound].droppingTrailingBlanks.endIndex
      value = value.lowerBound..<max(value.lowerBound, end)
    }
    self.init(key, word, value, joined, in: line)
  }

  /// All of the line.
  var line: [UInt8] { logicalLine.text }

  /// The value; its indices are the line's.
  var text: ArraySlice<UInt8> { line[value] }

  /// Where `range` of the line is in its file.
  func place(of range: Range<Int>) -> Place { logicalLine.place(of: range) }

  /// Refuses a value in quotes; those of a list of users or of a command may be meant.
  func checkQuotes() throws(SyntaxError) {
    guard !key.isCommand, key != .userAllowList, let first = text.first else { return }
    guard first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") else { return }
    throw SyntaxError(.valueQuoted, at: value.lowerBound..<(value.lowerBound + 1))
  }
}

extension UInt8 {
  /// Whether no key goes on here.
  fileprivate var endsKey: Bool { isSpace || self == UInt8(ascii: "=") }

  fileprivate var isBracket: Bool { self == UInt8(ascii: "[") || self == UInt8(ascii: "]") }
}

extension Scanner {
  fileprivate func key(at word: Range<Int>) throws(SyntaxError) -> Key {
    guard !word.isEmpty else { throw SyntaxError(.settingExpected, at: culprit) }
    guard let key = Key(text[word]) else {
      if text[word].first == UInt8(ascii: "/") { throw SyntaxError(.pathAlone, at: word) }
      // The module leaves out what is right of these before a configuration is read.
      if text[word].isEqual(to: "only") {
        throw SyntaxError(.onlyExpected, at: word.lowerBound..<text.endIndex)
      }
      throw SyntaxError(.keyUnknown(meant: Key.meant(by: text[word])), at: word)
    }
    if let successor = key.successor {
      throw SyntaxError(.keyDeprecated(successor: successor), at: word)
    }
    return key
  }

  fileprivate mutating func value(of key: Key) throws(SyntaxError) -> Range<Int> {
    run { $0.isSpace }
    if key.isWord {
      guard next == nil else { throw SyntaxError(.valueUnexpected, at: offset..<text.endIndex) }
      return offset..<offset
    }
    guard skip("=") else { throw SyntaxError(.settingExpected, at: culprit) }
    run { $0.isSpace }
    return offset..<text.endIndex
  }

  /// Where in a value a key and `=` stand: two lines were joined, or end in CR alone.
  ///
  /// What stands in the brackets of a command is its own.
  fileprivate func joinedKey(behind key: Key, in value: Range<Int>) -> Range<Int>? {
    var ahead = Scanner(text[value])
    if key.isCommand, let last = text[value].lastIndex(where: { $0.isBracket }) {
      guard text[last] == UInt8(ascii: "]") else { return nil }
      ahead.move(to: last + 1)
    }
    while ahead.next != nil {
      ahead.run { $0.isSpace }
      let word = ahead.run { !$0.endsKey }
      ahead.run { $0.isSpace }
      guard ahead.skip("=") else { continue }
      if let key = Key(text[word]), !key.isWord { return word }
      ahead.run { !$0.isSpace }
    }
    return nil
  }
}
