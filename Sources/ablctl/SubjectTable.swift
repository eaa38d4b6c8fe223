internal import BlockList
internal import Policy

/// One line of a list.
struct SubjectRow {
  let subject: Subject
  let record: SubjectRecord
  let standing: Standing

  func line(_ format: Format?, _ table: inout SubjectTable) -> [UInt8] {
    switch format {
    case .quiet: Array(subject.name.utf8)
    case .json: object.line()
    case nil: Array(table.line(self).utf8)
    }
  }

  private var object: JSONObject {
    var object = JSONObject()
    object.set("kind", subject.kindText)
    object.set("name", subject.name)
    standing.describe(in: &object)
    object.set("failures", record.failureCount)
    object.set("first", record.times.min())
    object.set("last", record.newest)
    return object
  }
}

/// Hosts and users in columns, for people.
///
/// The columns have fixed widths, because a list of a million is not read before it is printed;
/// what is longer pushes the rest of its line to the right.
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

  mutating func line(_ row: SubjectRow) -> String {
    let last = row.record.newest.map { local($0).text } ?? ""
    let (subject, failures) = (row.subject, String(row.record.failureCount))
    let cells = [subject.kindText, subject.name, failures, last, state(row.standing)]
    return Column.line(cells, Self.columns)
  }

  private func state(_ standing: Standing) -> String {
    switch standing {
    case .clear: return "clear"
    case .allowed: return "allowed"
    case .blocked(let block):
      let text = "blocked by \(block.rule), ends in \(block.remaining(at: now))"
      return isColored ? "\u{1B}[31m\(text)\u{1B}[0m" : text
    }
  }
}
