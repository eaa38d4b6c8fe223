internal import ArgumentParser
internal import BlockList
internal import Policy

struct Purge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Remove whose attempts have all expired.",
    discussion: """
      That is after 'host_purge' and 'user_purge' of the configuration. Logins go on meanwhile. What \
      is due is also removed bit by bit as others fail, so this need not be run for correct verdicts.
      """)

  @OptionGroup var setup: Setup

  func run() throws {
    let isWatched = Terminal.isPerson(.error)
    let blockList = try setup.blockList()
    let removed = try blockList.purge(at: .now) { removed in
      if isWatched { Terminal.write("\rremoved \(removed)\u{1B}[K", to: .error) }
    }
    if isWatched { Terminal.write("\r\u{1B}[K", to: .error) }
    blockList.runCommands()
    try Output.open { try $0.add("removed " + counted(removed, "subject")) }
  }
}
