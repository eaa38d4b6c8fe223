internal import ArgumentParser
internal import BlockList
internal import PamAbl
internal import Platform
internal import Policy
internal import Upkeep

/// The command of pam_abl 0.6.0: its letters, its listings, its exit statuses.
///
/// So that cron jobs, scripts and web interfaces that call it go on working when `pam_abl` is a
/// link to ablctl. What was wrong with it is not repeated: a verdict is the module's, `-c` changes
/// nothing, and names are escaped.
struct OldTool {
  static let name = "pam_abl"

  private let options: OldOptions
  private let configFile: Path
  let now = Timestamp.now

  init(_ arguments: [[UInt8]]) {
    options = OldOptions(arguments)
    configFile = options.config.map { Path($0) } ?? LoadedConfiguration.defaultFile
  }

  /// Does what it is asked for, and says with what exit status to end.
  func run() -> Int32 {
    for complaint in options.complaints { Self.say("pam_abl: " + complaint) }
    do {
      guard options.action != .help else {
        try Output.open { try $0.add(OldOptions.usage) }
        return 0
      }
      let loaded = try configuration()
      let blockList = BlockList(loaded.configuration) {
        if $0 == .error { Self.say("WARNING: " + String($1)) }
      }
      blockList.lasting = loaded.doubtfulKinds
      return try run(blockList)
    } catch let end as ExitCode {
      return end.rawValue
    } catch let error as StoreError {
      Self.say("ERROR: " + error.advice)
      return 1
    } catch let failure as Failure {
      Self.say("ERROR: " + failure.message)
      return 1
    } catch {
      Self.say("ERROR: \(error)")
      return 1
    }
  }

  /// What the configuration says, as far as it makes sense.
  ///
  /// - Throws: the `errno` as exit status, if it can't be read.
  private func configuration() throws -> LoadedConfiguration {
    if options.isVerbose {
      try Output.open { try $0.add("Reading config from " + ArgumentBytes.shown(configFile.bytes)) }
    }
    let loaded = LoadedConfiguration(file: configFile)
    for diagnostic in loaded.diagnostics {
      let severity = diagnostic.severity == .warning ? "WARNING: " : "ERROR: "
      Self.say(severity + String(diagnostic.headline))
    }
    guard let failure = loaded.failure else {
      guard !loaded.isForeign else { throw loaded.foreignness(configFile) }
      return loaded
    }
    Self.say("ERROR: " + failure.advice)
    if case .system(let error) = failure { throw ExitCode(error.number) }
    throw ExitCode.failure
  }

  private func run(_ blockList: BlockList) throws -> Int32 {
    switch options.action {
    case .list: try list(blockList)
    case .purge: try purge(blockList)
    case .fail: return try fail(blockList)
    case .check: return try check(blockList)
    case .whitelist: return try whitelist(blockList)
    case .update: try blockList.update(at: now)
    case .debugCommand: try showCommands(blockList.configuration)
    case .help: break
    }
    blockList.runCommands()
    guard options.action == .update, !blockList.lasting.isEmpty else { return 0 }
    Self.say("ERROR: " + blockList.lastingRemark)
    return 1
  }

  static func say(_ message: String) { Terminal.write(message + "\n", to: .error) }
}

extension OldTool {
  /// Users first, then hosts; nothing, if names were given with nothing to do.
  private func list(_ blockList: BlockList) throws {
    guard options.users.isEmpty && options.hosts.isEmpty else { return }
    let listing = OldListing(
      blockList.configuration, at: now, isVerbose: options.isVerbose,
      isRelative: options.isRelative)
    try Output.open { output in
      for (kind, heading) in [(Kind.user, OldListing.users), (.host, OldListing.hosts)] {
        try output.add(heading)
        try write(listing, of: kind, blockList, to: &output)
      }
    }
  }

  private func write(
    _ listing: OldListing, of kind: Kind, _ blockList: BlockList, to output: inout Output
  ) throws {
    var local = LocalTime()
    var isEmpty = true
    try Listing(blockList, kind).forEachChunk(of: 1000) { chunk in
      for (subject, record) in chunk {
        isEmpty = false
        let lines = listing.lines(of: subject, record) { local($0).asctime }
        for line in lines { try output.add(line) }
      }
    }
    if isEmpty { try output.add(OldListing.nothing) }
  }

  private func purge(_ blockList: BlockList) throws {
    if options.isVerbose {
      let store = Path(blockList.configuration.databaseHome.bytes).appending("data.mdb")
      try Output.open { try $0.add("Purging " + ArgumentBytes.shown(store.bytes)) }
    }
    _ = try blockList.purge(at: now)
  }

  private func fail(_ blockList: BlockList) throws -> Int32 {
    guard let (user, host) = try parties(to: "fail someone") else { return 1 }
    let attempt = Attempt(
      user: user, host: host, service: options.service.map { Name(bounded: $0) } ?? "none")
    switch reason {
    case .authentication: try blockList.recordFailure(of: attempt, at: now)
    case let reason: try blockList.add(attempt, refusedBecauseOf: reason, at: now)
    }
    blockList.runCommands()
    return 0
  }

  /// Blocked for the service, or without one for any.
  private func check(_ blockList: BlockList) throws -> Int32 {
    guard let (user, host) = try parties(to: "check", printedIn: blockList) else { return 1 }
    let service = options.service.map { Name(bounded: $0) }
    var isBlocked = false
    let hosts = host.map { blockList.configuration.subjects(of: $0).filter { $0.kind == .host } }
    let subjects = (user.map { [blockList.configuration.counted(.user($0))] } ?? []) + (hosts ?? [])
    try Output.open { output in
      for subject in subjects {
        let block = try blockList.block(of: subject, using: service, at: now)
        isBlocked = isBlocked || block != nil
        guard options.isVerbose else { continue }
        try output.add(subject.name + ": " + (block.map { "blocked by \($0.rule)" } ?? "clear"))
      }
    }
    return isBlocked ? 1 : 0
  }

  /// The first user and the first host; nil if there is neither.
  ///
  /// - Parameter blockList: whose names may also be given as they are printed; nil takes names as
  ///   they are.
  private func parties(
    to action: String, printedIn blockList: BlockList? = nil
  ) throws -> (user: Name?, host: Host?)? {
    guard !options.users.isEmpty || !options.hosts.isEmpty else {
      Self.say("ERROR: Asked to \(action) but no hosts or users given!")
      return nil
    }
    if options.users.count > 1 || options.hosts.count > 1 {
      Self.say("WARNING: Multiple hosts and/or users given, only the first will be used!")
    }
    func meant(_ name: [UInt8]?, _ kind: Kind) throws -> Subject? {
      guard let name, let blockList else { return name.flatMap { kind.subject($0) } }
      return try Self.meant(name, kind, blockList)
    }
    return (
      try meant(options.users.first, .user)?.user, try meant(options.hosts.first, .host)?.host
    )
  }

  /// What is meant by a name as it is, or as it is printed.
  private static func meant(
    _ name: [UInt8], _ kind: Kind, _ blockList: BlockList
  ) throws -> Subject? {
    try TypedName(name)?.known(kind, in: blockList).first?.subject
  }

  private var reason: RecordedAttempt.Reason {
    guard let word = options.reason else { return .authentication }
    let reasons: [RecordedAttempt.Reason] = [.authentication, .host, .user, .both]
    if let known = reasons.first(where: { $0.oldWord.utf8.elementsEqual(word) }) { return known }
    Self.say("ERROR: No valid block reason given, defaulting to AUTH.")
    return .authentication
  }
}

extension OldTool {
  /// Forgets those that a pattern names; a pattern without wildcards is a name.
  private func whitelist(_ blockList: BlockList) throws -> Int32 {
    guard !options.users.isEmpty || !options.hosts.isEmpty else {
      Self.say("ERROR: Asked to whitelist but no hosts or users given!")
      return 1
    }
    for (kind, patterns) in [(Kind.user, options.users), (.host, options.hosts)] {
      let deleted = try forgive(patterns.map { NamePattern($0, kind) }, kind, blockList)
      guard options.isVerbose, deleted > 0 else { continue }
      try Output.open { try $0.add("Deleted " + counted(deleted, "item")) }
    }
    return 0
  }

  private func forgive(
    _ patterns: [NamePattern], _ kind: Kind, _ blockList: BlockList
  ) throws -> Int {
    let named = try patterns.filter { !$0.isWild }.compactMap {
      try Self.meant($0.bytes, kind, blockList)
    }
    var deleted = try named.isEmpty ? 0 : blockList.forgive(named, at: now).count
    blockList.runCommands()
    let wild = patterns.filter { $0.isWild }
    guard !wild.isEmpty else { return deleted }
    try Listing(blockList, kind).forEachChunk(of: 500) { chunk in
      let meant = chunk.map { $0.subject }.filter { subject in
        wild.contains { $0.matches(subject) }
      }
      deleted += try meant.isEmpty ? 0 : blockList.forgive(meant, at: now).count
      blockList.runCommands()
    }
    return deleted
  }

  private func showCommands(_ configuration: Configuration) throws {
    try Output.open { output in
      for (key, command) in [
        ("host_block_cmd", configuration.hostBlockCommand),
        ("host_clear_cmd", configuration.hostClearCommand),
        ("user_block_cmd", configuration.userBlockCommand),
        ("user_clear_cmd", configuration.userClearCommand),
      ] {
        let words = command?.arguments.map { "\"\(ArgumentBytes.shown($0))\" " }.joined()
        try output.add("\(key): " + (words ?? "No command"))
      }
    }
  }
}
