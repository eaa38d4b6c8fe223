public import Policy
internal import Text

/// Several lines of one stack, each with its own words and perhaps rules.
extension BlockList {
  /// Whether `other` is about the same store, and counts the same names as one.
  public func shares(with other: BlockList) -> Bool {
    let (own, others) = (configuration, other.configuration)
    return own.databaseHome == others.databaseHome && own.runHome == others.runHome
      && own.alike == others.alike
  }

  /// Whether `line` and those in front of it do for `attempt` all that this one would do.
  public func isCovered(by line: BlockList, for attempt: Attempt) -> Bool {
    let attempt = configuration.counted(attempt)
    var (open, next) = (asked(attempt), Optional(line))
    while let known = next {
      guard known.hasRules(of: self) else { return false }
      let asked = known.asked(attempt)
      open = open.filter { !asked.contains($0) }
      next = known.front
    }
    let counted = line.counted(attempt)
    return open.isEmpty && self.counted(attempt).filter { !counted.contains($0) }.isEmpty
  }

  private func hasRules(of other: BlockList) -> Bool {
    for kind in SubjectKind.allCases
    where configuration.rule(for: kind).text.bytes != other.configuration.rule(for: kind).text.bytes
    { return false }
    return true
  }
}
