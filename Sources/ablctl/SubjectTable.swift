internal import BlockList
internal import Policy
internal import Text

/// One line of a list.
struct SubjectRow {
  let subject: SummarizedSubject
  let standing: Standing

  init(_ subject: SummarizedSubject, _ standing: Standing) {
    (self.subject, self.standing) = (subject, standing)
  }

  fileprivate var kind: StaticString { subject.isHost ? "host" : "user" }

  /// Adds the name, as it may be shown; the address of an IPv4 host without a detour, for there are
  /// many of them.
  fileprivate func writeName(to line: inout [UInt8]) {
    let key = subject.key
    if key.count == 6, subject.isHost, key[key.startIndex + 1] == 4 {
      for (index, octet) in key.dropFirst(2).enumerated() {
        if index > 0 { line.append(UInt8(ascii: ".")) }
        line.append(decimal: Int(octet))
      }
    } else if let known = subject.subject {
      line += known.text.bytes
    }
  }

  fileprivate var object: JSONObject {
    var name: [UInt8] = []
    writeName(to: &name)
    var object = JSONObject()
    object.set("kind", subject.isHost ? "host" : "user")
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
/// The columns have fixed widths, because a list of a million is not read before it is printed;
/// what is longer pushes the rest of its line to the right. Bytes are put together here, not
/// strings: half the time of such a list was their making.
struct SubjectTable {
  let isColored: Bool
  let now: Timestamp
  private var local = LocalTime()

  init(isColored: Bool, now: Timestamp) {
    (self.isColored, self.now) = (isColored, now)
  }

  /// As wide as the times below it; names have the room of an ordinary IPv6 address.
  private static let columns: [Column] = [
    Column(4), Column(30), Column(8, .right), Column(19), Column(0),
  ]

  var heading: String {
    Column.line(["KIND", "NAME", "FAILURES", "LAST ATTEMPT", "STATE"], Self.columns)
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
    let blank = UInt8(ascii: " ")
    guard line[start...].contains(blank) else { return }
    let name = Array(line[start...])
    line.removeSubrange(start...)
    for (index, byte) in name.enumerated() {
      let isWithin = index > 0 && index + 1 < name.count && name[index - 1] != blank
      if byte != blank || isWithin { line.append(byte) } else { line.append("\\x20") }
    }
  }

  private mutating func write(_ row: SubjectRow, to line: inout [UInt8]) {
    line.append(row.kind)
    line.append("  ")
    let name = line.count
    writeCell(row, to: &line)
    // In scalars, which begin with any byte but these.
    line.pad(30 - line[name...].count { $0 & 0xC0 != 0x80 })
    line.append("  ")
    let failures = row.subject.summary.failureCount
    line.pad(8 - digitCount(failures))
    line.append(decimal: failures)
    line.append("  ")
    if let last = row.subject.summary.newest {
      local(last).write(to: &line)
    } else {
      line.pad(19)
    }
    line.append("  ")
    write(row.standing, to: &line)
  }

  private func write(_ standing: Standing, to line: inout [UInt8]) {
    switch standing {
    case .clear: line.append("clear")
    case .allowed: line.append("allowed")
    case .blocked(let block):
      let text = "blocked by \(block.rule), ends in \(block.remaining(at: now))"
      line += (isColored ? "\u{1B}[31m\(text)\u{1B}[0m" : text).utf8
    }
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
