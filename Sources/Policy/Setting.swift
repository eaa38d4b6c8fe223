/// A key, and where its value stands.
struct Setting {
  let key: Key
  /// Without blanks at either end; empty for a word that takes no value.
  let value: Range<Int>

  /// How long a line may be, in bytes.
  private static let longest = 64 << 10

  /// Reads `key = value`, or a word alone; nil if the line is blank.
  ///
  ///     setting = spaces ( word | key spaces "=" spaces value ) spaces ;
  init?(_ line: LogicalLine) throws(SyntaxError) {
    let text = line.text[...]
    guard text.count <= Self.longest else { throw SyntaxError(.lineTooLong, at: 0..<0) }
    if let nul = text.firstIndex(of: 0) { throw SyntaxError(.nulByte, at: nul..<(nul + 1)) }
    var scanner = Scanner(text)
    scanner.run { $0.isSpace }
    guard scanner.next != nil else { return nil }
    key = try scanner.key()
    value = try scanner.value(of: key)
  }
}

extension Scanner {
  fileprivate mutating func key() throws(SyntaxError) -> Key {
    let word = run { !$0.isSpace && $0 != UInt8(ascii: "=") }
    guard !word.isEmpty else { throw SyntaxError(.settingExpected, at: culprit) }
    guard let key = Key(text[word]) else {
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
}
