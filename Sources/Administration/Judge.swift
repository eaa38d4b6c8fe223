internal import BlockList
internal import Policy

/// Says how things stand with one subject after the other.
struct Judge {
  private let configuration: Configuration
  private let service: Name?
  private let now: Timestamp
  private let decrees: DecreeBook
  /// With fewer attempts nobody is blocked.
  private let (leastOfHosts, leastOfUsers): (Int, Int)
  private let (areHostsAllowed, areUsersAllowed): (Bool, Bool)

  init(
    _ configuration: Configuration, _ service: Name?, _ decrees: DecreeBook, _ now: Timestamp
  ) {
    (self.configuration, self.service, self.now) = (configuration, service, now)
    self.decrees = decrees
    leastOfHosts = Int(configuration.hostRule.leastCount)
    leastOfUsers = Int(configuration.userRule.leastCount)
    areHostsAllowed = !configuration.hostAllowList.entries.isEmpty
    areUsersAllowed = !configuration.userAllowList.entries.isEmpty
  }

  func standing(of summarized: SummarizedSubject) -> Standing {
    let isHost = summarized.isHost
    let isFew = summarized.times.count < (isHost ? leastOfHosts : leastOfUsers)
    let isPlain = decrees.isEmpty && !(isHost ? areHostsAllowed : areUsersAllowed)
    if isFew, isPlain { return .clear }
    guard let subject = summarized.subject else { return .clear }
    return configuration.standing(
      of: subject, using: service, after: summarized.times, decrees, at: now)
  }
}
