internal import Text

/// A text that is read line by line, and how far it was.
struct Source {
  let file: Text
  let bytes: [UInt8]
  private(set) var offset = 0
  /// The number of the line at `offset`, from 1.
  private(set) var line = 1

  init(_ bytes: [UInt8], file: Text, line: Int = 1) {
    (self.bytes, self.file, self.line) = (bytes, file, line)
  }

  var isAtEnd: Bool { offset >= bytes.count }

  /// Reads on to where something begins that may have a meaning, and says what was read.
  ///
  /// Most of a file is comments, and each login reads it: this is the loop that has to be fast.
  fileprivate mutating func plainRun() -> Range<Int> {
    let start = offset
    while offset < bytes.count, !bytes[offset].isSpecial { offset += 1 }
    return start..<offset
  }

  /// Reads one byte; a newline begins a new line.
  fileprivate mutating func next() -> UInt8? {
    guard !isAtEnd else { return nil }
    let byte = bytes[offset]
    offset += 1
    if byte == UInt8(ascii: "\n") { line += 1 }
    return byte
  }

  /// Skips a backslash that ends the line, and the line's end.
  fileprivate mutating func skipContinuation() -> Bool {
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
/// It knows where each of its bytes came from.
struct LogicalLine {
  private(set) var text: [UInt8] = []
  /// Where the text goes on elsewhere: from index `text` on, it is the source's from `source` on.
  private var seams: [(text: Int, source: Int)] = []
  /// Where it begins in its source.
  private let start: Int
  /// The number of its first line.
  private let line: Int

  /// All of a source as it is: an argument, in which nothing is a comment.
  init(whole source: Source) {
    (text, start, line) = (source.bytes, 0, source.line)
  }

  /// Reads the next line of a file.
  ///
  /// A `#` begins a comment wherever it stands; a comment, too, goes on after a backslash at the
  /// end of its line, as in pam_abl.
  init(next source: inout Source) {
    (start, line) = (source.offset, source.line)
    var isComment = false
    while true {
      let run = source.plainRun()
      if !isComment { append(run, of: source) }
      if source.skipContinuation() { continue }
      guard let byte = source.next(), byte != UInt8(ascii: "\n") else { break }
      if byte == UInt8(ascii: "#") { isComment = true }
      if !isComment { append(source.offset - 1..<source.offset, of: source) }
    }
    while let last = text.last, last.isSpace { text.removeLast() }
  }

  @inline(never)
  private mutating func append(_ run: Range<Int>, of source: Source) {
    guard let start = run.first else { return }
    if text.isEmpty || start != offset(of: text.count) { seams.append((text.count, start)) }
    text.reserveCapacity(text.count + run.count)
    for place in run { text.append(source.bytes[place]) }
  }

  /// Where in the source the byte at `index` stands.
  private func offset(of index: Int) -> Int {
    for seam in seams.reversed() where seam.text <= index {
      return seam.source + (index - seam.text)
    }
    return start + index
  }

  /// Where `range` of the text is, in the source that it was read from.
  func place(of range: Range<Int>, in source: Source) -> Place {
    let lower = offset(of: range.lowerBound)
    let upper = range.isEmpty ? lower : offset(of: range.upperBound - 1) + 1
    return Place(
      lower..<max(lower, upper), in: source.bytes, file: source.file, searchingFrom: start,
      line: line)
  }
}

extension UInt8 {
  /// Whether it may end a line, begin a comment, or go on in the next line.
  fileprivate var isSpecial: Bool {
    self == UInt8(ascii: "\n") || self == UInt8(ascii: "#") || self == UInt8(ascii: "\\")
  }
}
