internal import Text

extension UInt8 {
  /// A blank, a tab, or what ends a line.
  var isSpace: Bool { self == UInt8(ascii: " ") || 9...13 ~= self }

  var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }
}

extension ArraySlice<UInt8> {
  func isEqual(to word: StaticString) -> Bool {
    elementsEqual(Text(stringLiteral: word).bytes)
  }
}
