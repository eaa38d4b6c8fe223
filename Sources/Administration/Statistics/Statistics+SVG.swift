extension Statistics {
  /// A picture without scripts or anything from elsewhere, for light and dark.
  var picture: String {
    let chart = grouping.isOfTime ? TimeChart(self).elements : NameChart(self).elements
    let height = grouping.isOfTime ? TimeChart.height : NameChart.height(of: rows.count)
    var lines = [
      #"<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 760 \#(height)" "#
        + #"width="760" height="\#(height)">"#,
      "<title>\(title.xml)</title>", Self.style,
      #"<text x="24" y="26" class="title">\#(title.xml)</text>"#,
      #"<text x="24" y="46">\#(summary.xml)</text>"#,
      #"<rect x="24" y="58" width="12" height="12" rx="2" class="failed"/>"#,
      #"<text x="42" y="69">failed</text>"#,
      #"<rect x="104" y="58" width="12" height="12" rx="2" class="refused"/>"#,
      #"<text x="122" y="69">refused</text>"#,
    ]
    lines += chart
    if others.count > 0 {
      let text = "and \(counted(others.count, "other")): \(others.tally.words)"
      lines.append(#"<text x="24" y="\#(height - 14)">\#(text.xml)</text>"#)
    }
    return (lines + ["</svg>"]).joined(separator: "\n")
  }

  private var title: String { "Failed logins by \(grouping.title)" }

  private var summary: String {
    var local = LocalTime()
    let guessers = "\(counted(hosts, "host")) and \(counted(users, "user"))"
    return "\(local(since).text) to \(local(until).text): \(total.words); \(guessers)"
  }

  private static let style = """
    <style>
      svg { color-scheme: light dark; }
      text { font-family: system-ui, sans-serif; font-size: 12px; fill: #24292f; }
      .title { font-size: 15px; font-weight: 600; }
      .end { text-anchor: end; }
      .failed { fill: #c9372c; }
      .refused { fill: #a9b1ba; }
      line { stroke: #8a8f98; stroke-opacity: 0.5; }
      @media (prefers-color-scheme: dark) {
        text { fill: #d8dee4; }
        .failed { fill: #f0655a; }
        .refused { fill: #6b7480; }
      }
    </style>
    """
}

extension Tally {
  fileprivate var words: String { "\(failed) failed, \(refused) refused" }
}

/// Bars that stand side by side.
private struct TimeChart {
  private let statistics: Statistics
  private let most: Int

  static let height = 300
  private static let (left, right, top, bottom) = (64.0, 736.0, 88.0, 264.0)

  init(_ statistics: Statistics) {
    self.statistics = statistics
    most = max(statistics.rows.map { $0.tally.all }.max() ?? 0, 1)
  }

  var elements: [String] {
    let (left, right) = (Tenths(Self.left), Tenths(Self.right))
    let (top, bottom) = (Tenths(Self.top), Tenths(Self.bottom))
    var lines = [
      #"<line x1="\#(left)" y1="\#(top)" x2="\#(right)" y2="\#(top)"/>"#,
      #"<text x="56" y="\#(Tenths(Self.top + 4))" class="end">\#(most)</text>"#,
      #"<text x="56" y="\#(Tenths(Self.bottom + 4))" class="end">0</text>"#,
    ]
    for index in statistics.rows.indices { lines += bar(index) }
    lines.append(#"<line x1="\#(left)" y1="\#(bottom)" x2="\#(right)" y2="\#(bottom)"/>"#)
    guard let first = statistics.rows.first, let last = statistics.rows.last else { return lines }
    lines.append(#"<text x="\#(left)" y="284">\#(first.label.xml)</text>"#)
    if statistics.rows.count > 1 {
      lines.append(#"<text x="\#(right)" y="284" class="end">\#(last.label.xml)</text>"#)
    }
    return lines
  }

  private func bar(_ index: Int) -> [String] {
    let row = statistics.rows[index]
    guard row.tally.all > 0 else { return [] }
    let step = (Self.right - Self.left) / Double(statistics.rows.count)
    let gap = min(step * 0.2, 4)
    let x = Self.left + step * Double(index) + gap / 2
    let scale = (Self.bottom - Self.top) / Double(most)
    let failed = Double(row.tally.failed) * scale
    let refused = Double(row.tally.refused) * scale
    return group(
      row, Box(x: x, y: Self.bottom - failed, width: step - gap, height: failed),
      Box(x: x, y: Self.bottom - failed - refused, width: step - gap, height: refused))
  }
}

/// Bars that lie below each other, each with a name before it.
private struct NameChart {
  private let statistics: Statistics
  private let most: Int

  private static let (left, right, top, step) = (284.0, 690.0, 88.0, 24.0)

  static func height(of count: Int) -> Int { Int(top + step * Double(count)) + 36 }

  init(_ statistics: Statistics) {
    self.statistics = statistics
    most = max(statistics.rows.map { $0.tally.all }.max() ?? 0, 1)
  }

  var elements: [String] { statistics.rows.indices.flatMap { bar($0) } }

  private func bar(_ index: Int) -> [String] {
    let row = statistics.rows[index]
    let y = Self.top + Self.step * Double(index)
    let scale = (Self.right - Self.left) / Double(most)
    let failed = Double(row.tally.failed) * scale
    let refused = Double(row.tally.refused) * scale
    let end = Tenths(Self.left + failed + refused + 6)
    let (name, line) = (row.label.shortened(to: 36).xml, Tenths(y + 14))
    return [#"<text x="276" y="\#(line)" class="end" direction="ltr">\#(name)</text>"#]
      + group(
        row, Box(x: Self.left, y: y, width: failed, height: 18),
        Box(x: Self.left + failed, y: y, width: refused, height: 18))
      + [#"<text x="\#(end)" y="\#(line)">\#(row.tally.all)</text>"#]
  }
}

private struct Box {
  let (x, y, width, height): (Double, Double, Double, Double)

  init(x: Double, y: Double, width: Double, height: Double) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }

  /// Nothing where there is nothing to see.
  func rectangle(_ style: String) -> [String] {
    guard width > 0, height > 0 else { return [] }
    let place = #"x="\#(Tenths(x))" y="\#(Tenths(y))""#
    let size = #"width="\#(Tenths(width))" height="\#(Tenths(height))""#
    return [#"<rect \#(place) \#(size) class="\#(style)"/>"#]
  }
}

/// The bars of a row, which say what they are to a pointer that rests on them.
private func group(_ row: Statistics.Row, _ failed: Box, _ refused: Box) -> [String] {
  let title = "\(row.label): \(row.tally.words)"
  return ["<g><title>\(title.xml)</title>"] + failed.rectangle("failed")
    + refused.rectangle("refused") + ["</g>"]
}

/// A number with one digit behind the point, and at least one tenth unless it is nothing.
private struct Tenths: CustomStringConvertible {
  let description: String

  init(_ number: Double) {
    let tenths = number > 0 ? max(Int((number * 10).rounded()), 1) : Int((number * 10).rounded())
    description = tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
  }
}
