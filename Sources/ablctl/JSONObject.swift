internal import Policy

/// One line of JSON: an object whose members stand in the order they were set in.
struct JSONObject {
  /// Of the object, but for its closing brace.
  private var text: [UInt8] = []

  init() {
    text.reserveCapacity(256)
    text.append(UInt8(ascii: "{"))
  }

  /// All of it.
  consuming func line() -> [UInt8] {
    text.append(UInt8(ascii: "}"))
    return text
  }

  mutating func set(_ key: StaticString, _ value: String?) {
    begin(key)
    guard let value else { return add("null") }
    quote(value)
  }

  mutating func set(_ key: StaticString, _ value: Bool) {
    begin(key)
    add(value ? "true" : "false")
  }

  mutating func set(_ key: StaticString, _ value: Int) {
    begin(key)
    text += String(value).utf8
  }

  /// A time is RFC 3339, in UTC.
  mutating func set(_ key: StaticString, _ value: Timestamp?) {
    begin(key)
    guard let value else { return add("null") }
    text.append(UInt8(ascii: "\""))
    CivilTime(value).writeRFC3339(to: &text)
    text.append(UInt8(ascii: "\""))
  }

  /// Objects, each as its `line` is.
  mutating func set(_ key: StaticString, lines: [[UInt8]]) {
    begin(key)
    text.append(UInt8(ascii: "["))
    for (index, line) in lines.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      text += line
    }
    text.append(UInt8(ascii: "]"))
  }

  /// An object, as its `line` is.
  mutating func set(_ key: StaticString, line: [UInt8]?) {
    begin(key)
    if let line { text += line } else { add("null") }
  }

  private mutating func begin(_ key: StaticString) {
    if text.count > 1 { text.append(UInt8(ascii: ",")) }
    text.append(UInt8(ascii: "\""))
    add(key)
    add("\":")
  }

  private mutating func add(_ literal: StaticString) {
    let count = literal.utf8CodeUnitCount
    unsafe text.append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: count))
  }

  private mutating func quote(_ value: String) {
    text.append(UInt8(ascii: "\""))
    defer { text.append(UInt8(ascii: "\"")) }
    let isPlain = value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }
    guard !isPlain else {
      text += value.utf8
      return
    }
    for byte in value.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        text.append(UInt8(ascii: "\\"))
        text.append(byte)
      case ..<0x20:
        add("\\u00")
        let digits = String(byte, radix: 16)
        if digits.utf8.count == 1 { text.append(UInt8(ascii: "0")) }
        text += digits.utf8
      default: text.append(byte)
      }
    }
  }
}
