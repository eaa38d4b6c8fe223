internal import BlockList
internal import Policy
internal import Upkeep

/// What other rules would change for those on record.
struct RuleComparison {
  private let configuration: Configuration
  /// For hosts and for users; nil keeps the one that holds.
  private let rules: [Rule?]
  private let service: Name?
  private let now: Timestamp
  private var local = LocalTime()
  private var (caught, freed, stay) = (0, 0, 0)

  struct Difference {
    let subject: Subject
    /// By the rule that holds.
    let was: Standing
    /// By the other one.
    let block: Block?
  }

  init(_ configuration: Configuration, _ rules: [Rule?], _ service: Name?, at now: Timestamp) {
    (self.configuration, self.rules) = (configuration, rules)
    (self.service, self.now) = (service, now)
  }

  /// Nil if nothing would change; also of a subject on an allow list.
  mutating func difference(of summarized: SummarizedSubject) -> Difference? {
    guard summarized.kind == .host || summarized.kind == .user, let subject = summarized.subject,
      let rule = rules[subject.kind == .host ? 0 : 1]
    else {
      return nil
    }
    let was = configuration.standing(
      of: subject, using: service, after: summarized.times, summarized.series, at: now)
    if case .allowed = was { return nil }
    var changed = configuration
    if subject.kind == .host { changed.hostRule = rule } else { changed.userRule = rule }
    let block = changed.block(
      of: subject, using: service, after: summarized.times, summarized.series, at: now)
    switch (was.block, block) {
    case (nil, nil): return nil
    case (.some, .some):
      stay += 1
      return nil
    case (nil, .some): caught += 1
    case (.some, nil): freed += 1
    }
    return Difference(subject: subject, was: was, block: block)
  }

  /// `host 192.0.2.7: would be blocked by *:2/1h until …`, `user bob: would be free`
  mutating func sentence(on difference: Difference) -> String {
    let shown = difference.subject.shown
    guard let block = difference.block else {
      let rule = difference.was.block?.rule ?? ""
      return "\(shown): would be free, is blocked by \(rule)"
    }
    return "\(shown): would be " + Standing.blocked(block).sentence(&local, at: now)
  }

  var summary: String {
    "would block \(caught) more and free \(freed); \(stay) blocked by either"
  }
}
