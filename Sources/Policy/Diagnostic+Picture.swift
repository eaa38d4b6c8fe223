public import Text

extension Diagnostic {
  /// Three lines, for people: the headline, the line, and a caret under what is wrong.
  ///
  /// Of a line of more than 200 bytes, the part around the caret.
  public var rendered: Text {
    let window = place.window
    let start: Text = window.lowerBound == lineText.startIndex ? "" : "…"
    let end: Text = window.upperBound == lineText.endIndex ? "" : "…"
    let culprit = range.clamped(to: window)
    let indent = lineText[window.lowerBound..<culprit.lowerBound].blanks
    let shown = start + lineText[window].harmless + end
    let tails = max(1, lineText[culprit].glyphCount) - 1
    let tail = Text([UInt8](repeating: UInt8(ascii: "~"), count: tails))
    return headline + "\n" + shown + "\n" + (start.isEmpty ? "" : " ") + indent + "^" + tail
  }
}

extension Place {
  /// What is shown of the line, as indices of `lineText`.
  fileprivate var window: Range<Int> {
    let (most, before) = (200, 60)
    guard lineText.count > most else { return lineText.startIndex..<lineText.endIndex }
    var end = min(lineText.endIndex, max(lineText.startIndex, range.lowerBound - before) + most)
    var start = end - most
    for _ in 0..<3 {  // a scalar has no more further bytes
      if start > lineText.startIndex, lineText[start].isContinuation { start += 1 }
      if end < lineText.endIndex, lineText[end].isContinuation { end -= 1 }
    }
    return start..<end
  }
}

extension UInt8 {
  /// Whether this is a byte of a scalar, but not its first.
  fileprivate var isContinuation: Bool { self & 0xC0 == 0x80 }
}

extension ArraySlice<UInt8> {
  /// The text with a `?` for each glyph that could steer a terminal; tabs stay.
  fileprivate var harmless: Text {
    var shown: [UInt8] = []
    forEachGlyph { glyph in
      if glyph.isHarmless || self[glyph.bytes.lowerBound] == UInt8(ascii: "\t") {
        shown += self[glyph.bytes]
      } else {
        shown.append(UInt8(ascii: "?"))
      }
    }
    return Text(shown)
  }

  /// A blank for each glyph. Tabs stay tabs, so that what follows is under what it should be,
  /// however wide they are shown.
  fileprivate var blanks: Text {
    var blanks: [UInt8] = []
    forEachGlyph { glyph in
      let isTab = self[glyph.bytes.lowerBound] == UInt8(ascii: "\t")
      blanks.append(isTab ? UInt8(ascii: "\t") : UInt8(ascii: " "))
    }
    return Text(blanks)
  }
}
