internal import Platform
internal import Policy

/// Files as Python's configparser reads them, merged as fail2ban does it: a later file changes what
/// it sets, and leaves the rest.
struct ConfigParserFiles {
  /// A value, and where it begins.
  struct Value {
    var text: [UInt8]
    let place: FilePlace
  }

  /// By their names, and `DEFAULT`.
  private(set) var sections: [String: [String: Value]] = [:]
  /// In the order in which they were met.
  private(set) var names: [String] = []

  private static let longestLine = 64 << 10
  private static let (mostFiles, deepest, mostLines) = (500, 10, 100_000)
  private var files = 0

  /// Reads `path`, with what it includes before and behind it. What isn't there says nothing.
  mutating func read(_ path: Path, _ handover: inout Handover, depth: Int = 0) throws {
    files += 1
    let place = FilePlace(file: path.shown, line: nil)
    guard files <= Self.mostFiles, depth < Self.deepest else {
      return handover.complain(place, [], "too many files include each other; it isn't read")
    }
    guard let own = try Self.parsed(path, &handover) else { return }
    let includes = own.first { $0.name == "INCLUDES" }?.values ?? [:]
    for other in Self.paths(includes["before"], beside: path) {
      try read(other, &handover, depth: depth + 1)
    }
    for section in own where section.name != "INCLUDES" { merge(section) }
    for other in Self.paths(includes["after"], beside: path) {
      try read(other, &handover, depth: depth + 1)
    }
  }

  private mutating func merge(_ section: Section) {
    guard var known = sections[section.name] else {
      names.append(section.name)
      sections[section.name] = section.values
      return
    }
    if section.name != "DEFAULT" {
      // What stood there before may be meant by `%(known/…)s`.
      for (key, value) in known where !key.hasPrefix("known/") { known["known/" + key] = value }
    }
    known.merge(section.values) { $1 }
    sections[section.name] = known
  }

  private static func paths(_ list: Value?, beside path: Path) -> [Path] {
    let lines = (list?.text ?? []).split(separator: UInt8(ascii: "\n")).map { $0.trimmed }
    return lines.filter { !$0.isEmpty }.map { line in
      let named = Path(line)
      return named.isAbsolute ? named : path.parent.appending(named)
    }
  }

  // MARK: - Reading one

  private struct Section {
    let name: String
    var values: [String: Value] = [:]
  }

  private static func parsed(_ path: Path, _ handover: inout Handover) throws -> [Section]? {
    var lines: LineReader
    do throws(ReadError) { lines = try LineReader(path, longest: longestLine) } catch {
      guard error.isAbsence else { throw error.failure(of: path) }
      return nil
    }
    var reader = Reader(file: path.shown)
    while let line = try lines.next() {
      guard line.number <= mostLines else {
        handover.complain(reader.place(of: line), [], "the file is too long; the rest isn't read")
        break
      }
      reader.take(line, &handover)
    }
    return reader.sections
  }

  /// Goes through a file.
  private struct Reader {
    let file: String
    private(set) var sections: [Section] = []
    private var places: [String: Int] = [:]
    /// The section and the key that a line goes on with.
    private var (place, key, indent): (Int?, String?, Int) = (nil, nil, 0)

    init(file: String) { self.file = file }

    func place(of line: Line) -> FilePlace { FilePlace(file: file, line: line.number) }

    mutating func take(_ line: Line, _ handover: inout Handover) {
      let whole = line.text.trimmed
      if whole.first == UInt8(ascii: "#") || whole.first == UInt8(ascii: ";") { return }
      let text = Self.withoutComment(line.text)
      let value = text.trimmed
      guard !value.isEmpty else { return }
      guard !line.isCut else {
        return handover.complain(place(of: line), value, "the line is longer than 64 KiB")
      }
      let own = text.count - text.drop { $0 == 0x20 || $0 == 9 }.count
      if let key, let place, own > indent {
        // A value of several lines; bounded by the file.
        sections[place].values[key]?.text += [UInt8(ascii: "\n")] + value
        return
      }
      indent = own
      begin(value, line, &handover)
    }

    private mutating func begin(
      _ value: ArraySlice<UInt8>, _ line: Line, _ handover: inout Handover
    ) {
      key = nil
      if value.first == UInt8(ascii: "["), let end = value.lastIndex(of: UInt8(ascii: "]")) {
        let name = String(decoding: value[..<end].dropFirst(), as: UTF8.self)
        place = places[name] ?? sections.count
        if places[name] == nil {
          places[name] = sections.count
          sections.append(Section(name: name))
        }
        return
      }
      let sign = value.firstIndex { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }
      guard let sign, let place else {
        return handover.complain(
          self.place(of: line), value, "expected '[section]' or 'key = value'")
      }
      let name = String(decoding: value[..<sign].trimmed, as: UTF8.self).lowercased()
      let text = Array(value[(sign + 1)...].trimmed)
      sections[place].values[name] = Value(text: text, place: self.place(of: line))
      key = name
    }

    /// A `;` begins one at the start, and behind a blank.
    private static func withoutComment(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
      var isBlank = true
      for (index, byte) in zip(text.indices, text) {
        if isBlank, byte == UInt8(ascii: ";") { return text[..<index] }
        isBlank = byte == 0x20 || (9...13).contains(byte)
      }
      return text
    }
  }
}

extension ConfigParserFiles {
  /// The value of a key in a section, or in `DEFAULT`, with what it refers to in place.
  ///
  /// - Throws: `Unresolved` if it refers to what there isn't, or to itself.
  func value(_ key: String, in section: String) throws(Unresolved) -> Value? {
    guard var value = raw(key, in: section) else { return nil }
    var steps = Self.mostSteps
    value.text = try resolved(value, in: section, depth: 0, &steps)
    return value
  }

  /// As it is written.
  func raw(_ key: String, in section: String) -> Value? {
    if let value = sections[section]?[key] ?? sections["DEFAULT"]?[key] { return value }
    // fail2ban also knows `section/key`.
    guard let slash = key.firstIndex(of: "/") else { return nil }
    return sections[String(key[..<slash])]?[String(key[key.index(after: slash)...])]
  }

  /// A value that refers to what can't be told.
  struct Unresolved: Error {
    let place: FilePlace
    let reference: [UInt8]
  }

  private static var longestValue: Int { 64 << 10 }
  /// How many references are followed for one value: each may have many of its own.
  private static var mostSteps: Int { 1000 }

  private func resolved(
    _ value: Value, in section: String, depth: Int, _ steps: inout Int
  ) throws(Unresolved) -> [UInt8] {
    let percent = UInt8(ascii: "%")
    guard value.text.contains(percent) else { return value.text }
    var (text, rest): ([UInt8], ArraySlice<UInt8>) = ([], value.text[...])
    while let start = rest.firstIndex(of: percent) {
      text += rest[..<start]
      let behind = rest[(start + 1)...]
      guard behind.first == UInt8(ascii: "("), let end = behind.firstIndex(of: UInt8(ascii: ")"))
      else {
        text.append(percent)
        rest = behind.first == percent ? behind.dropFirst() : behind
        continue
      }
      let name = behind[..<end].dropFirst()
      rest = behind[(end + 1)...]
      if rest.first == UInt8(ascii: "s") { rest = rest.dropFirst() }
      let key = String(decoding: name, as: UTF8.self).lowercased()
      if key == "__name__" {
        text += Array(section.utf8)
        continue
      }
      steps -= 1
      guard steps > 0, depth < Self.deepest, text.count < Self.longestValue,
        let other = raw(key, in: section)
      else { throw Unresolved(place: value.place, reference: Array(name)) }
      text += try resolved(other, in: section, depth: depth + 1, &steps)
    }
    guard text.count + rest.count < Self.longestValue else {
      throw Unresolved(place: value.place, reference: [])
    }
    return text + rest
  }
}
