public import Text

/// A text from outside: a user, a service, a host that is no address, a path.
///
/// It is bytes, compared as bytes: an attacker that chose them need not have kept to an encoding.
public struct Name: Equatable, Sendable {
  public var bytes: [UInt8]

  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  public init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = Array(bytes)
  }

  public init(_ text: Text) {
    bytes = Array(text.bytes)
  }

  /// The name as it may be shown in a log or on a terminal.
  ///
  /// What could end a line, steer a terminal or turn the direction of writing is written `\xNN`,
  /// byte by byte, and so is what isn't UTF-8; a backslash is doubled. Nothing else changes.
  public var escaped: Text {
    var shown: [UInt8] = []
    bytes[...].forEachGlyph { glyph in
      for byte in bytes[glyph.bytes] {
        let isBackslash = byte == UInt8(ascii: "\\")
        if isBackslash || !glyph.isHarmless { shown.append(UInt8(ascii: "\\")) }
        if glyph.isHarmless { shown.append(byte) } else { shown += byte.escape }
      }
    }
    return Text(shown)
  }
}

extension Text {
  /// What is shown, in quotes. One within is written `\x27`: a chosen name could else end them, and
  /// go on as if the rest of the line were ours.
  public var quoted: Text {
    let quote = UInt8(ascii: "'")
    var shown = [quote]
    for byte in bytes {
      if byte == quote { shown += [UInt8(ascii: "\\")] + byte.escape } else { shown.append(byte) }
    }
    return Text(shown + [quote])
  }
}

extension Name: ExpressibleByStringLiteral {
  public init(stringLiteral text: StaticString) {
    self.init(Text(stringLiteral: text))
  }
}

extension UInt8 {
  /// `x` and two hexadecimal digits.
  fileprivate var escape: [UInt8] {
    [UInt8(ascii: "x"), (self >> 4).hexDigit, (self & 15).hexDigit]
  }

  /// The digit for a value below 16.
  var hexDigit: UInt8 {
    self < 10 ? UInt8(ascii: "0") &+ self : UInt8(ascii: "a") &+ (self &- 10)
  }
}
