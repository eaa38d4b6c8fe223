internal import Administration

extension Page {
  var hourChart: HTML {
    chart("Guesses by hour", "in the last 24 hours", overview.hours) { String($0.suffix(5)) }
  }

  var dayChart: HTML {
    chart("Guesses by day", "in the last two weeks", overview.days) { String($0.suffix(5)) }
  }

  /// Bars that stand side by side. Only they are drawn: what is to be read is text, which doesn't
  /// shrink with the picture. The same again stands in a table, for readers that don't see it.
  private func chart(
    _ title: String, _ when: String, _ bars: [Overview.Bar], _ shortened: (String) -> String
  ) -> HTML {
    let most = bars.map { $0.all }.max() ?? 0
    let marks = [0, bars.count / 2, bars.count - 1].filter { bars.indices.contains($0) }
    let axis = marks.map { "<span>\(shortened(bars[$0].label))</span>" as HTML }
    return """
      <section class="card">
      <h2>\(title) <span>\(when)</span></h2>
      <p class="key"><span class="failed">failed</span> <span class="refused">refused</span>
      <span class="most">\(most == 0 ? "none" : "at most \(most.grouped)")</span></p>
      \(picture(title, bars, max(most, 1)))
      <div class="axis" aria-hidden="true">\(HTML(axis))</div>
      \(table(bars))
      </section>
      """
  }

  private func picture(_ title: String, _ bars: [Overview.Bar], _ most: Int) -> HTML {
    let columns = bars.enumerated().filter { $0.element.all > 0 }.map { index, bar in
      column(bar, index, Double(most))
    }
    return """
      <svg class="bars" viewBox="0 0 \(max(bars.count, 1)) 100" preserveAspectRatio="none" role="img"
      aria-label="\(title)">
      <path class="line" d="M0 0H\(bars.count)M0 50H\(bars.count)" vector-effect="non-scaling-stroke"/>
      \(HTML(columns))
      <path class="base" d="M0 100H\(bars.count)" vector-effect="non-scaling-stroke"/>
      </svg>
      """
  }

  private func column(_ bar: Overview.Bar, _ index: Int, _ most: Double) -> HTML {
    let failed = Double(bar.failed) / most * 100
    let refused = Double(bar.refused) / most * 100
    return """
      <g><title>\(bar.label): \(bar.words)</title>\
      \(rectangle("failed", Double(index) + 0.12, 100 - failed, 0.76, failed))\
      \(rectangle("refused", Double(index) + 0.12, 100 - failed - refused, 0.76, refused))</g>
      """
  }

  /// Nothing where there is nothing to see; and at least a hair of what is there.
  private func rectangle(
    _ style: HTML, _ x: Double, _ y: Double, _ width: Double, _ height: Double
  ) -> HTML {
    guard height > 0 else { return "" }
    let (shown, top) = (max(height, 1), height < 1 ? y + height - 1 : y)
    return """
      <rect class="\(style)" x="\(x.short)" y="\(top.short)" width="\(width.short)" \
      height="\(shown.short)"/>
      """
  }

  private func table(_ bars: [Overview.Bar]) -> HTML {
    let rows = bars.filter { $0.all > 0 }.map { bar in
      """
      <tr><th scope="row">\(bar.label)</th><td class="number">\(bar.failed.grouped)</td>\
      <td class="number">\(bar.refused.grouped)</td></tr>
      """ as HTML
    }
    guard !rows.isEmpty else { return "" }
    return """
      <details><summary>as a table</summary>
      <table><thead><tr><th scope="col">From</th><th scope="col" class="number">Failed</th>
      <th scope="col" class="number">Refused</th></tr></thead><tbody>\(HTML(rows))</tbody></table>
      </details>
      """
  }
}

extension Page {
  /// What was busiest.
  var rankings: HTML {
    HTML([
      ranking("Busiest networks", overview.networks), ranking("Busiest hosts", overview.hosts),
      ranking("Names that were tried", overview.users), ranking("Services", overview.services),
    ])
  }

  private func ranking(_ title: String, _ bars: [Overview.Bar]) -> HTML {
    let most = Double(max(bars.map { $0.all }.max() ?? 0, 1))
    let items = bars.map { item($0, most) }
    let list: HTML =
      items.isEmpty ? "<p class=\"empty\">None.</p>" : "<ol class=\"ranking\">\(HTML(items))</ol>"
    return """
      <section class="card"><h2>\(title) <span>in a week</span></h2>
      \(list)
      </section>
      """
  }

  private func item(_ bar: Overview.Bar, _ most: Double) -> HTML {
    let failed = Double(bar.failed) / most * 100
    let refused = Double(bar.refused) / most * 100
    return """
      <li title="\(bar.words)"><bdi class="name">\(bar.label)</bdi>\
      <span class="count">\(bar.all.grouped)</span>\
      <svg class="strip" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">\
      <rect class="failed" width="\(failed.short)" height="1"/>\
      <rect class="refused" x="\(failed.short)" width="\(refused.short)" height="1"/></svg></li>
      """
  }
}

extension Overview.Bar {
  fileprivate var words: String { "\(failed.grouped) failed, \(refused.grouped) refused" }
}

extension Double {
  /// With two digits behind the point.
  fileprivate var short: String {
    let hundredths = Int((self * 100).rounded())
    let rest = hundredths.magnitude % 100
    return "\(hundredths / 100)." + (rest < 10 ? "0" : "") + "\(rest)"
  }
}
