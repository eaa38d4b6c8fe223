internal import Text

/// A key and a value of a database, or what is wrong at this place of its dump.
public enum DumpEntry {
  /// The name of a host or a user, and what was known of it.
  case record(key: [UInt8], value: [UInt8], line: Int)
  /// A place that can't be read, and why.
  case damage(String, line: Int)
}

/// What a program has printed of a database of pam_abl, taken line by line.
///
/// That is `db5.3_dump -p` for Berkeley DB (or without `-p`), and `kchashmgr list -pv -px` for
/// Kyoto Cabinet; which of the two it is shows in the first line.
public struct Dump {
  private let isSalvaged: Bool
  private var state = State.start
  /// The line that was taken last.
  private var line = 0

  /// Of one line, in bytes: pam_abl kept 1200 attempts with names of any length.
  public static let longestLine = 64 << 20

  private enum State {
    case start
    case header(BerkeleyHeader)
    case berkeley(BerkeleyHeader)
    /// A key was read, and its value is to come; nil if the key is malformed.
    case value(BerkeleyHeader, key: [UInt8]?, line: Int)
    case kyoto
  }

  /// - Parameter isSalvaged: the program was to print whatever it finds in a damaged file
  ///   (`db5.3_dump -r`), also what stands outside of a database.
  public init(isSalvaged: Bool = false) { self.isSalvaged = isSalvaged }

  /// Takes the next line, and gives the entry that is complete with it, if one is.
  ///
  /// - Parameters:
  ///   - number: of the line, from 1.
  ///   - isCut: whether the line is longer than `longestLine`.
  public mutating func take(_ text: ArraySlice<UInt8>, _ number: Int, isCut: Bool) -> DumpEntry? {
    line = number
    guard !isCut else {
      if case .value(let header, _, _) = state { state = .berkeley(header) }
      return .damage("the line is longer than 64 MiB", line: line)
    }
    switch state {
    case .start: return firstEntry(text)
    case .kyoto: return text.isEmpty ? nil : kyotoEntry(text)
    case .header(var header):
      let complaint = header.read(text, isSalvaged: isSalvaged)
      state = header.isComplete ? .berkeley(header) : .header(header)
      return complaint.map { .damage($0, line: line) }
    case .berkeley(let header):
      takeKey(text, header)
      return nil
    case .value(let header, let key, let start): return berkeleyEntry(key, start, text, header)
    }
  }

  /// What is still to be said at the end of the text.
  public mutating func end() -> DumpEntry? {
    switch state {
    case .header, .berkeley, .value:
      state = .start
      return .damage("the dump ends in the middle", line: line)
    case .start, .kyoto: return nil
    }
  }

  private mutating func firstEntry(_ text: ArraySlice<UInt8>) -> DumpEntry? {
    guard !text.starts(with: "VERSION=".utf8) else {
      state = .header(BerkeleyHeader())
      return nil
    }
    guard !text.isEmpty, !isSalvaged else { return nil }
    state = .kyoto
    return kyotoEntry(text)
  }

  private func kyotoEntry(_ text: ArraySlice<UInt8>) -> DumpEntry {
    let fields = text.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
    guard fields.count == 2, let key = [UInt8](hexadecimal: fields[0]),
      let value = [UInt8](hexadecimal: fields[1])
    else { return .damage("expected a key, a tab and a value, in hexadecimal", line: line) }
    return .record(key: key, value: value, line: line)
  }

  /// Takes a key, whose value is on the next line.
  private mutating func takeKey(_ text: ArraySlice<UInt8>, _ header: BerkeleyHeader) {
    if text.elementsEqual("DATA=END".utf8) {
      state = .start
    } else if header.isOurs {
      state = .value(header, key: header.bytes(of: text), line: line)
    }
  }

  private mutating func berkeleyEntry(
    _ key: [UInt8]?, _ start: Int, _ value: ArraySlice<UInt8>, _ header: BerkeleyHeader
  ) -> DumpEntry {
    guard !value.elementsEqual("DATA=END".utf8) else {
      state = .start
      return .damage("a key has no value", line: start)
    }
    state = .berkeley(header)
    guard let key else { return .damage("the key is malformed", line: start) }
    guard let value = header.bytes(of: value) else {
      return .damage("the value is malformed", line: line)
    }
    return .record(key: key, value: value, line: line)
  }
}
