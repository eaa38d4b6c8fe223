/// A column of a table.
struct Column {
  /// In columns of a terminal; what is longer takes the room it needs.
  let width: Int
  let side: Side

  enum Side {
    case left, right
  }

  init(_ width: Int, _ side: Side = .left) {
    (self.width, self.side) = (width, side)
  }

  static let gap = "  "

  /// `cells` in `columns`, with nothing behind the last.
  static func line(_ cells: [String], _ columns: [Column]) -> String {
    var line = ""
    for (index, (cell, column)) in zip(cells, columns).enumerated() {
      if index > 0 { line += gap }
      let isLast = index == cells.count - 1
      line += isLast && column.side == .left ? cell : column.padded(cell)
    }
    return line
  }

  private func padded(_ cell: String) -> String {
    cell.padded(to: width, side)
  }
}
