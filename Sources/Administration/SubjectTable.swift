internal import BlockList
internal import Policy
internal import Text
internal import Upkeep

/// One line of a list.
struct SubjectRow {
  let subject: SummarizedSubject
  let standing: Standing

  init(_ subject: SummarizedSubject, _ standing: Standing) {
    (self.subject, self.standing) = (subject, standing)
  }

  fileprivate var kind: StaticString { subject.kind.word }

  /// Adds the name, as it may be shown; the address of an IPv4 host without a detour, for there are
  /// many of them.
  fileprivate func writeName(to line: inout [UInt8]) {
    let key = subject.key
    if key.count == 6, subject.kind == .host, key[key.startIndex + 1] == 4 {
      for (index, octet) in key.dropFirst(2).enumerated() {
        if index > 0 { line.append(UInt8(ascii: ".")) }
        line.append(decimal: Int(octet))
      }
    } else if let known = subject.subject {
      line += known.text.bytes
    }
  }

  var object: JSONObject {
    var name: [UInt8] = []
    writeName(to: &name)
    var object = JSONObject()
    object.set("kind", String(subject.kind.text))
    object.set("name", utf8: name)
    standing.describe(in: &object)
    object.set("failures", subject.summary.failureCount)
    object.set("first", subject.summary.first)
    object.set("last", subject.summary.newest)
    return object
  }
}

/// Hosts and users in columns, for people.
///
/// The columns have fixed widths, because a list of a million is not read before it is printed. On a
/// terminal names and states have what its width leaves, and lose their middle if they are longer;
/// elsewhere what is longer pushes the rest of its line to the right. Bytes are put together here,
/// not strings: half the time of such a list was their making.
struct SubjectTable {
  let isColored: Bool
  let now: Timestamp
  private let shape: Shape
  private var local = LocalTime()

  /// - Parameter width: of the terminal; nil if it is none.
  init(isColored: Bool, now: Timestamp, width: Int?) {
    (self.isColored, self.now) = (isColored, now)
    shape = width.map { Shape(width: $0) } ?? Shape()
  }

  /// How wide the columns are.
  private struct Shape {
    /// Names have the room of an ordinary IPv6 address.
    var name = 30
    var time = 19
    /// Nil if it has any room.
    var state: Int?
    var isNarrow = false

    /// Of what isn't the name or the state: the kind, the failures, and the gaps.
    private static let rest = Self.kind + 2 + 2 + 8 + 2 + 2
    /// As the longest of them.
    static let kind = 7

    init() {}

    init(width: Int) {
      isNarrow = width < 110
      time = isNarrow ? 11 : 19
      let state = isNarrow ? 19 : 42
      name = max(width - Self.rest - time - state, 8)
      self.state = max(width - Self.rest - time - name, 8)
    }
  }

  var heading: String {
    let columns = [
      Column(Shape.kind), Column(shape.name), Column(8, .right), Column(shape.time), Column(0),
    ]
    let last = shape.isNarrow ? "LAST" : "LAST ATTEMPT"
    return Column.line(["KIND", "NAME", "FAILURES", last, "STATE"], columns)
  }

  /// Adds the line of `row`, without its end.
  mutating func write(_ row: SubjectRow, _ format: Format?, to line: inout [UInt8]) {
    switch format {
    case .quiet: writeWord(row, to: &line)
    case .json: line += row.object.line()
    case nil: write(row, to: &line)
    }
  }

  /// Adds the name alone, for another program: `--all` must not be an option of that.
  private func writeWord(_ row: SubjectRow, to line: inout [UInt8]) {
    let start = line.count
    row.writeName(to: &line)
    guard line.count > start, line[start] == UInt8(ascii: "-") else { return }
    line.replaceSubrange(start...start, with: "\\x2d".utf8)
  }

  /// Adds the name so that it can't look like columns of its own, nor like a name without blanks
  /// around it.
  private func writeCell(_ row: SubjectRow, to line: inout [UInt8]) {
    let start = line.count
    row.writeName(to: &line)
    Cell.spellBlanks(of: &line, from: start)
    if shape.state != nil { Self.shorten(&line, from: start, to: shape.name) }
  }

  /// Makes `line[start...]` lose its middle, if it is wider than `width`.
  private static func shorten(_ line: inout [UInt8], from start: Int, to width: Int) {
    guard line.count - start > width else { return }
    let text = String(decoding: line[start...], as: UTF8.self)
    line.replaceSubrange(start..., with: text.shortened(to: width).utf8)
  }

  /// How many columns `text` takes.
  private static func columns(_ text: ArraySlice<UInt8>) -> Int {
    guard text.contains(where: { $0 >= 0x80 }) else { return text.count }
    return String(decoding: text, as: UTF8.self).columns
  }

  private mutating func write(_ row: SubjectRow, to line: inout [UInt8]) {
    line.append(row.kind)
    line.pad(Shape.kind - row.kind.utf8CodeUnitCount + 2)
    let name = line.count
    writeCell(row, to: &line)
    line.pad(shape.name - Self.columns(line[name...]))
    line.append("  ")
    let failures = row.subject.summary.failureCount
    line.pad(8 - digitCount(failures))
    line.append(decimal: failures)
    line.append("  ")
    if let last = row.subject.summary.newest {
      let start = line.count
      local(last).write(to: &line)
      // The year and the seconds are what tells least.
      if shape.isNarrow {
        line.removeLast(3)
        line.removeSubrange(start..<(start + 5))
      }
    } else {
      line.pad(shape.time)
    }
    line.append("  ")
    write(row.standing, to: &line)
  }

  private func write(_ standing: Standing, to line: inout [UInt8]) {
    switch standing {
    case .clear: line.append("clear")
    case .allowed: line.append("allowed")
    case .decreed: line.append("allowed by decree")
    case .blocked(let block):
      let text = text(of: block)
      line += (isColored ? "\u{1B}[31m\(text)\u{1B}[0m" : text).utf8
    }
  }

  private func text(of block: Block) -> String {
    let remaining = block.remaining(at: now)
    if shape.isNarrow { return block.until == .never ? "blocked" : "blocked \(remaining)" }
    let end = block.until == .never ? ", for ever" : ", ends in \(remaining)"
    let rule = shape.state.map { block.rule.shortened(to: max($0 - 11 - end.count, 1)) }
    return "blocked by \(rule ?? block.rule)" + end
  }

  private func digitCount(_ number: Int) -> Int {
    var (count, rest) = (1, number)
    while rest > 9 { (count, rest) = (count + 1, rest / 10) }
    return count
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ literal: StaticString) {
    let count = literal.utf8CodeUnitCount
    unsafe append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: count))
  }

  fileprivate mutating func pad(_ count: Int) {
    var left = count
    while left > 0 {
      append(UInt8(ascii: " "))
      left -= 1
    }
  }

  /// - Parameter number: not negative.
  fileprivate mutating func append(decimal number: Int) {
    if number > 9 { append(decimal: number / 10) }
    append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number % 10))
  }
}
