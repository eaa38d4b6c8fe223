internal import Policy
internal import Text

/// Names of strangers among words of ours: in a column of a table, or in a sentence.
enum Cell {
  /// Spells a blank of `text[start...]` as `\x20` where it could look like more than a blank within
  /// a name: at either end, behind another one, between columns, or behind the colon of a sentence.
  static func spellBlanks(of text: inout [UInt8], from start: Int) {
    let (blank, colon) = (UInt8(ascii: " "), UInt8(ascii: ":"))
    guard text[start...].contains(blank) else { return }
    let name = Array(text[start...])
    text.removeSubrange(start...)
    for (index, byte) in name.enumerated() {
      let isWithin =
        index > 0 && index + 1 < name.count && name[index - 1] != blank && name[index - 1] != colon
      if byte != blank || isWithin { text.append(byte) } else { text += #"\x20"#.utf8 }
    }
  }
}

extension String {
  /// The text, which is escaped, as it may stand in a table or a sentence.
  var cell: String {
    var bytes = Array(utf8)
    Cell.spellBlanks(of: &bytes, from: 0)
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension Name {
  /// As it may stand in a table or a sentence.
  var cell: String { shown.cell }

  /// As it may stand in a message: in quotes that nothing in it ends.
  var quoted: String { String(escaped.quoted) }
}
