internal import Text

/// A text that lines are read from: a file, or an argument of the module. A class, for each line
/// that was read knows its own.
final class SourceText: Sendable {
  let bytes: [UInt8]
  let file: Text
  /// The number of its first line.
  let line: Int

  init(_ bytes: [UInt8], file: Text, line: Int = 1) {
    (self.bytes, self.file, self.line) = (bytes, file, line)
  }
}

/// A text that is read line by line, and how far it was.
final class Source {
  private(set) var text: SourceText
  private(set) var offset = 0
  /// The number of the line at `offset`.
  private(set) var line: Int

  init(_ text: SourceText) { (self.text, line) = (text, text.line) }

  private var bytes: [UInt8] { text.bytes }

  var isAtEnd: Bool { offset >= bytes.count }

  /// Sees to how the text of a file is encoded, before it is read: skips a byte order mark, and
  /// takes a CR that stands alone for the end of a line.
  ///
  /// - Returns: what should be told of it; an error if it can't be read.
  func prepare() -> SyntaxError? {
    guard bytes.count <= 1 << 20 else { return SyntaxError(.fileTooLong, at: 0..<0) }
    guard !bytes.isWide else { return SyntaxError(.wideCharacters, at: 0..<0) }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    guard let place = bytes.loneReturn else { return nil }
    var mended = bytes
    let (cr, lf) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"))
    for index in place..<mended.count where mended[index] == cr {
      if index + 1 == mended.count || mended[index + 1] != lf { mended[index] = lf }
    }
    text = SourceText(mended, file: text.file)
    return SyntaxError(.returnsAlone, at: place..<(place + 1))
  }

  /// Reads on to where something begins that may have a meaning, and says what was read.
  fileprivate func plainRun() -> Range<Int> {
    let (start, bytes) = (offset, bytes)
    var end = start
    while end < bytes.count, !bytes[end].isSpecial { end += 1 }
    offset = end
    return start..<end
  }

  /// Reads one byte; a newline begins a new line.
  fileprivate func next() -> UInt8? {
    guard !isAtEnd else { return nil }
    let byte = bytes[offset]
    offset += 1
    if byte == UInt8(ascii: "\n") { line += 1 }
    return byte
  }

  /// Reads on to the end of a comment, which goes on after a backslash at the end of its line.
  ///
  /// Most of a file is comments, and each login reads it: this has to be fast.
  fileprivate func skipComment() {
    let bytes = bytes
    var isContinued = true
    while isContinued, let end = bytes.firstIndex(of: UInt8(ascii: "\n"), from: offset) {
      let last = bytes[..<end].last == UInt8(ascii: "\r") ? end - 1 : end
      isContinued = bytes[..<last].last == UInt8(ascii: "\\")
      offset = end + 1
      line += 1
    }
    if isContinued { offset = bytes.count }
  }

  /// Skips lines that are empty or a comment.
  func skipIdleLines() {
    let bytes = bytes
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "\n"): line += 1
      case UInt8(ascii: "#"):
        skipComment()
        continue
      default: return
      }
      offset += 1
    }
  }

  /// Skips a backslash that ends the line, and the line's end.
  fileprivate func skipContinuation() -> Bool {
    guard !isAtEnd, bytes[offset] == UInt8(ascii: "\\") else { return false }
    let ahead = bytes[offset...].prefix(3)
    let length = ahead.dropFirst().first == UInt8(ascii: "\r") ? 3 : 2
    guard ahead.count >= length, ahead.prefix(length).last == UInt8(ascii: "\n") else {
      return false
    }
    offset += length
    line += 1
    return true
  }
}

/// What one setting is read from: physical lines joined, the comment and trailing blanks left out.
///
/// It knows where each of its bytes came from. A class, as a place is, and for the same reason.
final class LogicalLine: Sendable {
  let text: [UInt8]
  private let seams: [Seam]
  private let source: SourceText
  /// Where it begins in its source.
  private let start: Int
  /// The number of its first line.
  private let line: Int

  /// All of a source as it is: an argument, in which nothing is a comment.
  init(whole source: SourceText) {
    (text, seams, self.source, start, line) = (source.bytes, [], source, 0, source.line)
  }

  /// Reads the next line of a file.
  ///
  /// A `#` begins a comment wherever it stands; a comment, too, goes on after a backslash at the
  /// end of its line, as in pam_abl.
  init(next source: Source) {
    (self.source, start, line) = (source.text, source.offset, source.line)
    var joined = JoinedText()
    while true {
      let run = source.plainRun()
      joined.append(run, of: source.text.bytes)
      if source.skipContinuation() { continue }
      guard let byte = source.next(), byte != UInt8(ascii: "\n") else { break }
      guard byte != UInt8(ascii: "#") else {
        source.skipComment()
        break
      }
      joined.append(source.offset - 1..<source.offset, of: source.text.bytes)
    }
    text = Array(joined.text[...].droppingTrailingBlanks)
    seams = joined.seams
  }

  /// Where in the source the byte at `index` stands.
  private func offset(of index: Int) -> Int {
    seams.last { $0.text <= index }?.offset(of: index) ?? start + index
  }

  /// Where `range` of the text is, in the source that it was read from.
  func place(of range: Range<Int>) -> Place {
    let lower = offset(of: range.lowerBound)
    let upper = range.isEmpty ? lower : offset(of: range.upperBound - 1) + 1
    return Place(
      lower..<max(lower, upper), in: source.bytes, file: source.file, searchingFrom: start,
      line: line)
  }
}

/// Where a text goes on elsewhere: from index `text` on, it is the source's from `source` on.
private struct Seam {
  let text: Int
  let source: Int

  func offset(of index: Int) -> Int { source + (index - text) }
}

/// Parts of a source, one behind the other.
private struct JoinedText {
  private(set) var text: [UInt8] = []
  private(set) var seams: [Seam] = []

  @inline(never)
  mutating func append(_ run: Range<Int>, of bytes: [UInt8]) {
    guard let start = run.first else { return }
    if seams.last?.offset(of: text.count) != start {
      seams.append(Seam(text: text.count, source: start))
    }
    text.reserveCapacity(text.count + run.count)
    for place in run { text.append(bytes[place]) }
  }
}

extension [UInt8] {
  /// The first CR that something stands behind in its line; one at the end of a line is a blank.
  fileprivate var loneReturn: Int? {
    guard let first = firstIndex(of: UInt8(ascii: "\r"), from: 0) else { return nil }
    var found: Int?
    for index in first..<count {
      let byte = self[index]
      if byte == UInt8(ascii: "\r") {
        found = found ?? index
      } else if byte == UInt8(ascii: "\n") {
        found = nil
      } else if let found, !byte.isSpace {
        return found
      }
    }
    return nil
  }

  /// Whether this is UTF-16: it begins with its mark, or with a character of ASCII in it.
  fileprivate var isWide: Bool {
    guard count >= 2 else { return false }
    let (first, second) = (self[0], self[1])
    return first ^ second == 0x01 && first & second == 0xFE || (first == 0) != (second == 0)
  }
}

extension UInt8 {
  /// Whether it may end a line, begin a comment, or go on in the next line.
  fileprivate var isSpecial: Bool {
    self == UInt8(ascii: "\n") || self == UInt8(ascii: "#") || self == UInt8(ascii: "\\")
  }
}
