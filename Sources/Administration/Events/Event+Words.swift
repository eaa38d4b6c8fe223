internal import BlockList
internal import Policy

extension Event {
  /// One object: `events --json` describes it.
  ///
  /// - Parameter reason: why its decree was made.
  func object(because reason: Name?) -> JSONObject {
    var object = JSONObject()
    object.set("sequence", Int(clamping: sequence))
    object.set("time", time)
    object.set("event", kind.word)
    object.set("kind", subject.kindText)
    object.set("name", subject.name)
    object.set("since", since)
    object.set("until", until.end)
    object.set("rule", rule.isEmpty ? nil : ruleText)
    object.set("failures", decree != nil || kind == .ended ? nil : Int(failures))
    object.set("service", service?.shown)
    object.set("counterpart", counterpart?.name)
    object.set("port", port == 0 ? nil : Int(port))
    object.set("by", cause.word)
    object.set("reason", reason?.shown)
    if let decree { object.set("decree", decree.word) }
    return object
  }

  /// "blocked host 192.0.2.7 until 04:12:33 by *:10/1h: 10 attempts on record, the last for sshd"
  func sentence(_ local: inout LocalTime) -> String {
    let name = "\(subject.kindText) \(subject.name.cell)"
    let clause = rule.isEmpty ? "" : " by \(ruleText)"
    switch kind {
    case .began: return "blocked   \(name)" + clause + untilText(&local) + last
    case .extended: return "goes on   \(name)" + clause + untilText(&local) + last
    case .ended: return "ended     \(name)" + clause + ", \(endText)"
    case .allowed: return "allowed   \(name)" + untilText(&local) + last
    case .disallowed: return "allow over \(name)" + ", \(endText)"
    }
  }

  private var endText: String {
    decree != nil && cause == .hand ? "an administrator ended it" : cause.sentence
  }

  private var ruleText: String { String(decoding: rule, as: UTF8.self) }

  private func untilText(_ local: inout LocalTime) -> String {
    var text: [UInt8] = []
    guard until != .never else { return " for ever" }
    local(until).write(to: &text)
    return " until " + String(decoding: text, as: UTF8.self)
  }

  private var last: String {
    if decree != nil, cause == .hand { return ", an administrator decreed it" }
    guard let service else {
      switch cause {
      case .attempt: return ""
      // What has failed before blocks again.
      case .hand: return ", an administrator ended its allow"
      case .time: return ", its allow is over"
      default: return ", \(cause.sentence)"
      }
    }
    let other = counterpart.map { " (\($0.kindText) \($0.name.cell))" } ?? ""
    return ", last for \(service.shown.cell)" + other
  }
}

extension Event.Kind {
  var word: String {
    switch self {
    case .began: "began"
    case .extended: "extended"
    case .ended: "ended"
    case .allowed: "allowed"
    case .disallowed: "disallowed"
    }
  }
}

extension Event.Cause {
  var word: String {
    switch self {
    case .attempt: "attempt"
    case .time: "time"
    case .configuration: "configuration"
    case .verdict: "verdict"
    case .hand: "administrator"
    case .room: "room"
    case .transfer: "import"
    }
  }

  var sentence: String {
    switch self {
    case .attempt: "an attempt failed"
    case .time: "its time is over"
    case .configuration: "the configuration has changed"
    case .verdict: "a password that was taken for wrong was right"
    case .hand: "an administrator unblocked it"
    case .room: "the store was full"
    case .transfer: "taken over from another store"
    }
  }
}
