internal import ArgumentParser
internal import BlockList
internal import Policy
internal import Upkeep

struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show how things stand, on one screen.",
    discussion: """
      Whether abl is in force, as 'ablctl doctor' finds it; how many hosts and users are blocked, and \
      whose block ends next; the hosts with the most attempts on record; the last attempts; the store; \
      whether abld runs, and what the kernel's firewall has; and with how many machines this one shares. \
      The exit status is 0, whatever there is to say, and 1 if the store can't be read.

      With --json it is one object: verdict, guarded, unguarded and findings (see 'ablctl doctor \
      --help'), hosts, users, networks, homes and callers (how many are known), blockedHosts, \
      blockedUsers, blockedNetworks, blockedHomes, blockedCallers, nextEnd (kind, name and until, or \
      null), blocksByHand and allowsByHand (how many are decreed), guessers (as 'ablctl list --json' has them), last (as 'ablctl show --json' has them), \
      store (path), diskBytes (null if there is no store), waiting (failures that are not in the store \
      yet), daemon ("running", "ended", "absent"), kernelBlocks (null if it doesn't run), firewall \
      and fleet (a sentence each; fleet is null where the machine is in none), rebuilds (how often \
      another program changed the firewall's table; null if abld doesn't run) and movedAside (files of \
      damaged stores).
      """)

  @OptionGroup var setup: Setup

  @Flag(help: "Print JSON, one object.")
  var json = false

  func run() throws {
    let blockList = try setup.blockList()
    let examination = Examination(MachineFiles(), config: setup.config, checkingStore: false)
    let summary = try StatusSummary(blockList, at: .now)
    try Output.open { output in
      if json {
        try output.add(bytes: summary.object(examination))
      } else {
        try summary.write(examination, to: &output)
      }
    }
    blockList.complainOfNoRule(setup.config)
  }
}
