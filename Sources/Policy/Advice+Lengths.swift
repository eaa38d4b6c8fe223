internal import Text

extension Advice {
  /// Looks at how long blocks are to last.
  mutating func look(atLengths setting: Setting) {
    let (rule, lengths, ruleKey): (Rule, [UInt64], Key) =
      switch setting.key {
      case .hostBlock: (configuration.hostRule, configuration.hostBlock, .hostRule)
      case .networkBlock: (configuration.networkRule, configuration.networkBlock, .networkRule)
      default: (configuration.userRule, configuration.userBlock, .userRule)
      }
    let place = setting.value
    if rule.clauses.isEmpty {
      warn("this has no effect: '\(ruleKey.name)' is not set", at: place, of: setting)
    } else if setting.key == .userBlock, configuration.userKnown == 0 {
      warn(
        "strangers that guess at an account lock its user out for so long: set 'user_known', and "
          + "users get in from where they have logged in", at: place, of: setting)
    }
    if zip(lengths, lengths.dropFirst()).contains(where: { $0 > $1 }) {
      warn("a later block would be shorter than the one before it", at: place, of: setting)
    }
  }
}
