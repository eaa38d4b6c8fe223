internal import Text

extension JSONScanner {
  /// Reads a string, the next byte being its quotation mark: what it says, as UTF-8.
  package mutating func readString() throws(JSONError) -> ArraySlice<UInt8> {
    let quote = offset
    guard take("\"") else { throw error("expected a string, '\"'") }
    let start = offset
    let plain = run { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    guard next != UInt8(ascii: "\"") else {
      offset += 1
      return try checked(plain, from: start)
    }
    var value = Array(plain)
    while !take("\"") {
      guard let byte = next else { throw error("expected the end of the string, '\"'", at: quote) }
      guard byte >= 0x20 else { throw error("a control character must be escaped in a string") }
      if byte == UInt8(ascii: "\\") {
        try readEscape(into: &value)
      } else {
        value.append(byte)
        offset += 1
      }
    }
    return try checked(value[...], from: start)
  }

  private func checked(
    _ value: ArraySlice<UInt8>, from start: Int
  ) throws(JSONError) -> ArraySlice<UInt8> {
    if value.allSatisfy({ $0 < 0x80 }) || String(validating: value, as: UTF8.self) != nil {
      return value
    }
    throw error("not UTF-8", at: start)
  }

  private mutating func readEscape(into value: inout [UInt8]) throws(JSONError) {
    let start = offset
    offset += 1
    guard let code = next else { throw error("expected an escape") }
    offset += 1
    switch code {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): value.append(code)
    case UInt8(ascii: "b"): value.append(0x08)
    case UInt8(ascii: "f"): value.append(0x0C)
    case UInt8(ascii: "n"): value.append(0x0A)
    case UInt8(ascii: "r"): value.append(0x0D)
    case UInt8(ascii: "t"): value.append(0x09)
    case UInt8(ascii: "u"): value += try readScalar(from: start)
    default: throw error("unknown escape", at: start)
    }
  }

  /// Reads the digits of `\u`, and if they are the first half of a pair, the second one as well.
  private mutating func readScalar(from start: Int) throws(JSONError) -> [UInt8] {
    var value = try readDigits()
    if (0xD800...0xDBFF).contains(value), take("\\"), take("u") {
      let low = try readDigits()
      guard (0xDC00...0xDFFF).contains(low) else { throw error("half of a pair", at: start) }
      value = 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF
    }
    guard let scalar = Unicode.Scalar(value), let bytes = UTF8.encode(scalar) else {
      throw error("half of a pair", at: start)
    }
    return Array(bytes)
  }

  private mutating func readDigits() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = next.flatMap({ $0.hexValue }) else {
        throw error("expected four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      offset += 1
    }
    return value
  }

  /// Reads a number: its text, which is well-formed.
  package mutating func readNumber() throws(JSONError) -> ArraySlice<UInt8> {
    let start = offset
    _ = take("-")
    let whole = run { $0.isDigit }
    guard let first = whole.first else { throw error("expected a value", at: start) }
    guard whole.count == 1 || first != UInt8(ascii: "0") else {
      throw error("a number must not begin with 0", at: start)
    }
    if take("."), run({ $0.isDigit }).isEmpty { throw error("expected a digit") }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      if run({ $0.isDigit }).isEmpty { throw error("expected a digit") }
    }
    return read(since: start)
  }
}
