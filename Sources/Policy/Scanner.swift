internal import Text

/// Reads a text from front to back.
///
/// Offsets are indices of what the text was cut from, so an error found deep inside a value
/// points into its line without any arithmetic.
struct Scanner {
  let text: ArraySlice<UInt8>
  private(set) var offset: Int

  init(_ text: ArraySlice<UInt8>) {
    self.text = text
    offset = text.startIndex
  }

  /// The next byte; nil at the end.
  var next: UInt8? {
    offset < text.endIndex ? text[offset] : nil
  }

  /// What is left.
  var rest: ArraySlice<UInt8> {
    text[offset...]
  }

  /// What an error here is about: the text up to the next blank or comma, empty if there is none.
  var culprit: Range<Int> {
    var ahead = self
    return ahead.run { !$0.isSpace && $0 != UInt8(ascii: ",") }
  }

  /// Reads on if the next byte is `character`, which is ASCII.
  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  /// Reads on while `isWanted`, and says where that was.
  @discardableResult
  mutating func run(_ isWanted: (UInt8) -> Bool) -> Range<Int> {
    let start = offset
    while let byte = next, isWanted(byte) { offset += 1 }
    return start..<offset
  }

  /// Reads on to `offset`, or back to it.
  mutating func move(to offset: Int) {
    self.offset = min(max(offset, text.startIndex), text.endIndex)
  }

  /// Refuses what is left of a value.
  func end() throws(SyntaxError) {
    guard next == nil else { throw SyntaxError(.leftover, at: offset..<text.endIndex) }
  }
}

extension UInt8 {
  /// What C's `isspace` takes for a blank.
  var isSpace: Bool {
    self == UInt8(ascii: " ") || (9...13).contains(self)
  }

  var isDigit: Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
  }

  var lowercased: UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
  }
}

extension ArraySlice<UInt8> {
  /// Whether these are the bytes of `text`.
  @inline(never)
  func isEqual(to text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    for place in 0..<count {
      guard unsafe self[startIndex + place] == text.utf8Start[place] else { return false }
    }
    return true
  }
}
