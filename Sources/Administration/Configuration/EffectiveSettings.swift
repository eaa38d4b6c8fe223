internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

/// What holds by a configuration: every key with its value, and where that is written.
struct EffectiveSettings {
  let all: [Setting]

  struct Setting {
    let key: String
    /// As a file may have it; nil if nothing holds.
    let value: String?
    /// Nil if it is the default.
    let place: Place?
  }

  init(_ configuration: Configuration) {
    all = Key.allCases.compactMap { key in
      guard let value = Self.value(key, configuration) else { return nil }
      return Setting(
        key: String(key.name), value: value.text, place: configuration.place(of: key))
    }
  }

  /// What a key says; its text is nil if nothing holds.
  private struct Value {
    let text: String?

    init(_ text: String?) { self.text = text }
  }

  /// Nil of a key that isn't heeded, has a successor, or says where more is read. No default: a new
  /// key must be here.
  private static func value(_ key: Key, _ all: Configuration) -> Value? {
    switch key {
    case .databaseHome: Value(all.databaseHome.shown)
    case .runHome: Value(all.runHome.shown)
    case .hostRule: Value(text(all.hostRule))
    case .userRule: Value(text(all.userRule))
    case .networkRule: Value(text(all.networkRule))
    case .callerRule: Value(text(all.callerRule))
    case .hostPurge: Value(Amount.time.text(all.hostPurge))
    case .userPurge: Value(Amount.time.text(all.userPurge))
    case .networkPurge: Value(Amount.time.text(all.networkPurge))
    case .hostPrefix: Value(text(all.hostPrefix))
    case .userKnown: Value(all.userKnown == 0 ? nil : Amount.time.text(all.userKnown))
    case .knownPrefix: Value(text(all.knownPrefix))
    case .userCase: Value(all.alike.contains(.userCase) ? "ignore" : "keep")
    case .userDomain: Value(all.alike.contains(.userDomain) ? "strip" : "keep")
    case .samePassword: Value(all.alike.contains(.password) ? "once" : "count")
    case .hostAllowList: Value(text(all.hostAllowList))
    case .userAllowList: Value(text(all.userAllowList))
    case .limits: Value("\(all.limits.lower)-\(all.limits.upper)")
    case .hostBlock: Value(text(all.hostBlock))
    case .networkBlock: Value(text(all.networkBlock))
    case .userBlock: Value(text(all.userBlock))
    case .hostBlockCommand: Value(text(all.hostBlockCommand))
    case .hostClearCommand: Value(text(all.hostClearCommand))
    case .userBlockCommand: Value(text(all.userBlockCommand))
    case .userClearCommand: Value(text(all.userClearCommand))
    case .networkBlockCommand: Value(text(all.networkBlockCommand))
    case .networkClearCommand: Value(text(all.networkClearCommand))
    case .lockTimeout: Value(Amount.delay.text(all.lockTimeout))
    case .pendingWait: Value(Amount.delay.text(all.pendingWait))
    case .abandoned: Value(all.abandoned == .lapse ? "lapse" : "count")
    case .onError: Value(all.onError == .allow ? "allow" : "deny")
    case .socket: Value(all.socket.shown)
    case .maxSize: Value(Amount.size.text(all.maxSize))
    case .hostDatabase, .userDatabase, .databaseModule, .config: nil
    case .oldHostBlockCommand, .oldHostClearCommand, .oldUserBlockCommand, .oldUserClearCommand:
      nil
    case .debug, .checkUser, .checkHost, .checkBoth, .logUser, .logHost, .logBoth: nil
    case .noWarn, .exposeAccount, .tryFirstPass, .useFirstPass, .useMappedPass: nil
    }
  }

  private static func text(_ lengths: PrefixLengths) -> String { "\(lengths.v4):\(lengths.v6)" }

  private static func text(_ rule: Rule) -> String? {
    rule.clauses.isEmpty ? nil : String(rule.text)
  }

  private static func text(_ lengths: [UInt64]) -> String? {
    lengths.isEmpty ? nil : lengths.map { Amount.time.text($0) }.joined(separator: ",")
  }

  private static func text(_ list: AllowList) -> String? {
    list.entries.isEmpty ? nil : list.entries.map { String($0.text) }.joined(separator: ";")
  }

  private static func text(_ command: Command?) -> String? {
    command.map { $0.arguments.map { "[" + Name($0).shown + "]" }.joined(separator: " ") }
  }
}

/// A number with the largest unit that divides it, as a configuration has it.
struct Amount {
  private let units: [(name: String, factor: UInt64)]

  static let time = Amount(units: [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)])
  static let delay = Amount(units: [("s", 1000), ("ms", 1)])
  static let size = Amount(units: [("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10), ("", 1)])

  func text(_ amount: some BinaryInteger) -> String {
    let amount = UInt64(amount)
    let unit = units.first { amount > 0 && amount % $0.factor == 0 } ?? units.last
    return unit.map { "\(amount / $0.factor)" + $0.name } ?? "\(amount)"
  }
}

extension EffectiveSettings {
  /// As a file of the configuration: what isn't set at all is a comment.
  func write(to output: inout Output) throws {
    for setting in all {
      guard let value = setting.value else {
        try output.add("#\(setting.key) is not set")
        continue
      }
      let source = setting.place.map { Name($0.file).cell + ":\($0.line)" } ?? "the default"
      try output.add("\(setting.key) = \(value)  # \(source)")
    }
  }

  var objects: [[UInt8]] {
    all.map { setting in
      var object = JSONObject()
      object.set("key", setting.key)
      object.set("value", setting.value)
      object.set("file", setting.place.map { Name($0.file).shown })
      object.set("line", setting.place.map { $0.line })
      return object.line()
    }
  }
}
