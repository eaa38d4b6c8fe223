internal import Text

/// A line of a file of settings: joined where a backslash ends it, without its comment.
struct SettingLine {
  private(set) var text: [UInt8] = []
  /// Where in the file each byte of it stands.
  private var offsets: [Int] = []
  /// Where in the file it is over, but for its comment.
  private let end: Int

  /// Reads from `offset` on, and moves it behind the line.
  init(in source: [UInt8], from offset: inout Int) {
    var isComment = false
    while offset < source.count {
      let byte = source[offset]
      if let next = Self.continuation(in: source, at: offset) {
        offset = next
        continue
      }
      offset += 1
      if byte == UInt8(ascii: "\n") { break }
      if byte == UInt8(ascii: "#") { isComment = true }
      guard !isComment else { continue }
      text.append(byte)
      offsets.append(offset - 1)
    }
    end = offsets.last.map { $0 + 1 } ?? offset
    while let last = text.last, last.isSpace { text.removeLast() }
  }

  /// Where the next line begins, if a backslash here ends this one.
  private static func continuation(in source: [UInt8], at offset: Int) -> Int? {
    guard source[offset] == UInt8(ascii: "\\") else { return nil }
    let ahead = source[offset...].dropFirst().prefix(2)
    if ahead.first == UInt8(ascii: "\n") { return offset + 2 }
    return ahead.elementsEqual([UInt8(ascii: "\r"), UInt8(ascii: "\n")]) ? offset + 3 : nil
  }

  /// The word before `=`.
  var name: Range<Int> {
    let start = text.firstIndex { !$0.isSpace } ?? 0
    let end = text[start...].firstIndex { $0.isSpace || $0 == UInt8(ascii: "=") }
    return start..<(end ?? text.count)
  }

  /// What stands behind `=`; nil without one.
  var value: Range<Int>? {
    let rest = text[name.upperBound...]
    guard let sign = rest.firstIndex(where: { !$0.isSpace }), text[sign] == UInt8(ascii: "=") else {
      return nil
    }
    let start = text[(sign + 1)...].firstIndex { !$0.isSpace } ?? text.count
    return start..<text.count
  }

  /// Where in the file `range` of the text is.
  func place(of range: Range<Int>) -> Range<Int> {
    guard let first = offsets.dropFirst(range.lowerBound).first else { return end..<end }
    guard !range.isEmpty, range.upperBound <= text.count else { return first..<first }
    return first..<(offsets[range.upperBound - 1] + 1)
  }
}
