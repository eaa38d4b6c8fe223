/// What is made to fit a terminal. Where output goes into a file or a pipe there is no width, and
/// lines are as long as they are.
extension String {
  /// A sentence as lines of `width` columns at most, broken at blanks; those behind the first begin
  /// with `indent` blanks. A word that is wider than a line loses its middle.
  func wrapped(to width: Int?, indent: Int) -> [String] {
    guard let width, columns > width else { return [self] }
    let blanks = String(repeating: " ", count: min(indent, width / 2))
    var lines: [String] = []
    var (line, used, isEmpty) = ("", 0, true)
    for word in split(separator: " ", omittingEmptySubsequences: false) {
      let word = String(word).shortened(to: max(width - blanks.count, 1))
      if !isEmpty, used + 1 + word.columns > width {
        lines.append(line.trimmedAtEnd)
        (line, used, isEmpty) = (blanks, blanks.count, true)
      }
      if isEmpty, !lines.isEmpty, word.isEmpty { continue }
      let gap = isEmpty ? "" : " "
      line += gap + word
      used += gap.count + word.columns
      isEmpty = false
    }
    return lines + [line.trimmedAtEnd]
  }

  private var trimmedAtEnd: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}

extension Column {
  /// Rows as lines of a table, of `width` columns at most: the widest columns lose first, those with
  /// a narrow content nothing.
  static func lines(_ rows: [[String]], _ columns: [Column], width: Int?) -> [String] {
    guard let width else { return rows.map { line($0, columns) } }
    let widths = fitted(rows, columns, width)
    return rows.map { row in
      let cells = zip(row, widths).map { $0.shortened(to: $1) }
      return line(cells, zip(columns, widths).map { Column($1, $0.side) })
    }
  }

  /// How wide each column is, so that all of them fit.
  private static func fitted(_ rows: [[String]], _ columns: [Column], _ width: Int) -> [Int] {
    var widths = columns.indices.map { index in
      rows.map { index < $0.count ? $0[index].columns : 0 }.max() ?? 0
    }
    // An empty column in front is an indentation.
    for (index, column) in columns.enumerated() where widths[index] == 0 {
      widths[index] = column.width
    }
    let gaps = gap.count * max(columns.count - 1, 0)
    var excess = widths.reduce(gaps, +) - width
    while excess > 0, let widest = widths.max(), widest > 4,
      let index = widths.lastIndex(of: widest)
    {
      let next = widths.filter { $0 < widest }.max() ?? 4
      let cut = min(excess, max(widest - max(next, 4), 1))
      widths[index] -= cut
      excess -= cut
    }
    return widths
  }
}
