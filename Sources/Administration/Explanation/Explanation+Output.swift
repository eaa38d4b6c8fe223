internal import BlockList
internal import Policy
internal import Upkeep

extension Explanation {
  /// For people: how things stand in the first line, and why behind it.
  ///
  /// - Parameter isWhole: each attempt that counts, limit by limit, and not only the last ones.
  func write(isWhole: Bool, _ local: inout LocalTime, to output: inout Output) throws {
    try output.tell("\(told.shown): \(standing.sentence(&local, for: service, at: now))")
    for reason in reasons { try output.tell("  " + reason, indent: 4) }
    if !isAllowed, let growth { try output.tell("  " + growth.sentence(&local), indent: 4) }
    for limit in limits {
      try output.tell("  " + sentence(on: limit, &local), indent: 4)
      if isWhole { try write(limit.attempts, &local, to: &output) }
    }
    if !isWhole { try writeSummary(&local, to: &output) }
    if inFlight > 0 {
      let failing = inFlight == 1 ? "it fails it counts" : "they fail they count"
      try output.tell("  \(counted(inFlight, "attempt")) in flight: if \(failing) too", indent: 4)
    }
    if let advice = adviceSentence(&local) { try output.tell("  " + advice, indent: 4) }
    if let kernelSentence { try output.add("  firewall: " + kernelSentence) }
  }

  /// Which machines report it, since when, and until when that refuses its logins here.
  private func adviceSentence(_ local: inout LocalTime) -> String? {
    guard let advice else { return nil }
    let names = advice.witnesses.map { $0.cell }.joined(separator: ", ")
    let machines = advice.witnesses.count { !$0.bytes.starts(with: "list:".utf8) }
    let more = Int(advice.report.reporters) - machines
    let others = more > 0 ? " and \(more) more" : ""
    let times = "since \(local(advice.since).text), until \(local(advice.report.until).text)"
    if let sum = advice.counted {
      let failures = counted(Int(sum.failures), "failure")
      let rule = String(decoding: sum.rule, as: UTF8.self).harmless
      return "fleet: refused by fleet_rule \(rule): \(failures) on \(sum.machines) machines "
        + "(\(names)\(others)), \(times)"
    }
    return "fleet: refused by advice of \(names)\(others), \(times)"
  }

  /// What a home is.
  private var nature: [String] {
    guard case .home = subject else { return [] }
    guard isKnownHome else {
      return ["the user isn't known there: failures from there count for the user (user_known)"]
    }
    return ["the user has logged in from there: only failures from there count (user_known)"]
  }

  /// What beside limits decides.
  private var reasons: [String] {
    // There is no key of a network's list, nor of a home's rule.
    let list = subject.isOrigin ? "host" : "user"
    let kind = subject.kind == .home ? "user" : subject.kindText
    let entries = allowing.map { entry in
      "\(list)_whitelist has \(String(entry.text)): never blocked, and not counted"
    }
    let decrees = decree.map {
      ["\($0.kind.word) by decree \(String($0.target.text)), \($0.origin)"]
    }
    return nature + entries + (decrees ?? [])
      + (limits.isEmpty ? ["no limit of \(kind)_rule is for it"] : [])
  }

  private func sentence(on limit: ExplainedLimit, _ local: inout LocalTime) -> String {
    let users = limit.users.map { " at " + $0.words } ?? ""
    let count = "\(limit.attempts.count) of \(limit.limit.failures) attempts\(users)"
    let (verb, end) =
      switch limit.until {
      case let until? where isAllowed: ("would count", "would block until \(local(until).text)")
      case let until?: ("count", "blocks until \(local(until).text)")
      case nil where isAllowed: ("count", "doesn't block")
      case nil: ("count", "\(limit.missing) more would block")
      }
    return "\(limit.rule): \(count) \(verb), \(end)"
  }

  /// What it was about, and the last attempts.
  private func writeSummary(_ local: inout LocalTime, to output: inout Output) throws {
    if let sentence = counterparts.sentence { try output.tell("  " + sentence, indent: 4) }
    guard !last.isEmpty else { return }
    let isAll = last.count == attemptCount
    try output.tell(
      isAll ? "  on record:" : "  the last \(last.count) of \(attemptCount) on record:")
    try write(last, &local, to: &output)
    if !isAll { try output.tell("  '--all' has each that counts") }
  }

  private func write(
    _ attempts: [ShownAttempt], _ local: inout LocalTime, to output: inout Output
  ) throws {
    let columns = [Column(3), Column(19), Column(12), Column(30), Column(0)]
    let rows = attempts.map { attempt in
      ["", local.shown(attempt.time, output.width)] + attempt.cells(besides: subject)
    }
    for line in Column.lines(rows, columns, width: output.width) { try output.add(line) }
  }

  /// All of it as one object.
  var object: [UInt8] {
    var object = JSONObject()
    object.set("kind", subject.kindText)
    object.set("name", told.name)
    standing.describe(in: &object)
    object.set("allowedBy", allowing.map { String($0.text) })
    object.set("decree", line: decree?.object.line())
    object.set("inFlight", inFlight)
    object.set("onRecord", attemptCount)
    object.set("counterparts", lines: counterparts.objects)
    object.set("limits", lines: limits.map { $0.object(isAllowed: isAllowed) })
    object.set("inKernel", isInKernel)
    object.set("advice", line: advice?.object)
    return object.line()
  }
}

extension FleetAdvice {
  fileprivate var object: [UInt8] {
    var object = JSONObject()
    object.set("until", report.until)
    object.set("since", since)
    object.set("reporters", Int(report.reporters))
    object.set("machines", witnesses.map { $0.shown })
    object.set("failures", counted.map { Int($0.failures) })
    object.set("rule", counted.map { String(decoding: $0.rule, as: UTF8.self) })
    return object.line()
  }
}

extension Users {
  /// `root or users that don't exist`
  fileprivate var words: String {
    let shown = names.map { name in
      switch name.name {
      case "?": "users that don't exist"
      case "*": "any user"
      default: name.name.shown
      }
    }
    return (isInverted ? "others than " : "") + shown.joined(separator: " or ")
  }
}

extension ExplainedLimit {
  /// How many more failures would block.
  fileprivate var missing: Int { max(Int(limit.failures) - attempts.count, 1) }

  /// - Parameter isAllowed: then it doesn't block.
  fileprivate func object(isAllowed: Bool) -> [UInt8] {
    var object = JSONObject()
    object.set("limit", String(limit.text))
    object.set("rule", rule)
    object.set("failures", Int(limit.failures))
    object.set("counted", attempts.count)
    object.set("until", isAllowed ? nil : until)
    object.set("attempts", lines: attempts.map { $0.object.line() })
    return object.line()
  }
}
