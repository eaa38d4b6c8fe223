internal import BlockList
internal import Platform
internal import Policy

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
    all = Self.values(configuration).map { key, value in
      Setting(key: String(key.name), value: value, place: configuration.place(of: key))
    }
  }

  private static func values(_ all: Configuration) -> [(Key, String?)] {
    [
      (.hostRule, text(all.hostRule)), (.userRule, text(all.userRule)),
      (.hostAllowList, text(all.hostAllowList)), (.userAllowList, text(all.userAllowList)),
      (.hostPurge, Amount.time.text(all.hostPurge)), (.userPurge, Amount.time.text(all.userPurge)),
      (.hostBlock, text(all.hostBlock)), (.networkBlock, text(all.networkBlock)),
      (.userBlock, text(all.userBlock)),
      (.limits, "\(all.limits.lower)-\(all.limits.upper)"),
      (.maxSize, Amount.size.text(all.maxSize)),
      (.databaseHome, all.databaseHome.shown), (.runHome, all.runHome.shown),
      (.onError, all.onError == .allow ? "allow" : "deny"),
      (.lockTimeout, Amount.delay.text(all.lockTimeout)),
      (.pendingWait, Amount.delay.text(all.pendingWait)),
      (.abandoned, all.abandoned == .lapse ? "lapse" : "count"),
      (.hostBlockCommand, text(all.hostBlockCommand)),
      (.hostClearCommand, text(all.hostClearCommand)),
      (.userBlockCommand, text(all.userBlockCommand)),
      (.userClearCommand, text(all.userClearCommand)),
    ]
  }

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
