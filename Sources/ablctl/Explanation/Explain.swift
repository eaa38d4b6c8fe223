internal import ArgumentParser
internal import BlockList
internal import Policy

struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say why a host or a user is blocked, or is not.",
    discussion: """
      Each limit of the rule that is for it is told, with how many attempts count for it now, until \
      when it blocks, and which attempts these are; and what of an allow list lets it pass. An address \
      is a host; any other name is looked up among the hosts and among the users, unless --host or \
      --user says which. The exit status is 0, whoever is blocked.

      With --json, each line is an object: kind, name, blocked, rule, until, allowedBy (entries of the \
      allow list), inFlight (attempts that are being judged), and limits, each with limit, rule, \
      failures (how many block), counted, until (null if it doesn't block) and attempts, as 'ablctl \
      show --json' has them.
      """)

  @OptionGroup var setup: Setup

  @OptionGroup var whom: Whom

  @Option(name: .shortAndLong, help: "The service they log in to; any, if not given.")
  var service: Name?

  func run() throws {
    let blockList = try setup.blockList()
    let now = Timestamp.now
    let pending = try blockList.pending(at: now)
    var explanations = try whom.subjects(in: blockList).map { subject in
      let record = try blockList.knownRecord(of: subject)
      let inFlight = pending.count { $0.attempt.subjects.contains(subject) }
      return Explanation(
        of: subject, record, inFlight: inFlight, blockList.configuration, service, at: now)
    }
    // Who isn't known is explained only if nobody is, as the host and as the user that he may be.
    let known = explanations.filter { $0.isKnown }
    if !known.isEmpty { explanations = known }
    try Output.open { output in
      for (index, explanation) in explanations.enumerated() {
        if whom.json {
          try output.add(bytes: explanation.object)
        } else {
          if index > 0 { try output.add("") }
          try explanation.write(to: &output)
        }
      }
    }
  }
}
