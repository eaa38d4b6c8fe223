package import Policy

/// One line of JSON: an object whose members stand in the order they were set in.
package struct JSONObject {
  /// Of the object, but for its closing brace.
  private var text: [UInt8] = []

  package init() {
    text.reserveCapacity(256)
    text.append(UInt8(ascii: "{"))
  }

  /// All of it.
  package consuming func line() -> [UInt8] {
    text.append(UInt8(ascii: "}"))
    return text
  }

  package mutating func set(_ key: StaticString, _ value: String?) {
    begin(key)
    guard let value else { return add("null") }
    quote(value.utf8)
  }

  /// - Parameter value: UTF-8.
  package mutating func set(_ key: StaticString, utf8 value: [UInt8]) {
    begin(key)
    quote(value)
  }

  package mutating func set(_ key: StaticString, _ value: Bool?) {
    begin(key)
    guard let value else { return add("null") }
    add(value ? "true" : "false")
  }

  package mutating func set(_ key: StaticString, _ value: Int?) {
    begin(key)
    guard let value else { return add("null") }
    text += String(value).utf8
  }

  /// A time is RFC 3339, in UTC.
  package mutating func set(_ key: StaticString, _ value: Timestamp?) {
    begin(key)
    guard let value else { return add("null") }
    text.append(UInt8(ascii: "\""))
    CivilTime(value).writeRFC3339(to: &text)
    text.append(UInt8(ascii: "\""))
  }

  package mutating func set(_ key: StaticString, _ values: [String]) {
    begin(key)
    text.append(UInt8(ascii: "["))
    for (index, value) in values.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      quote(value.utf8)
    }
    text.append(UInt8(ascii: "]"))
  }

  /// Objects, each as its `line` is.
  package mutating func set(_ key: StaticString, lines: [[UInt8]]) {
    begin(key)
    text.append(UInt8(ascii: "["))
    for (index, line) in lines.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      text += line
    }
    text.append(UInt8(ascii: "]"))
  }

  /// An object, as its `line` is.
  package mutating func set(_ key: StaticString, line: [UInt8]?) {
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

  private mutating func quote(_ value: some Sequence<UInt8>) {
    text.append(UInt8(ascii: "\""))
    defer { text.append(UInt8(ascii: "\"")) }
    let isPlain = value.withContiguousStorageIfAvailable { bytes in
      guard unsafe bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }) else {
        return false
      }
      unsafe text.append(contentsOf: bytes)
      return true
    }
    if isPlain == true { return }
    for byte in value {
      switch byte {
      case 0x20...0x21, 0x23...0x5B, 0x5D...: text.append(byte)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        text.append(UInt8(ascii: "\\"))
        text.append(byte)
      default:
        add("\\u00")
        let digits = String(byte, radix: 16)
        if digits.utf8.count == 1 { text.append(UInt8(ascii: "0")) }
        text += digits.utf8
      }
    }
  }
}
