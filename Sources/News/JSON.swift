/// A value of JSON, read from bytes that a stranger may have written: nothing that they say makes it
/// deeper than `JSON.deepest`, and it is no longer than they are.
public enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSON])
  /// The first of two members with one name holds.
  case object([String: JSON])

  /// How deep values may be in one another.
  static let deepest = 32

  /// Nil if it is no JSON, or has more behind it.
  public init?(_ bytes: [UInt8]) {
    var reader = JSONReader(bytes)
    guard let value = reader.value(depth: 0), reader.isAtEnd() else { return nil }
    self = value
  }

  /// The member of an object; nil if there is none, or this is no object.
  public subscript(_ name: String) -> JSON? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  public var text: String? { if case .string(let text) = self { text } else { nil } }

  /// None of what is no array.
  public var elements: [JSON] { if case .array(let elements) = self { elements } else { [] } }

  /// Nil of what is no whole number.
  public var integer: Int? {
    if case .number(let number) = self { Int(exactly: number) } else { nil }
  }
}

private struct JSONReader {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  mutating func isAtEnd() -> Bool {
    skipBlanks()
    return next == nil
  }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      offset += 1
    }
  }

  /// Takes that byte, with blanks in front of it.
  private mutating func skip(_ byte: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard next == UInt8(ascii: byte) else { return false }
    offset += 1
    return true
  }

  mutating func value(depth: Int) -> JSON? {
    guard depth < JSON.deepest else { return nil }
    skipBlanks()
    switch next {
    case UInt8(ascii: "{"): return object(depth)
    case UInt8(ascii: "["): return array(depth)
    case UInt8(ascii: "\""): return string().map { .string($0) }
    case UInt8(ascii: "t"): return word("true", .bool(true))
    case UInt8(ascii: "f"): return word("false", .bool(false))
    case UInt8(ascii: "n"): return word("null", .null)
    default: return number()
    }
  }

  private mutating func word(_ word: String, _ value: JSON) -> JSON? {
    guard bytes[offset...].starts(with: word.utf8) else { return nil }
    offset += word.utf8.count
    return value
  }

  private mutating func object(_ depth: Int) -> JSON? {
    offset += 1
    var members: [String: JSON] = [:]
    if skip("}") { return .object(members) }
    repeat {
      skipBlanks()
      guard let name = string(), skip(":"), let value = value(depth: depth + 1) else { return nil }
      if members[name] == nil { members[name] = value }
    } while skip(",")
    return skip("}") ? .object(members) : nil
  }

  private mutating func array(_ depth: Int) -> JSON? {
    offset += 1
    var elements: [JSON] = []
    if skip("]") { return .array(elements) }
    repeat {
      guard let value = value(depth: depth + 1) else { return nil }
      elements.append(value)
    } while skip(",")
    return skip("]") ? .array(elements) : nil
  }

  private mutating func number() -> JSON? {
    let digits = bytes[offset...].prefix(64).prefix { byte in
      UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "+-.eE".utf8.contains(byte)
    }
    guard let number = Double(String(decoding: digits, as: UTF8.self)) else { return nil }
    offset += digits.count
    return .number(number)
  }

  private mutating func string() -> String? {
    guard next == UInt8(ascii: "\"") else { return nil }
    offset += 1
    var text: [UInt8] = []
    while let byte = next {
      offset += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let scalar = escape() else { return nil }
        text += String(scalar).utf8
      case 0..<0x20: return nil
      default: text.append(byte)
      }
    }
    return nil
  }

  private mutating func escape() -> Unicode.Scalar? {
    guard let byte = next else { return nil }
    offset += 1
    switch byte {
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return scalar()
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    default: return nil
    }
  }

  /// A half of a pair without the other stands for what can't be read.
  private mutating func scalar() -> Unicode.Scalar? {
    guard let unit = unit() else { return nil }
    guard 0xD800...0xDBFF ~= unit else { return Unicode.Scalar(unit) ?? "\u{FFFD}" }
    guard bytes[offset...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else {
      return "\u{FFFD}"
    }
    offset += 2
    guard let other = self.unit() else { return nil }
    guard 0xDC00...0xDFFF ~= other else { return "\u{FFFD}" }
    return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (other - 0xDC00))
  }

  private mutating func unit() -> UInt32? {
    let digits = bytes[offset...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ $0 != UInt8(ascii: "+") }) else { return nil }
    offset += 4
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }
}
