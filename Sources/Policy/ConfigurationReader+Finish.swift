extension ConfigurationReader {
  /// Raises what is kept for too short a time to what the rules look back, or to the least.
  func settlePurges() {
    configuration.hostPurge = settled(
      configuration.hostPurge, .hostPurge, for: configuration.hostRule, .hostRule)
    configuration.networkPurge = settled(
      configuration.networkPurge, .networkPurge, for: configuration.networkRule, .networkRule)
    configuration.userPurge = settled(
      configuration.userPurge, .userPurge, for: configuration.userRule, .userRule)
    configuration.userPurge = settled(
      configuration.userPurge, .userPurge, for: configuration.callerRule, .callerRule)
  }

  private func settled(
    _ purge: UInt32, _ key: Key, for rule: Rule, _ ruleKey: Key
  ) -> UInt32 {
    let (least, window): (UInt32, UInt32) = (60 * 60, rule.longestWindow)
    guard purge < max(least, window) else { return purge }
    warn(window > least ? .purgeBelowWindow(window, rule: ruleKey) : .purgeTooShort, about: key)
    return max(least, window)
  }

  /// Raises the limits to what the rules must count.
  func settleLimits() {
    let count = max(
      max(configuration.hostRule.largestCount, configuration.userRule.largestCount),
      max(configuration.networkRule.largestCount, configuration.callerRule.largestCount))
    guard configuration.limits.lower < count else { return }
    warn(.limitsBelowCount(count), about: .limits)
    configuration.limits.lower = count
    configuration.limits.upper = max(configuration.limits.upper, count)
  }

  /// Warns if the setting was made; a default is adapted without a word.
  private func warn(_ problem: SyntaxError.Problem, about key: Key) {
    // The last one is in force.
    guard let setting = written.last(where: { $0.key == key }) else { return }
    add(Diagnostic(problem, at: setting.place(of: setting.value)))
  }
}
