/// What is wrong with a text in JSON.
package struct JSONError: Error, Equatable {
  /// Where, as an index of the text.
  package let offset: Int
  /// Lower case, no full stop.
  package let message: String
}

/// Reads one value in JSON (RFC 8259), strictly, from front to back.
package struct JSONScanner {
  private let text: ArraySlice<UInt8>
  /// Of the next byte, as an index of the text.
  var offset: Int
  private var depth = 0
  /// How deep arrays and objects may be nested.
  private static let deepest = 64

  package init(_ text: ArraySlice<UInt8>) {
    (self.text, offset) = (text, text.startIndex)
  }

  /// The next byte; nil at the end.
  package var next: UInt8? { offset < text.endIndex ? text[offset] : nil }

  /// Reads the only value of the text, an object: calls `member` with each key, to read or to skip
  /// its value.
  package mutating func readOnlyObject(
    _ member: (ArraySlice<UInt8>, inout JSONScanner) throws(JSONError) -> Void
  ) throws(JSONError) {
    skipBlanks()
    guard next == UInt8(ascii: "{") else { throw error("expected an object, '{'") }
    try readObject(member)
    skipBlanks()
    guard next == nil else { throw error("expected the end of the line") }
  }

  package mutating func skipValue() throws(JSONError) {
    switch next {
    case UInt8(ascii: "{"):
      try readObject { (_, scanner) throws(JSONError) in try scanner.skipValue() }
    case UInt8(ascii: "["): try skipArray()
    case UInt8(ascii: "\""): _ = try readString()
    case UInt8(ascii: "t"): try skip("true")
    case UInt8(ascii: "f"): try skip("false")
    case UInt8(ascii: "n"): try skip("null")
    default: _ = try readNumber()
    }
  }

  /// Reads an object: calls `member` with each key, to read or to skip its value.
  mutating func readObject(
    _ member: (ArraySlice<UInt8>, inout JSONScanner) throws(JSONError) -> Void
  ) throws(JSONError) {
    try readList(until: "}") { (scanner) throws(JSONError) in
      guard scanner.next == UInt8(ascii: "\"") else { throw scanner.error("expected a key, '\"'") }
      let key = try scanner.readString()
      scanner.skipBlanks()
      guard scanner.take(":") else { throw scanner.error("expected ':'") }
      scanner.skipBlanks()
      try member(key, &scanner)
    }
  }

  private mutating func skipArray() throws(JSONError) {
    try readList(until: "]") { (scanner) throws(JSONError) in try scanner.skipValue() }
  }

  /// Reads an array: calls `item` at each of its values, to read it.
  mutating func readArray(
    _ item: (inout JSONScanner) throws(JSONError) -> Void
  ) throws(JSONError) {
    guard next == UInt8(ascii: "[") else { throw error("expected '['") }
    try readList(until: "]", item)
  }

  /// Reads what stands between brackets and commas.
  private mutating func readList(
    until end: Unicode.Scalar, _ item: (inout JSONScanner) throws(JSONError) -> Void
  ) throws(JSONError) {
    guard depth < Self.deepest else { throw error("nested too deep") }
    depth += 1
    defer { depth -= 1 }
    offset += 1
    skipBlanks()
    if take(end) { return }
    while true {
      try item(&self)
      skipBlanks()
      if take(end) { return }
      guard take(",") else { throw error("expected ',' or '\(end)'") }
      skipBlanks()
    }
  }

  package mutating func skip(_ word: StaticString) throws(JSONError) {
    let count = word.utf8CodeUnitCount
    let bytes = unsafe UnsafeBufferPointer(start: word.utf8Start, count: count)
    guard unsafe text[offset...].starts(with: bytes) else { throw error("expected a value") }
    offset += count
  }

  /// Reads on if the next byte is `character`, which is ASCII.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A {
      offset += 1
    }
  }

  /// Reads on while `isWanted`.
  mutating func run(_ isWanted: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    let start = offset
    while let byte = next, isWanted(byte) { offset += 1 }
    return text[start..<offset]
  }

  /// What was read since `start`.
  func read(since start: Int) -> ArraySlice<UInt8> { text[start..<offset] }

  /// An error here, or at `place`.
  package func error(_ message: String, at place: Int? = nil) -> JSONError {
    JSONError(offset: place ?? offset, message: message)
  }
}
