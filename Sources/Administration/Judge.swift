internal import BlockList
internal import Policy
internal import Upkeep

/// Says how things stand with one subject after the other.
struct Judge {
  private let configuration: Configuration
  private let service: Name?
  private let now: Timestamp
  private let decrees: DecreeBook
  /// Of each kind: with fewer attempts none is blocked, and whether an allow list may have one.
  private let kinds: [SubjectKind: (least: Int, isListed: Bool)]

  init(
    _ configuration: Configuration, _ service: Name?, _ decrees: DecreeBook, _ now: Timestamp
  ) {
    (self.configuration, self.service, self.now) = (configuration, service, now)
    self.decrees = decrees
    let pairs = SubjectKind.allCases.map { kind in
      let list = kind.isOrigin ? configuration.hostAllowList : configuration.userAllowList
      let least = Int(configuration.rule(for: kind).leastCount)
      return (kind, (least: least, isListed: !list.entries.isEmpty))
    }
    kinds = Dictionary(uniqueKeysWithValues: pairs)
  }

  func standing(of summarized: SummarizedSubject) -> Standing {
    guard let (least, isListed) = kinds[summarized.kind] else { return .clear }
    if summarized.times.count < least, !isListed, decrees.isEmpty { return .clear }
    guard let subject = summarized.subject else { return .clear }
    return configuration.standing(
      of: subject, using: service, after: summarized.times, summarized.series, decrees, at: now)
  }
}
