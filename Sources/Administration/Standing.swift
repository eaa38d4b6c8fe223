internal import BlockList
internal import Policy

/// How things stand with a subject.
enum Standing {
  case clear
  /// On an allow list: neither counted nor refused, whatever its history.
  case allowed
  case blocked(Block)

  var block: Block? {
    if case .blocked(let block) = self { block } else { nil }
  }

  /// `blocked by *:10/1h until 2026-11-21 04:12:33 (in 54 min)`
  ///
  /// - Parameter service: what was asked about; it is named unless that was any.
  func sentence(
    _ local: inout LocalTime, for service: Name? = nil, at now: Timestamp
  ) -> String {
    let purpose = service.map { " for " + $0.cell } ?? ""
    switch self {
    case .clear: return "clear" + purpose
    case .allowed: return "clear\(purpose), on the allow list"
    case .blocked(let block):
      let until = "until \(local(block.until).text) (in \(block.remaining(at: now)))"
      return "blocked\(purpose) by \(block.rule) \(until)"
    }
  }

  /// `clear`, `blocked` or `allowed`.
  var word: String {
    switch self {
    case .clear: "clear"
    case .allowed: "allowed"
    case .blocked: "blocked"
    }
  }

  /// Sets `blocked`, `rule`, `until` and `standing`.
  func describe(in object: inout JSONObject) {
    object.set("blocked", block != nil)
    object.set("rule", block.map { $0.rule })
    object.set("until", block.map { $0.until })
    object.set("standing", word)
  }
}

extension Block {
  /// How long it lasts if nothing is added: `54 min`.
  func remaining(at now: Timestamp) -> String {
    Duration(seconds: until.interval(since: now)).text
  }
}

extension Configuration {
  /// How things stand with `subject` after attempts at `times`.
  ///
  /// - Parameter service: what it logs in to; nil asks whether it is blocked for any.
  func standing(
    of subject: Subject, using service: Name?, after times: [Timestamp], at now: Timestamp
  ) -> Standing {
    guard !isAllowed(subject) else { return .allowed }
    let rule = rule(for: subject)
    let block = rule.block(of: subject, using: service, after: times, inFlight: 0, at: now)
    return block.map { .blocked($0) } ?? .clear
  }
}
