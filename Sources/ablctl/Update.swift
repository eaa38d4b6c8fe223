internal import ArgumentParser
internal import BlockList
internal import Policy

struct Update: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Notice the blocks that have ended, and run the commands for it.",
    discussion: """
      For cron, if 'host_clear_cmd' or 'user_clear_cmd' is set. A block ends by time alone; unless \
      the one it was for tries again, that is noticed here.
      """)

  @OptionGroup var setup: Setup

  func run() throws {
    let blockList = try setup.blockList()
    try blockList.update(at: .now)
    blockList.runCommands()
  }
}
