internal import ArgumentParser
internal import BlockList
internal import Policy
internal import Upkeep

struct KnownForget: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget",
    abstract: "Let a user be known no more.",
    discussion: """
      Give the user, or one of the user's networks as it is listed: 'alice@192.0.2.0/24'. What has \
      failed there stays on record. The next login from there makes the user known again. The log \
      names the administrator.
      """)

  @OptionGroup var setup: Setup

  @Argument(help: "The user, or a user at a network.")
  var name: [TypedName]

  func run() throws {
    let blockList = try setup.changeableBlockList()
    var isMissing = false
    for name in name {
      let homes = try Self.homes(of: name, blockList)
      let forgotten = try blockList.forgetHomes(homes, at: .now)
      for home in forgotten {
        Audit.log("forgot that a user is known: \(home.name)")
        try Output.open { try $0.tell("\(home.name.cell): forgotten") }
      }
      if forgotten.isEmpty {
        isMissing = true
        complain("'\(name.typed.shown)' is known at no network")
      }
    }
    if isMissing { throw ExitCode.failure }
  }

  private static func homes(of name: TypedName, _ blockList: BlockList) throws -> [Subject] {
    // What a login has left in the table is known, too.
    blockList.fileWaiting(at: .now)
    let configuration = blockList.configuration
    if let home = Spelling.home(name.typed.bytes[...]) { return [configuration.counted(home)] }
    return try name.meanings.map { configuration.counted($0) }.flatMap { user in
      try blockList.homes(of: user).map { Subject.home(user, $0.network) }
    }
  }
}
