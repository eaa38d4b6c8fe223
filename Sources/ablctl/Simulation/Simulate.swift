internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Text

struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say whom a rule would block, after a history that you give.",
    discussion: """
      No store and no configuration is looked at, and nothing is changed. The history has an object \
      of JSON on each line: time, kind ("host" or "user"), name, and if you like service; other keys \
      are skipped. A time is in seconds since 1970 or as 2026-11-21T04:12:33Z, also for --at. Each \
      host (with --host-rule) and each user (with --user-rule) of the history gets a line, in the \
      order in which they appear in it.

      A rule is judged as the module does: all attempts of a subject count, whatever service they \
      were for; one of after --at counts as one of that moment, as if the clock had been set back. \
      Neither allow lists nor purges are applied.

      With --json, each line is an object: kind, name, blocked, limit ("10/1h"), rule ("*:10/1h") and \
      until; the last three are null for who is clear. The exit status is 0 whoever is blocked, 64 if \
      a rule has mistakes (they are shown) and 1 if the history does.
      """)

  @Option(help: ArgumentHelp("A rule for the hosts of the history.", valueName: "rule"))
  var hostRule: RuleText?

  @Option(help: ArgumentHelp("A rule for the users of the history.", valueName: "rule"))
  var userRule: RuleText?

  @Option(help: ArgumentHelp("The history; - is standard input.", valueName: "file"))
  var history: Path

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The moment to judge at.", valueName: "time"))
  var at: Moment

  @Option(name: .shortAndLong, help: "The service they log in to; any, if not given.")
  var service: Name?

  @Flag(help: "Print JSON, one object a line.")
  var json = false

  func run() throws {
    guard hostRule != nil || userRule != nil else {
      throw Misuse(
        command: "simulate", message: "Nothing to judge. Give a --host-rule or a --user-rule.")
    }
    let rules = [hostRule?.rule(of: "--host-rule"), userRule?.rule(of: "--user-rule")]
    guard rules.allSatisfy({ $0?.isUsable ?? true }) else { throw ExitCode.validationFailure }
    let kinds: [Kind] = (hostRule == nil ? [] : [.host]) + (userRule == nil ? [] : [.user])
    let past = try SimulatedHistory(history, of: kinds)
    try Output.open { output in
      var local = LocalTime()
      for (subject, times) in past.subjects {
        let rule = rules[subject.isHost ? 0 : 1]?.rule ?? Rule()
        let block = rule.block(of: subject, using: service, after: times, inFlight: 0, at: at.time)
        if json {
          try output.add(bytes: object(subject, block))
        } else {
          let standing = block.map { Standing.blocked($0) } ?? .clear
          try output.add(subject.shown + ": " + standing.sentence(&local, at: at.time))
        }
      }
    }
  }

  private func object(_ subject: Subject, _ block: Block?) -> [UInt8] {
    var object = JSONObject()
    object.set("kind", subject.kindText)
    object.set("name", subject.name)
    object.set("blocked", block != nil)
    object.set("limit", block.map { String($0.limit.text) })
    object.set("rule", block.map { $0.rule })
    object.set("until", block.map { $0.until })
    return object.line()
  }
}
