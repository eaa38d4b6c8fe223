/// One scalar of a text in UTF-8, or one byte that belongs to none.
struct Glyph {
  /// Where it stands.
  var bytes: Range<Int>
  /// Whether it may be shown as it is: valid UTF-8, seen, and no control of lines, terminals
  /// or the direction of writing.
  var isHarmless: Bool
}

extension ArraySlice<UInt8> {
  /// Goes through the text glyph by glyph; together they are all of it.
  func forEachGlyph(_ body: (Glyph) -> Void) {
    var index = startIndex
    while index < endIndex {
      let scalar = scalar(at: index)
      let end = index + (scalar?.length ?? 1)
      body(Glyph(bytes: index..<end, isHarmless: scalar.map { !$0.value.isControl } ?? false))
      index = end
    }
  }

  /// The number of glyphs.
  var glyphCount: Int {
    var count = 0
    forEachGlyph { _ in count += 1 }
    return count
  }

  /// Whether it is well-formed.
  var isUTF8: Bool {
    var index = startIndex
    while index < endIndex {
      guard let scalar = scalar(at: index) else { return false }
      index += scalar.length
    }
    return true
  }

  /// The scalar that begins at `index`, and how many bytes it has; nil if there is none.
  ///
  /// Well-formed is what table 3-7 of the Unicode standard says: shortest form, no surrogates.
  private func scalar(at index: Int) -> (value: UInt32, length: Int)? {
    let lead = UInt32(self[index])
    let (length, least): (Int, UInt32)
    switch lead {
    case 0..<0x80: return (lead, 1)
    case 0xC2...0xDF: (length, least) = (2, 0x80)
    case 0xE0...0xEF: (length, least) = (3, 0x800)
    case 0xF0...0xF4: (length, least) = (4, 0x10000)
    default: return nil
    }
    guard endIndex - index >= length else { return nil }
    var value = lead & (0x7F >> UInt32(length))
    for byte in self[(index + 1)..<(index + length)] {
      guard byte & 0xC0 == 0x80 else { return nil }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    let isSurrogate = 0xD800...0xDFFF ~= value
    return value < least || value > 0x10FFFF || isSurrogate ? nil : (value, length)
  }
}

extension UInt32 {
  /// Whether this scalar is a control (C0, DEL, C1), a line or paragraph separator, one that turns
  /// the direction of writing, or one that isn't seen, so that two names would look the same.
  fileprivate var isControl: Bool {
    switch self {
    case 0..<0x20, 0x7F...0xA0, 0xAD: true
    case 0x61C, 0x200B...0x200F, 0x2028...0x202F, 0x205F...0x206F, 0x3000, 0xFEFF: true
    case 0xE0000...0xE007F: true
    default: false
    }
  }
}
