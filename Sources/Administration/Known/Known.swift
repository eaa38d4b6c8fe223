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
    var meant = KnownNamesMeant(name, blockList.configuration)
    let now = Timestamp.now
    var local = LocalTime()
    var count = 0
    try Output.open(isPaged: !json) { output in
      try Listing(blockList, .user).forEachChunk(of: 500) { chunk in
        for (subject, record) in chunk {
          guard let place = KnownPlace(subject, record, blockList.configuration),
            place.until > now, meant.take(place)
          else { continue }
          count += 1
          if json {
            try output.add(bytes: place.object)
          } else {
            try output.tell(place.sentence(&local))
          }
        }
      }
      if count == 0, !json, name.isEmpty { try output.add("no user is known at a network") }
    }
    for name in meant.missing { complain("\(name.typed.quoted) is known at no network") }
  }
}

/// Which places are asked for: of users, or as they are listed.
private struct KnownNamesMeant {
  private let names: [(name: TypedName, user: Name, network: Network?)]
  private var found: Set<TypedName> = []

  init(_ names: [TypedName], _ configuration: Configuration) {
    self.names = names.flatMap { name in
      name.meanings.map { meaning in
        if case .home(let user, let network)? = Spelling.home(meaning.bytes[...]) {
          return (name, configuration.counted(user), network)
        }
        return (name, configuration.counted(meaning), nil)
      }
    }
  }

  /// Those of which there was none, in the order in which they were given.
  var missing: [TypedName] {
    var seen = found
    return names.map { $0.name }.filter { seen.insert($0).inserted }
  }

  /// Whether `place` is asked for.
  mutating func take(_ place: KnownPlace) -> Bool {
    let meant = names.filter { one in
      one.user == place.user && one.network ?? place.network == place.network
    }
    for one in meant { found.insert(one.name) }
    return names.isEmpty || !meant.isEmpty
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
