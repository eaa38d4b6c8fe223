internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

/// What is in a database of pam_abl.
enum DatabaseKind: EnumerableFlag {
  case host, user

  static func help(for kind: DatabaseKind) -> ArgumentHelp? {
    switch kind {
    case .host: "PATH is a database of hosts, or only that of a directory is meant."
    case .user: "Likewise of users."
    }
  }

  var kind: Kind { self == .host ? .host : .user }
}

struct ImportPamAbl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pam_abl",
    abstract: "Take over the attempts that pam_abl has recorded.",
    discussion: """
      PATH is a directory with its databases (hosts.db and users.db of 0.6.0; host, user, host.kch \
      and user.kch of 0.9; or as 'host_db' and 'user_db' of the configuration name them), or one \
      database; without one it is 'db_home'. They are read by db5.3_dump (Debian: db5.3-util) or \
      kchashmgr (kyotocabinet-utils) and not changed.

      What is known already is left alone, so this may be run again. What was blocked stays so, and \
      no command is run for it. What can't be read is told with its place, the rest is taken over, \
      and the exit status is 1.
      """)

  @OptionGroup var setup: Setup

  @Argument(help: "Where the databases are.")
  var path: [Path] = []

  @Flag(exclusivity: .exclusive)
  var kind: DatabaseKind?

  @Flag(help: "PATH is the text that such a program has printed.")
  var dump = false

  @Flag(help: "Only read, and say what would be taken over.")
  var dryRun = false

  func run() throws {
    let blockList = try setup.blockList()
    let old = OldFiles(setup.config, blockList.configuration)
    let places = path.isEmpty ? [Path(blockList.configuration.databaseHome.bytes)] : path
    var databases: [OldDatabase] = []
    for place in places {
      let found = try old.databases(at: place, kind?.kind, isDump: dump)
      if let found { databases += found } else { throw Self.unknownKind(of: place) }
    }
    var importer = Importer(blockList, isDry: dryRun)
    for database in databases { importer.read(database) }
    if let summary = importer.summary { try Output.open { try $0.add(summary) } }
    if importer.isDamaged { throw ExitCode.failure }
  }

  private static func unknownKind(of place: Path) -> any Error {
    do throws(SystemError) { _ = try File(place, .readLinked) } catch {
      return Failure(message: String(error.message))
    }
    let name = Name(place.bytes).shown
    return Misuse(
      command: "import pam_abl", message: "Whose is '\(name)'? Give --host or --user as well.")
  }
}
