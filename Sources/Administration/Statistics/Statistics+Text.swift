internal import Policy

extension Statistics {
  /// For people: the totals, and a bar for each row.
  func write(_ canvas: Canvas, to output: inout Output) throws {
    var local = LocalTime()
    let lines = [
      ("since", local(since).text), ("failed", counted(total.failed, "attempt")),
      ("refused", counted(total.refused, "attempt")),
      ("from", "\(counted(hosts, "host")), for \(counted(users, "user"))"),
      ("blocked", blocked.sentence + ", now"),
    ]
    for (label, text) in lines { try output.add(Column.line([label, text], Self.columns)) }
    if total.all == 0 { return }
    try output.add("")
    for line in table(canvas) { try output.add(line) }
    guard others.count > 0 else { return }
    let (failed, refused) = (others.tally.failed, others.tally.refused)
    try output.add("\(counted(others.count, "other")): \(failed) failed, \(refused) refused")
  }

  private static let columns = [Column(7), Column(0)]

  /// A heading, and a line for each row.
  func table(_ canvas: Canvas) -> [String] {
    let table = BarTable(self, canvas)
    return [table.heading] + rows.map { table.line($0) }
  }
}

/// What bars are drawn on.
struct Canvas {
  let width: Int
  /// Whether there is more than ASCII.
  let isUnicode: Bool

  static var ofOutput: Canvas {
    Canvas(width: Terminal.width ?? 80, isUnicode: Terminal.isUnicode)
  }
}

/// Names or moments, their numbers, and a bar for these; no line is wider than the canvas.
private struct BarTable {
  private let canvas: Canvas
  private let title: String
  /// Of the columns: a label, and a number.
  private let (label, number): (Int, Int)
  /// How long the longest bar may be, and what it stands for.
  private let (room, most): (Int, Int)

  private static let gap = "  "

  init(_ statistics: Statistics, _ canvas: Canvas) {
    self.canvas = canvas
    title = statistics.grouping.title.uppercased()
    let widest = statistics.rows.map { max($0.tally.failed, $0.tally.refused) }.max() ?? 0
    number = max(7, String(widest).count)
    let longest = statistics.rows.map { $0.label.cell.columns }.max() ?? 0
    let numbers = 2 * (number + Self.gap.count)
    // A bar needs some room of its own; so does a name.
    let room = max(canvas.width - numbers - 12, 8)
    label = min(max(longest, title.count), room)
    self.room = max(canvas.width - numbers - label - Self.gap.count, 0)
    most = statistics.rows.map { $0.tally.all }.max() ?? 0
  }

  var heading: String { line(title, "FAILED", "REFUSED") }

  func line(_ row: Statistics.Row) -> String {
    let (failed, refused) = (row.tally.failed, row.tally.refused)
    let line = line(row.label.cell.shortened(to: label), String(failed), String(refused))
    let bar = bar(row.tally)
    return bar.isEmpty ? line : line + Self.gap + bar
  }

  private func line(_ label: String, _ failed: String, _ refused: String) -> String {
    let cells = [
      label.padded(to: self.label), failed.padded(to: number, .right),
      refused.padded(to: number, .right),
    ]
    return cells.joined(separator: Self.gap)
  }

  /// What failed, and behind it what was refused; what is there at all is seen.
  private func bar(_ tally: Tally) -> String {
    guard tally.all > 0, room > 0 else { return "" }
    let all = max(Int((Double(tally.all) / Double(most) * Double(room)).rounded()), 1)
    let share = Int((Double(tally.failed) / Double(tally.all) * Double(all)).rounded())
    let least = tally.failed > 0 ? 1 : 0
    let most = tally.refused > 0 && all > 1 ? all - 1 : all
    let failed = min(max(share, least), most)
    let (full, light) = canvas.isUnicode ? ("█", "░") : ("#", "-")
    return String(repeating: full, count: failed) + String(repeating: light, count: all - failed)
  }
}
