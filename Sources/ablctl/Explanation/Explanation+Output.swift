internal import BlockList
internal import Policy

extension Explanation {
  /// For people: how things stand, and why.
  func write(to output: inout Output) throws {
    var local = LocalTime()
    try output.add("\(subject.shown): \(standing.sentence(&local, at: now))")
    for entry in allowing {
      let key = subject.isHost ? "host_whitelist" : "user_whitelist"
      try output.add("  \(key) has \(String(entry.text)): never blocked, and not counted")
    }
    if limits.isEmpty {
      let key = subject.isHost ? "host_rule" : "user_rule"
      try output.add("  no limit of \(key) is for it")
    }
    for limit in limits { try write(limit, &local, to: &output) }
    if inFlight > 0 {
      let failing = inFlight == 1 ? "it fails it counts" : "they fail they count"
      try output.add("  \(counted(inFlight, "attempt")) in flight: if \(failing) too")
    }
  }

  private func write(
    _ limit: ExplainedLimit, _ local: inout LocalTime, to output: inout Output
  ) throws {
    let count = "\(limit.attempts.count) of \(limit.limit.failures) attempts"
    let end = limit.until.map { ", blocks until \(local($0).text)" } ?? ", doesn't block"
    try output.add("  \(limit.rule): \(count) count\(end)")
    let columns = [Column(3), Column(19), Column(12), Column(30), Column(0)]
    for attempt in limit.attempts {
      let other = (subject.isHost ? attempt.user : attempt.host) ?? "-"
      let cells = ["", local(attempt.time).text, attempt.service, other, attempt.sentence]
      try output.add(Column.line(cells, columns))
    }
  }

  /// All of it as one object.
  var object: [UInt8] {
    var object = JSONObject()
    object.set("kind", subject.kindText)
    object.set("name", subject.name)
    standing.describe(in: &object)
    object.set("allowedBy", allowing.map { String($0.text) })
    object.set("inFlight", inFlight)
    object.set("limits", lines: limits.map { $0.object })
    return object.line()
  }
}

extension ExplainedLimit {
  fileprivate var object: [UInt8] {
    var object = JSONObject()
    object.set("limit", String(limit.text))
    object.set("rule", rule)
    object.set("failures", Int(limit.failures))
    object.set("counted", attempts.count)
    object.set("until", until)
    object.set("attempts", lines: attempts.map { $0.object.line() })
    return object.line()
  }
}
