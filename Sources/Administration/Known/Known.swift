internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

struct Known: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Where users are known: at networks from which they have logged in.",
    discussion: """
      With 'user_known' in the configuration, a user that is known at a network is judged there by the \
      failures from that network alone; so strangers elsewhere can't lock the account for its user. \
      'list' shows which users are known where, 'import' takes over the logins that this machine has on record \
      in wtmp, 'forget' ends it for a user, or for one network of a user.
      """,
    subcommands: [KnownList.self, KnownImport.self, KnownForget.self],
    defaultSubcommand: KnownList.self)
}

struct KnownList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Show which users are known where.",
    discussion: """
      With --json, each line is an object: user, network, lastLogin, until (when it is forgotten) and \
      failures (attempts from there on record).
      """)

  @OptionGroup var setup: Setup

  @Argument(help: "The user; all of them, if not given.")
  var name: [TypedName] = []

  @Flag(help: "Print JSON, one object a line.")
  var json = false

  func run() throws {
    let blockList = try setup.changeableBlockList()
    if blockList.configuration.userKnown == 0 {
      complain("'user_known' is not set: no user is known anywhere")
    }
    let users = Set(name.map { blockList.configuration.counted($0.typed).bytes })
    let now = Timestamp.now
    var local = LocalTime()
    var count = 0
    try Output.open(isPaged: !json) { output in
      try Listing(blockList, .user).forEachChunk(of: 500) { chunk in
        for (subject, record) in chunk {
          guard let place = KnownPlace(subject, record, blockList.configuration),
            users.isEmpty || users.contains(place.user.bytes), place.until > now
          else { continue }
          count += 1
          if json {
            try output.add(bytes: place.object)
          } else {
            try output.tell(place.sentence(&local))
          }
        }
      }
      if count == 0, !json { try output.add("no user is known at a network") }
    }
  }
}

/// A user, and a network where the user is known.
struct KnownPlace {
  let user: Name
  let network: Network
  let lastLogin: Timestamp
  let until: Timestamp
  let failures: Int

  /// Nil if it is no such thing, or was forgotten.
  init?(_ subject: Subject, _ record: SubjectRecord, _ configuration: Configuration) {
    guard case .home(let user, let network) = subject, let last = record.lastLogin else {
      return nil
    }
    (self.user, self.network, lastLogin) = (user, network, last)
    until = last.adding(Int64(configuration.userKnown))
    failures = record.times.count
  }

  /// `alice@192.0.2.0/24: last login 2026-11-21 04:12:33, known until 2026-12-21 04:12:33`
  func sentence(_ local: inout LocalTime) -> String {
    let failed = failures > 0 ? "; \(counted(failures, "attempt")) on record from there" : ""
    let name = Subject.home(user, network).name.cell
    return "\(name): last login \(local(lastLogin).text), known until \(local(until).text)" + failed
  }

  var object: [UInt8] {
    var object = JSONObject()
    object.set("user", user.shown)
    object.set("network", String(network.text))
    object.set("lastLogin", lastLogin)
    object.set("until", until)
    object.set("failures", failures)
    return object.line()
  }
}
