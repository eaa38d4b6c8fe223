internal import Administration
internal import NIOHTTP1
internal import Platform
internal import Policy

/// The page for people: what `ablctl status`, `list` and `stats` tell, at a glance. It has no script,
/// loads nothing, and changes nothing.
struct Page {
  let overview: Overview
  /// Of the machine.
  let name: String
  /// Lets this page's own style in, and no other.
  private let nonce = String(Random.number, radix: 36) + String(Random.number, radix: 36)

  init(_ overview: Overview, name: String) { (self.overview, self.name) = (overview, name) }

  var response: Response {
    let policy = """
      default-src 'none'; style-src 'nonce-\(nonce)'; base-uri 'none'; form-action 'none'; \
      frame-ancestors 'none'
      """
    return Response(.ok, "text/html; charset=utf-8", Array(document.text.utf8))
      .adding("content-security-policy", policy)
      .adding("x-frame-options", "DENY")
      .adding("referrer-policy", "no-referrer")
      .adding("cross-origin-resource-policy", "same-origin")
      .adding("cross-origin-opener-policy", "same-origin")
  }

  var document: HTML {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>abl on \(name)</title>
    <style nonce="\(nonce)">\(Page.style)</style>
    </head>
    <body>
    <a class="skip" href="#blocked">To what is blocked</a>
    \(header)
    <main>
    \(standing)
    \(figures)
    <div class="pair">\(hourChart)\(dayChart)</div>
    \(blocked)
    <div class="grid">\(rankings)</div>
    </main>
    \(footer)
    </body>
    </html>
    """
  }

  private var header: HTML {
    """
    <header>
    <h1><span class="mark" aria-hidden="true"></span>abl <span class="on">on \(name)</span></h1>
    <p><time datetime="\(overview.moment)">\(overview.clock)</time></p>
    </header>
    """
  }

  private var footer: HTML {
    let size = overview.storeSize.map { ", \($0)" } ?? ": there is no store yet"
    let wait: HTML =
      overview.waiting == 0
      ? "" : " \(overview.waiting) failures wait to be put into it; they count already."
    return """
      <footer>
      <p>The store is <code>\(overview.store)</code>\(size).\(wait) Of attempts that are refused only as many
      are on record as it takes to keep a block up.</p>
      <p>Nothing can be changed here. <code>ablctl explain NAME</code> says why something is blocked,
      <code>ablctl unblock NAME</code> ends it, <code>ablctl doctor</code> says what is wrong.</p>
      </footer>
      """
  }
}

extension Page {
  /// Whether abl is in force, and what is wrong.
  private var standing: HTML {
    let findings = overview.findings.map { "<li>\($0)</li>" as HTML }
    let services: HTML =
      overview.guarded.isEmpty
      ? "<p>No service is guarded.</p>"
      : "<p>Guarded: \(HTML(overview.guarded.map { "<code>\($0)</code>" }, between: " "))</p>"
    let list: HTML = findings.isEmpty ? "" : "<ul>\(HTML(findings))</ul>"
    return """
      <section class="standing \(HTML(stringLiteral: overview.standing.style))" aria-labelledby="force">
      <h2 id="force"><span class="dot" aria-hidden="true"></span>\(overview.standing.sentence)</h2>
      \(services)\(list)
      </section>
      """
  }

  /// Four numbers.
  private var figures: HTML {
    let failed = overview.hours.reduce(0) { $0 + $1.failed }
    let refused = overview.hours.reduce(0) { $0 + $1.refused }
    let tiles: [HTML] = [
      tile(overview.blockedHosts, "hosts blocked", "now"),
      tile(overview.blockedUsers, "users blocked", "now"),
      tile(failed, "wrong guesses", "in 24 hours"),
      tile(refused, "refusals on record", "in 24 hours"),
    ]
    return "<dl class=\"figures\">\(HTML(tiles))</dl>"
  }

  private func tile(_ number: Int, _ what: String, _ when: String) -> HTML {
    let style: HTML = number == 0 ? "none" : "some"
    return """
      <div><dt>\(what) <span>\(when)</span></dt><dd class="\(style)">\(number.grouped)</dd></div>
      """
  }

  /// What is blocked, and until when.
  private var blocked: HTML {
    let all = overview.blockedHosts + overview.blockedNetworks + overview.blockedUsers
    let rest = all - overview.blocked.count
    let more: HTML =
      rest > 0
      ? "<p class=\"more\">and \(rest.grouped) more: <code>ablctl list --blocked</code></p>" : ""
    let content: HTML =
      overview.blocked.isEmpty
      ? "<p class=\"empty\">No host and no user is blocked.</p>"
      : """
      <div class="scroll" tabindex="0" role="region" aria-labelledby="blocked">
      <table>
      <thead><tr><th scope="col">Subject</th><th scope="col">Ends</th><th scope="col">Rule</th>
      <th scope="col" class="number">Failures</th></tr></thead>
      <tbody>\(HTML(overview.blocked.map { row($0) }))</tbody>
      </table>
      </div>
      """
    return """
      <section class="card" aria-labelledby="blocked">
      <h2 id="blocked">Blocked now</h2>
      \(content)\(more)
      </section>
      """
  }

  private func row(_ row: Overview.BlockedRow) -> HTML {
    """
    <tr><th scope="row"><span class="kind">\(row.kind)</span> \
    <bdi>\(row.name)</bdi></th>\
    <td>in \(row.remaining) <span class="at">\(row.end)</span></td>\
    <td><code>\(row.rule)</code></td><td class="number">\(row.failures.grouped)</td></tr>
    """
  }
}

extension Overview.Standing {
  fileprivate var style: String {
    switch self {
    case .inForce: "good"
    case .doubtful, .inPart: "doubtful"
    case .notInForce: "bad"
    }
  }

  fileprivate var sentence: String {
    switch self {
    case .inForce: "In force"
    case .doubtful: "In force, with doubts"
    case .inPart: "In force in part"
    case .notInForce: "Not in force"
    }
  }
}

extension Int {
  /// `12 345`, with narrow blanks.
  var grouped: String {
    let digits = Array(String(self.magnitude))
    var text = self < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "\u{202F}" }
      text.append(digit)
    }
    return text
  }
}
