internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say whether hosts and users are blocked.",
    discussion: """
      Nothing is changed. An address is a host; any other name is looked up among the hosts and among \
      the users, unless -H or -U says which. A subject is blocked if it is for any service, unless --service names one. \
      Where a host is clear itself, and one of its networks is blocked, that is told, and counts, too. \
      The exit status is 0 if all of them are clear and 2 if one is blocked; any other says that this \
      could not be told, 64 that a name can't be anybody's.

      With --json, each line is an object: kind, name, service (null if any), blocked, rule and until \
      (null if not blocked), standing ("clear", "blocked", "allowed"); and block (which of its blocks \
      this is), where blocks are counted.
      """)

  @OptionGroup var setup: Setup

  @Argument(
    help: "What to check; as the name is, or as it is printed.",
    completion: .custom { KnownNames.completions($0, $1, $2) })
  var name: [TypedName] = []

  @Option(
    name: [.customShort("H"), .long], parsing: .unconditionalSingleValue,
    help: "A host to check. Repeatable.")
  var host: [TypedHost] = []

  @Option(
    name: [.customShort("U"), .long], parsing: .unconditionalSingleValue,
    help: "A user to check. Repeatable.")
  var user: [TypedName] = []

  @Option(name: .shortAndLong, help: "The service they log in to; any, if not given.")
  var service: Name?

  @Flag(exclusivity: .exclusive)
  var format: Format?

  func run() throws {
    var query = CheckQuery()
    (query.names, query.hosts, query.users, query.format) = (name, host, user, format)
    (query.service, query.config) = (service, setup.config)
    guard !query.isEmpty else {
      throw Misuse(
        command: "check", message: "Nothing to check. Give a name, a --host or a --user.")
    }
    if try query.run() { throw ExitCode(2) }
  }
}

/// What to check, and how to tell.
struct CheckQuery {
  /// Of either kind.
  var names: [TypedName] = []
  var hosts: [TypedHost] = []
  var users: [TypedName] = []
  /// Nil is any.
  var service: Name?
  var config = LoadedConfiguration.defaultFile
  var format: Format?

  var isEmpty: Bool { names.isEmpty && hosts.isEmpty && users.isEmpty }

  /// Those that are known, and an address in any case; if none is, those that may exist.
  ///
  /// - Throws: `Misuse` if none can: "clear" of that would be a false comfort.
  private static func meant(by name: TypedName, in blockList: BlockList) throws -> [KnownSubject] {
    let all = try name.known(nil, in: blockList)
    let decrees = try blockList.decrees(at: .now)
    let known = all.filter {
      $0.record != nil || $0.host != nil || blockList.configuration.isAllowed($0.passing)
        || decrees.decree(for: $0.passing, at: .now) != nil
    }
    if !known.isEmpty { return known }
    let plausible = try name.plausible(among: all.map { $0.subject }, as: nil, "check")
    return all.filter { plausible.contains($0.subject) }
  }

  /// All of one kind.
  ///
  /// - Throws: `Misuse` if one of which nothing is known can't be.
  private static func all(
    by name: TypedName, _ kind: Kind, in blockList: BlockList
  ) throws -> [KnownSubject] {
    let all = try name.known(kind, in: blockList)
    for known in all where known.record == nil {
      try name.plausible(among: [known.subject], as: kind, "check")
    }
    return all
  }

  /// Tells it, and says whether one is blocked.
  func run() throws -> Bool {
    let blockList = try BlockList.opened(config)
    let subjects =
      try names.flatMap { try Self.meant(by: $0, in: blockList) }
      + hosts.flatMap { try Self.all(by: $0.name, .host, in: blockList) }
      + users.flatMap { try Self.all(by: $0, .user, in: blockList) }
    blockList.complainOfNoRule(config)
    var report = Report(format: format, service: service)
    let decrees = try blockList.decrees(at: report.now)
    try Output.open { output in
      for known in subjects {
        let standing = blockList.configuration.standing(
          of: known.subject, using: service, after: known.times(at: report.now),
          known.series(at: report.now), decrees, from: known.host, at: report.now)
        let told = known.told(by: blockList.configuration, decrees, at: report.now)
        try report.add(told, standing, to: &output)
        let networks = try blockList.networks(
          refusing: known, standing, using: service, decrees, at: report.now)
        for network in networks {
          try report.add(network.known.subject, network.standing, to: &output)
        }
      }
      if let remark = report.remark { try output.add(remark) }
    }
    return report.isOneBlocked
  }
}

/// What is told of those that were checked.
private struct Report {
  let format: Format?
  let service: Name?
  let now = Timestamp.now
  var isOneBlocked = false
  private var local = LocalTime()
  /// What to say of the times that were told.
  var remark: String? { local.remark }

  init(format: Format?, service: Name?) {
    (self.format, self.service) = (format, service)
  }

  mutating func add(_ subject: Subject, _ standing: Standing, to output: inout Output) throws {
    isOneBlocked = isOneBlocked || standing.block != nil
    switch format {
    case .quiet: break
    case .json: try output.add(bytes: object(subject, standing).line())
    case nil:
      let sentence = standing.sentence(&local, for: service, at: now)
      try output.tell(subject.shown + ": " + sentence)
    }
  }

  private func object(_ subject: Subject, _ standing: Standing) -> JSONObject {
    var object = JSONObject()
    object.set("kind", subject.kindText)
    object.set("name", subject.name)
    object.set("service", service?.shown)
    standing.describe(in: &object)
    return object
  }
}
