internal import Text

extension Configuration {
  /// What is right as it is written, but probably not what was meant: warnings, for a check of the
  /// configuration. None of them changes what holds, and no login looks for them.
  public var advice: [Diagnostic] {
    guard let written else { return [] }
    var advice = Advice(self, written)
    advice.lookAtRules()
    advice.lookAtActions(written.all)
    for (index, setting) in written.all.enumerated() {
      let later = written.all[(index + 1)...]
      advice.lookForEarlier(setting, in: written.all[..<index])
      if !later.contains(where: { $0.key == setting.key }) { advice.look(at: setting) }
    }
    return advice.diagnostics
  }

  /// Whether anything was set: else this is the defaults.
  public var hasSettings: Bool { written.map { !$0.all.isEmpty } ?? false }

  /// Whether no rule blocks anybody.
  public var hasNoRule: Bool {
    hostRule.clauses.isEmpty && userRule.clauses.isEmpty && networkRule.clauses.isEmpty
      && callerRule.clauses.isEmpty
  }

  /// Each command that is set, and where its program is named.
  public var writtenCommands: [(command: Command, place: Place)] {
    let keys: [(Key, Command?)] = [
      (.hostBlockCommand, hostBlockCommand), (.hostClearCommand, hostClearCommand),
      (.userBlockCommand, userBlockCommand), (.userClearCommand, userClearCommand),
      (.networkBlockCommand, networkBlockCommand), (.networkClearCommand, networkClearCommand),
    ]
    return keys.compactMap { key, command in
      guard let command, let setting = written?.last(key) else { return nil }
      let program = setting.arguments.first ?? setting.value
      return (command, setting.place(of: program))
    }
  }

  /// Where the value of `key` that holds is written; nil if it is the default.
  public func place(of key: Key) -> Place? {
    guard let setting = written?.last(key) else { return nil }
    return setting.place(of: setting.value)
  }
}

extension WrittenSettings {
  func last(_ key: Key) -> Setting? { all.last { $0.key == key } }
}

/// Warnings in the making.
struct Advice {
  let configuration: Configuration
  private(set) var diagnostics: [Diagnostic] = []
  private let written: WrittenSettings

  init(_ configuration: Configuration, _ written: WrittenSettings) {
    (self.configuration, self.written) = (configuration, written)
  }

  mutating func warn(_ message: Text, at range: Range<Int>, of setting: Setting) {
    guard diagnostics.count < Diagnostic.most else { return }
    diagnostics.append(Diagnostic(.warning, message, at: setting.place(of: range)))
  }

  /// Warns if nothing is ever blocked.
  fileprivate mutating func lookAtRules() {
    guard configuration.hasNoRule, let place = written.end else { return }
    let message: Text = "neither 'host_rule' nor 'user_rule' is set: no login is ever refused"
    diagnostics.append(Diagnostic(.warning, message, at: place))
  }

  /// Warns of words by which nothing is refused, or nothing is counted: of a file, all that is done
  /// by it; words of a line of the stack may stand beside those of another.
  fileprivate mutating func lookAtActions(_ settings: [Setting]) {
    let (actions, keys) = (configuration.actions, Self.actionKeys)
    let words = settings.filter { keys.contains($0.key) }
    guard let word = words.last, word.place(of: word.word).file != "pam argument" else { return }
    let isRefusing = !actions.isDisjoint(with: .checkBoth)
    guard !isRefusing || actions.isDisjoint(with: .logBoth) else { return }
    let (done, missing): (Text, Text) =
      isRefusing ? ("counted", "log_both") : ("refused", "check_both")
    warn(
      "by this word nothing is \(done): add '\(missing)', or take it out, and both are done",
      at: word.word, of: word)
  }

  private static var actionKeys: [Key] {
    [.checkUser, .checkHost, .checkBoth, .logUser, .logHost, .logBoth]
  }

  /// Warns of a setting that overrides one of the same file; what another file or the line of the
  /// PAM stack says is overridden on purpose.
  fileprivate mutating func lookForEarlier(
    _ setting: Setting, in earlier: ArraySlice<Setting>
  ) {
    guard !setting.key.isWord else { return }
    let place = setting.place(of: setting.word)
    for other in earlier.reversed() where other.key == setting.key {
      let otherPlace = other.place(of: other.word)
      guard otherPlace.file == place.file else { continue }
      let name = setting.key.name
      return warn(
        "'\(name)' is set in line \(otherPlace.line) too; this one holds", at: setting.word,
        of: setting)
    }
  }

  fileprivate mutating func look(at setting: Setting) {
    look(atServicesIn: setting)
    switch setting.key {
    case .hostRule, .userRule: look(atRule: setting)
    case .networkRule: look(atNetworks: setting)
    case .callerRule: look(atCallers: setting)
    case .hostAllowList, .userAllowList: look(atList: setting)
    case .hostBlockCommand, .hostClearCommand, .userBlockCommand, .userClearCommand,
      .networkBlockCommand, .networkClearCommand:
      look(atCommand: setting)
    case .hostBlock, .networkBlock, .userBlock: look(atLengths: setting)
    default: break
    }
  }
}
