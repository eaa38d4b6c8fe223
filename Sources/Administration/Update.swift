internal import ArgumentParser
internal import BlockList
internal import Policy
internal import Upkeep

struct Update: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Notice the blocks that have ended, and run the commands for it.",
    discussion: """
      For cron, if 'host_clear_cmd' or 'user_clear_cmd' is set. A block ends by time alone; unless \
      the one it was for tries again, that is noticed here. Lines whose trial is over (ablctl trial) \
      are taken out, too. The exit status is 1 also where the configuration has a mistake: then no block \
      of a kind that the mistake is about was ended, and it is said which.
      """)

  @OptionGroup var setup: Setup

  func run() throws {
    // What stays in its place is nothing, and told by doctor.
    _ = try? TrialLines(MachineFiles()).stop(onlyOver: true)
    let blockList = try setup.changeableBlockList()
    try blockList.update(at: .now)
    blockList.runCommands()
    guard blockList.lasting.isEmpty else {
      complain(blockList.lastingRemark)
      throw ExitCode.failure
    }
  }
}
