internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Text
internal import Upkeep

struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what a rule would block, or free.",
    discussion: """
      Without a history, the rule is compared with the one that holds, for all that is on record: which \
      subjects would be blocked too, and which would be free. Nothing is changed.

      With a history no store and no configuration is looked at. It has an object \
      of JSON on each line: time, kind ("host" or "user"), name, and if you like service; other keys \
      are skipped. A time is in seconds since 1970 or as 2026-11-21T04:12:33Z, also for --at, which \
      takes 'now' and times as ablctl prints them, too. Each \
      host (with --host-rule) and each user (with --user-rule) of the history gets a line, in the \
      order in which they appear in it.

      A rule is judged as the module does: all attempts of a subject count, whatever service they \
      were for; one of after --at counts as one of that moment, as if the clock had been set back. \
      With a history neither allow lists nor purges are applied.

      With --json, each line is an object: kind, name, blocked, limit ("10/1h"), rule ("*:10/1h"), \
      until and standing ("clear", "blocked"); limit, rule and until are null if it is clear. Without a \
      history each has was, too: the standing by the rule that holds. The exit status is 0 whatever is blocked, 64 if \
      a rule has mistakes (they are shown) and 1 if the history does.
      """)

  @OptionGroup var setup: Setup

  @Option(help: ArgumentHelp("A rule for the hosts of the history.", valueName: "rule"))
  var hostRule: RuleText?

  @Option(help: ArgumentHelp("A rule for the users of the history.", valueName: "rule"))
  var userRule: RuleText?

  @Option(
    help: ArgumentHelp(
      "A history; - is standard input. What is on record, if not given.", valueName: "file"),
    completion: .file())
  var history: Path?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The moment to judge at; now, if not given.", valueName: "time"))
  var at: Moment?

  @Option(name: .shortAndLong, help: "The service they log in to; any, if not given.")
  var service: Name?

  @Flag(help: "Print JSON, one object a line.")
  var json = false

  func run() throws {
    guard hostRule != nil || userRule != nil else {
      throw Misuse(
        command: "simulate", message: "Nothing to judge. Give a --host-rule or a --user-rule.")
    }
    let rules = [
      hostRule?.rule(for: .host, of: "--host-rule"), userRule?.rule(for: .user, of: "--user-rule"),
    ]
    guard rules.allSatisfy({ $0?.isUsable ?? true }) else { throw ExitCode.validationFailure }
    let kinds: [Kind] = (hostRule == nil ? [] : [.host]) + (userRule == nil ? [] : [.user])
    guard let history else { return try compare(rules.map { $0?.rule }, kinds) }
    let now = at?.time ?? .now
    let past = try SimulatedHistory(history, of: kinds)
    try Output.open { output in
      var local = LocalTime()
      for (subject, times) in past.subjects {
        let rule = rules[subject.kind == .host ? 0 : 1]?.rule ?? Rule()
        let block = rule.block(of: subject, using: service, after: times, inFlight: 0, at: now)
        if json {
          try output.add(bytes: object(subject, block))
        } else {
          let standing = block.map { Standing.blocked($0) } ?? .clear
          try output.tell(subject.shown + ": " + standing.sentence(&local, at: now))
        }
      }
    }
  }

  /// Says for which subjects the rules would change something.
  private func compare(_ rules: [Rule?], _ kinds: [Kind]) throws {
    let blockList = try setup.blockList()
    let now = at?.time ?? .now
    let counted = zip(rules, [SubjectKind.host, .user]).map { rule, kind in
      rule.map { blockList.configuration.counted($0, for: kind) }
    }
    var comparison = RuleComparison(blockList.configuration, counted, service, at: now)
    try Output.open { output in
      for kind in kinds {
        try SummaryListing(blockList, kind, now).forEachSubject { summarized in
          guard let difference = comparison.difference(of: summarized) else { return }
          if json {
            try output.add(bytes: object(difference.subject, difference.block, difference.was))
          } else {
            try output.tell(comparison.sentence(on: difference))
          }
        }
      }
      if !json { try output.tell(comparison.summary) }
    }
  }

  private func object(_ subject: Subject, _ block: Block?, _ was: Standing? = nil) -> [UInt8] {
    var object = JSONObject()
    object.set("kind", subject.kindText)
    object.set("name", subject.name)
    object.set("blocked", block != nil)
    object.set("limit", block.flatMap { $0.limit.map { String($0.text) } })
    object.set("rule", block.map { $0.rule })
    object.set("until", block.map { $0.until })
    object.set("standing", block == nil ? "clear" : "blocked")
    if let was { object.set("was", was.word) }
    return object.line()
  }
}
