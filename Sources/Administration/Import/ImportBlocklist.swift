internal import ArgumentParser
internal import BlockList
internal import Daemon
internal import Platform
internal import Policy
internal import Sharing

struct ImportBlocklist: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blocklist",
    abstract: "Refuse the addresses and networks of a plain list, for a time.",
    discussion: """
      One address or network a line, as 192.0.2.7, 198.51.100.0/24 or 2001:db8::/32; what stands behind \
      '#' or ';' is a comment. The list has a name: the file's, without what stands behind its dot, or \
      what --as says. It takes the place of the one of that name, and ends by itself, after a day if \
      --for isn't given. --end ends one before. A list without an address changes nothing.

      A list is advice, as what other machines report is: abld must run for it. abld leaves out what \
      is allowed here, this machine's own addresses, its gateways and resolvers, and networks from \
      which a user has logged in, as long as the list holds; 'ablctl peers' says how many, and 'ablctl \
      explain' which list has an address. Private addresses, and networks larger than /8 (of IPv6: \
      /16), are not taken over at all, and no more than 100 000 are.

      With --json, each line is an object; its type is "list" or "left".
      """)

  @OptionGroup var options: HandoverOptions

  @Argument(help: ArgumentHelp("The list; - is standard input.", valueName: "file"))
  var file: Path?

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("For how long, as 2d; a day, if not given.", valueName: "time"),
    transform: DecreeTerm.parsed)
  var term: DecreeTerm?

  @Option(
    name: .customLong("as"),
    help: ArgumentHelp("What the list is called, in place of its file's name.", valueName: "name"))
  var title: Name?

  @Option(help: ArgumentHelp("End the list of that name.", valueName: "name"))
  var end: Name?

  func validate() throws {
    guard (file == nil) != (end == nil), end == nil || title == nil && term == nil else {
      throw ValidationError("Give a file, or --end with the name of a list.")
    }
  }

  func run() throws {
    let blockList = try options.blockList()
    let home = Path(blockList.configuration.databaseHome.bytes)
    let directory = ListDirectory(in: home)
    if let end { return try finish(try origin(end), directory) }
    guard let file else { return }
    let origin = try origin(title ?? Self.name(of: file))
    let text = String(decoding: origin.listName, as: UTF8.self)
    let list = try Blocklist(file, named: text)
    guard !list.prefixes.isEmpty else {
      try Output.open { try tell(list, &$0) }
      throw Failure(message: "the list has no address that could be taken over; nothing is changed")
    }
    let now = Timestamp.now
    let length = min(term?.length ?? 86_400, Int64(AdviceList.longest))
    let advice = AdviceList(
      origin, list.prefixes, made: UInt32(clamping: now.seconds),
      until: UInt32(clamping: now.adding(length).seconds))
    if !options.dryRun { try put(advice, directory, home) }
    try Output.open { output in
      try tell(list, &output)
      try tell(advice, at: now, &output)
    }
    if list.handover.isDamaged { throw ExitCode.failure }
  }

  /// `drop` of `/var/cache/drop.txt`.
  private static func name(of file: Path) -> Name {
    guard file != "-" else { return "stdin" }
    let last = file.bytes.split(separator: UInt8(ascii: "/")).last ?? []
    let stem = last.prefix { $0 != UInt8(ascii: ".") }
    return Name(stem.isEmpty ? last : stem)
  }

  private func origin(_ name: Name) throws -> Origin {
    guard let origin = Origin(list: name.bytes) else {
      throw Failure(
        message:
          "\(name.quoted) can't be the name of a list: letters, digits, '.', '-' and '_' can, "
          + "59 at most; --as gives another")
    }
    return origin
  }

  private func put(_ list: AdviceList, _ directory: ListDirectory, _ home: Path) throws {
    let others = directory.read(at: list.made).lists.filter {
      $0.origin != list.origin && $0.until > list.made
    }
    guard others.count < AdviceList.mostLists else {
      throw Failure(message: "there are \(AdviceList.mostLists) lists already; --end ends one")
    }
    do throws(SystemError) {
      _ = try File.directory(creating: home)
      try directory.put(list)
    } catch { throw Failure(message: String(error.message)) }
    let name = String(decoding: list.origin.listName, as: UTF8.self)
    Audit.log("imported list \(name) with \(counted(list.prefixes.count, "source"))")
    if case .running = DaemonPresence() { return }
    complain("abld doesn't run: the list holds once it does")
  }

  private func finish(_ origin: Origin, _ directory: ListDirectory) throws {
    let name = String(decoding: origin.listName, as: UTF8.self)
    let now = UInt32(clamping: Timestamp.now.seconds)
    guard directory.read(at: now).lists.contains(where: { $0.origin == origin }) else {
      throw Failure(message: "there is no list '\(name)'")
    }
    if !options.dryRun {
      do throws(SystemError) { try directory.remove(origin) } catch {
        throw Failure(message: String(error.message))
      }
      Audit.log("ended list \(name)")
    }
    guard !options.json else { return }
    try Output.open { try $0.tell("list \(name): \(options.dryRun ? "would be " : "")ended") }
  }

  /// What of it isn't taken over.
  private func tell(_ list: Blocklist, _ output: inout Output) throws {
    let (leftovers, untold) = (list.handover.leftovers, list.handover.untold)
    try output.tell(leftovers, untold: untold, isJSON: options.json)
  }

  private func tell(_ list: AdviceList, at now: Timestamp, _ output: inout Output) throws {
    let name = String(decoding: list.origin.listName, as: UTF8.self)
    let until = Timestamp(seconds: Int64(list.until))
    guard options.json else {
      var local = LocalTime()
      let what = counted(list.prefixes.count, "source")
      let word = options.dryRun ? "would be" : list.prefixes.count == 1 ? "is" : "are"
      return try output.tell(
        "list \(name): \(what) \(word) advice \(until.sentence(&local, at: now))")
    }
    var object = JSONObject()
    object.set("type", "list")
    object.set("name", name)
    object.set("sources", list.prefixes.count)
    object.set("until", until)
    object.set("done", !options.dryRun)
    try output.add(bytes: object.line())
  }
}
