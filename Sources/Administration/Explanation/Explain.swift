internal import ArgumentParser
internal import BlockList
internal import Policy
internal import Upkeep

struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say why a host or a user is blocked, or is not.",
    discussion: """
      The first line has the answer. Behind it are each limit of the rule that is for it, with how \
      many attempts count for it now and until when it blocks, or how many more would make it block; \
      what of an allow list lets it pass, or which decree decides; what it was about; the last five \
      attempts; and, where abld has run, whether the kernel's firewall keeps it away, and which other \
      machines have reported it, so that it is refused by their advice though no rule blocks it here. \
      With --all each limit has all attempts \
      that count for it. An address \
      is a host; any other name is looked up among the hosts and among the users, unless --host or \
      --user says which. Behind a host that is clear itself stands each of its networks that is blocked. \
      The exit status is 0, whatever is blocked.

      With --json, each line is an object: kind, name, blocked, rule, until, standing ("clear", \
      "blocked", "allowed"), allowedBy (entries of the allow list), decree (what decides by \
      hand, as 'ablctl list decrees --json' has it, or null), inFlight (attempts that are being judged), \
      inKernel (whether the kernel keeps it away; null if that isn't known), advice (of other machines: \
      until, since, reporters, machines, some of their names and of those of lists, and of what fleet_rule has counted failures \
      and rule, else null; null if there is none), onRecord (how \
      many attempts are known), counterparts (the five that were tried most, or that tried most, each with name, attempts and \
      members: a name stands for one, a network for several hosts), and limits, each with limit, rule, \
      failures (how many block), counted, until (null if it doesn't block) and attempts, as 'ablctl \
      show --json' has them.
      """)

  @OptionGroup var setup: Setup

  @OptionGroup var named: NamedSubjects

  @Option(name: .shortAndLong, help: "The service they log in to; any, if not given.")
  var service: Name?

  @Flag(help: "Each attempt that counts, limit by limit.")
  var all = false

  func run() throws {
    let blockList = try setup.blockList()
    let now = Timestamp.now
    let pending = try blockList.pending(at: now)
    let decrees = try blockList.decrees(at: now)
    let explanations = try named.known(in: blockList).flatMap { name, subjects in
      let all = subjects.map { known in
        let inFlight = pending.count { $0.subjects.contains(known.subject) }
        let isFreed = decrees.decree(for: known.passing, at: now)?.kind == .allow
        let advice = isFreed ? nil : blockList.fleetAdvice(on: known.passing, at: now)
        return Explanation(
          of: known, inFlight: inFlight, blockList.configuration, decrees, service, advice: advice,
          at: now)
      }
      // An unknown subject is explained only if none is known, as the host and as the user that may
      // be meant. An address is always meant.
      let known = all.filter { $0.isKnown || $0.known.host != nil }
      let shown = known.isEmpty ? try unknown(name, all, blockList) : known
      let networks = try shown.flatMap { try self.networks(of: $0, blockList, pending, decrees) }
      return shown + networks
    }
    blockList.complainOfNoRule(setup.config)
    try Output.open(isPaged: !named.json) { output in
      var local = LocalTime()
      for (index, explanation) in explanations.enumerated() {
        if named.json {
          try output.add(bytes: explanation.object)
        } else {
          if index > 0 { try output.add("") }
          try explanation.write(isWhole: all, &local, to: &output)
        }
      }
      if let remark = local.remark { try output.add("\n" + remark) }
    }
  }

  /// The networks that keep out a host that is clear itself.
  private func networks(
    of host: Explanation, _ blockList: BlockList, _ pending: [PendingAttempt], _ decrees: DecreeBook
  ) throws -> [Explanation] {
    let blocked = try blockList.networks(
      refusing: host.known, host.standing, using: service, decrees, at: host.now)
    return blocked.map { network, _ in
      let inFlight = pending.count { $0.subjects.contains(network.subject) }
      return Explanation(
        of: network, inFlight: inFlight, blockList.configuration, decrees, service, at: host.now)
    }
  }

  private func unknown(
    _ name: TypedName, _ explanations: [Explanation], _ blockList: BlockList
  ) throws -> [Explanation] {
    let subjects = explanations.map { $0.subject }
    let plausible = try name.plausible(among: subjects, as: named.kind, "explain")
    guard !subjects.isEmpty else {
      blockList.complainOfUnknown(name, named.kind)
      return []
    }
    if let hint = blockList.likelyName(name, named.kind) {
      complain("nothing is known of \(name.typed.quoted); did you mean '\(hint)'?")
    }
    return explanations.filter { plausible.contains($0.subject) }
  }
}
