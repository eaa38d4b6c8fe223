internal import ArgumentParser
internal import BlockList
internal import Policy
internal import Upkeep

struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show every attempt of a host or a user.",
    discussion: """
      An address is a host; any other name is looked up among the hosts and among the users, unless \
      --host or --user says which. The exit status is 0 also if nothing is known.

      With --json, each line is an object: time, service, user, host, state ("failed": a wrong \
      password, "refused": while blocked, "inFlight": not judged yet) and reason ("authentication"; \
      "host", "user", "both": what was blocked; null while in flight); and unknownUser (true), where a \
      rule asks whether there is such a user, and there was none.
      """)

  @OptionGroup var setup: Setup

  @OptionGroup var named: NamedSubjects

  func run() throws {
    let blockList = try setup.blockList()
    let now = Timestamp.now
    let pending = try blockList.pending(at: now)
    let decrees = try blockList.decrees(at: now)
    let histories = try named.known(in: blockList).flatMap { name, subjects in
      let known = subjects.map { History($0.subject, $0.record, pending) }
        .filter { !$0.attempts.isEmpty || decrees.decree(for: $0.subject, at: now) != nil }
      if known.isEmpty {
        try name.plausible(among: subjects.map { $0.subject }, as: named.kind, "show")
        blockList.complainOfUnknown(name, named.kind)
      }
      return known
    }
    blockList.complainOfNoRule(setup.config)
    try Output.open(isPaged: !named.json) { output in
      for (index, history) in histories.enumerated() {
        if named.json {
          try history.writeObjects(to: &output)
        } else {
          if index > 0 { try output.add("") }
          try history.writeTable(blockList.configuration, decrees, at: now, to: &output)
        }
      }
    }
  }
}
