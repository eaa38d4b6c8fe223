internal import BlockList
package import Policy
internal import Upkeep

/// How things stand with a subject.
enum Standing {
  case clear
  /// On an allow list: neither counted nor refused, whatever its history.
  case allowed
  /// A decree lets it pass: likewise.
  case decreed(Decree)
  /// By its rule, or by a decree.
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
    case .decreed(let decree):
      let end = decree.until.sentence(&local, at: now)
      return "clear\(purpose), let pass by decree \(String(decree.target.text)) \(end)"
    case .blocked(let block):
      return "blocked\(purpose) by \(block.rule) \(block.until.sentence(&local, at: now))"
    }
  }

  /// `clear`, `blocked` or `allowed`.
  var word: String {
    switch self {
    case .clear: "clear"
    case .allowed, .decreed: "allowed"
    case .blocked: "blocked"
    }
  }

  /// Sets `blocked`, `rule`, `until` and `standing`; and `block`, which one it is, where that is
  /// counted.
  func describe(in object: inout JSONObject) {
    object.set("blocked", block != nil)
    object.set("rule", block.map { $0.rule })
    object.set("until", block.flatMap { $0.until.end })
    object.set("standing", word)
    if let number = block?.number, number > 0 { object.set("block", Int(number)) }
  }
}

extension Block {
  /// How long it lasts if nothing is added: `54 min`, or `ever`.
  func remaining(at now: Timestamp) -> String {
    until.end.map { Duration(seconds: $0.interval(since: now)).text } ?? "ever"
  }
}

extension Timestamp {
  /// Nil if there is none.
  package var end: Timestamp? { self == .never ? nil : self }

  /// `until 2026-11-21 04:12:33 (in 54 min)`, or `for ever`.
  func sentence(_ local: inout LocalTime, at now: Timestamp) -> String {
    guard let end else { return "for ever" }
    return "until \(local(end).text) (in \(Duration(seconds: end.interval(since: now)).text))"
  }
}

extension Configuration {
  /// How things stand with `subject` after attempts at `times`.
  ///
  /// The allow list first, then decrees, then what is counted: as a login is judged.
  ///
  /// - Parameters:
  ///   - service: what it logs in to; nil asks whether it is blocked for any.
  ///   - series: its blocks before.
  ///   - host: what comes, by which the allow list and decrees go, whatever it is counted as; nil
  ///     asks for the subject itself.
  func standing(
    of subject: Subject, using service: Name?, after times: [Guess], _ series: Series,
    _ decrees: DecreeBook = DecreeBook(), from host: Host? = nil, at now: Timestamp
  ) -> Standing {
    let passing = host.map { .host($0) } ?? subject
    guard !isAllowed(passing) else { return .allowed }
    if let decree = decrees.decree(for: passing, at: now) {
      return decree.kind == .allow ? .decreed(decree) : .blocked(decree.block)
    }
    let block = block(of: subject, using: service, after: times, series, at: now)
    return block.map { .blocked($0) } ?? .clear
  }
}
