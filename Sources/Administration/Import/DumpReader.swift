/// A key and a value of a database, or what is wrong at this place of its dump.
enum DumpEntry {
  case record(key: [UInt8], value: [UInt8], line: Int)
  case damage(String, line: Int)
}

/// Reads what a program has printed of a database of pam_abl, entry by entry.
///
/// That is `db5.3_dump -p` for Berkeley DB (or without `-p`), and `kchashmgr list -pv -px` for
/// Kyoto Cabinet; which of the two it is shows in the first line.
struct DumpReader: ~Copyable {
  private var lines: LineReader
  private let isSalvaged: Bool
  private var state = State.start
  /// Where an entry that is not at its end yet began.
  private var line = 0

  /// Of one line, in bytes: pam_abl kept 1200 attempts with names of any length.
  static let longestLine = 64 << 20

  private enum State {
    case start
    case header(BerkeleyHeader)
    case berkeley(BerkeleyHeader)
    case kyoto
  }

  /// - Parameter isSalvaged: the program was to print whatever it finds in a damaged file
  ///   (`db5.3_dump -r`), also what stands outside of a database.
  init(_ lines: consuming LineReader, isSalvaged: Bool = false) {
    self.lines = lines
    self.isSalvaged = isSalvaged
  }

  /// The next entry; nil at the end.
  mutating func next() throws(ReadError) -> DumpEntry? {
    while let line = try lines.next() {
      self.line = line.number
      guard !line.isCut else { return .damage("the line is longer than 64 MiB", line: line.number) }
      if let entry = try entry(line.text) { return entry }
    }
    return end()
  }

  /// What is still to be said at the end of the text.
  private mutating func end() -> DumpEntry? {
    switch state {
    case .header, .berkeley:
      state = .start
      return .damage("the dump ends in the middle", line: line)
    case .start, .kyoto: return nil
    }
  }

  private mutating func entry(_ text: ArraySlice<UInt8>) throws(ReadError) -> DumpEntry? {
    switch state {
    case .start:
      guard text.starts(with: "VERSION=".utf8) else {
        guard !text.isEmpty, !isSalvaged else { return nil }
        state = .kyoto
        return kyotoEntry(text)
      }
      state = .header(BerkeleyHeader())
      return nil
    case .kyoto: return text.isEmpty ? nil : kyotoEntry(text)
    case .header(var header):
      let complaint = header.read(text, isSalvaged: isSalvaged)
      state = header.isComplete ? .berkeley(header) : .header(header)
      return complaint.map { .damage($0, line: line) }
    case .berkeley(let header): return try berkeleyEntry(text, header)
    }
  }

  private func kyotoEntry(_ text: ArraySlice<UInt8>) -> DumpEntry {
    let fields = text.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
    guard fields.count == 2, let key = Unescaping.hexadecimal(fields[0]),
      let value = Unescaping.hexadecimal(fields[1])
    else { return .damage("expected a key, a tab and a value, in hexadecimal", line: line) }
    return .record(key: key, value: value, line: line)
  }

  /// Reads a key and, from the next line, its value.
  private mutating func berkeleyEntry(
    _ text: ArraySlice<UInt8>, _ header: BerkeleyHeader
  ) throws(ReadError) -> DumpEntry? {
    let start = line
    guard !text.elementsEqual("DATA=END".utf8) else {
      state = .start
      return nil
    }
    guard header.isOurs else { return nil }
    guard let next = try lines.next() else { return end() }
    line = next.number
    guard !next.isCut else { return .damage("the line is longer than 64 MiB", line: line) }
    guard !next.text.elementsEqual("DATA=END".utf8) else {
      state = .start
      return .damage("a key has no value", line: start)
    }
    guard let key = header.bytes(of: text) else {
      return .damage("the key is malformed", line: start)
    }
    guard let value = header.bytes(of: next.text) else {
      return .damage("the value is malformed", line: line)
    }
    return .record(key: key, value: value, line: line)
  }
}
