internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

struct ImportFail2Ban: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fail2ban",
    abstract: "Take over jails, ignored addresses and bans of fail2ban.",
    discussion: """
      jail.conf, jail.d and jail.local are read as fail2ban merges them. Of each jail that is enabled and \
      watches a service of PAM, maxretry, findtime and bantime are printed as lines for pam_abl.conf, \
      with a comment of what they mean; no configuration is written. ignoreip becomes allows, and the \
      bans that its database has now become blocks until their ends. The database is read by sqlite3, or \
      by python3. What can't be carried over is told with its file and line. This may be run again.

      With --json, each line is an object; its type is "setting", "decree", "left" or "summary".
      """)

  @OptionGroup var options: HandoverOptions

  @Argument(help: ArgumentHelp("The directory of its configuration.", valueName: "dir"))
  var directory: Path = "/etc/fail2ban"

  func run() throws {
    let blockList = try options.blockList()
    var handover = Handover("fail2ban")
    let source = Fail2BanSource(directory, at: .now)
    try source.readJails(into: &handover)
    try source.readBans(into: &handover)
    try options.carryOut(handover, blockList)
  }
}

/// A directory with fail2ban's configuration.
struct Fail2BanSource {
  private let directory: Path
  private let now: Timestamp
  private let by = Name(bounded: Array(Audit.person.utf8))

  init(_ directory: Path, at now: Timestamp) { (self.directory, self.now) = (directory, now) }

  /// `jail.conf`, `jail.d/*.conf`, `jail.local`, `jail.d/*.local`: what comes later holds.
  private func files(_ name: String, _ handover: inout Handover) throws -> ConfigParserFiles {
    var files = ConfigParserFiles()
    let folder = directory.appending(Path("\(name).d".utf8))
    let names = (try? File(folder, .directory).names(beginningWith: [])) ?? []
    let sorted = names.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    for suffix in [".conf", ".local"] {
      try files.read(directory.appending(Path((name + suffix).utf8)), &handover)
      for file in sorted where file.bytes.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) {
        try files.read(folder.appending(file), &handover)
      }
    }
    return files
  }

  func readJails(into handover: inout Handover) throws {
    let files = try files("jail", &handover)
    guard !files.names.isEmpty else {
      throw Failure(message: "no jail.conf and no jail.local is in \(Name(directory.bytes).quoted)")
    }
    var jails: [Fail2BanJail] = []
    for name in files.names where name != "DEFAULT" {
      guard let jail = Fail2BanJail(name, files, &handover) else { continue }
      guard jail.service == nil else {
        jails.append(jail)
        continue
      }
      let place = files.raw("enabled", in: name)?.place
      handover.leave(
        place ?? FilePlace(file: directory.shown, line: nil), Array("[\(name)]".utf8),
        name == "recidive"
          ? "'host_block' makes the blocks of those that return longer"
          : "it watches no service of PAM; fail2ban may go on with it")
    }
    set(jails, &handover)
    for jail in jails { ignore(jail, &handover) }
  }

  private func set(_ jails: [Fail2BanJail], _ handover: inout Handover) {
    guard !jails.isEmpty else { return }
    var clauses: [String] = []
    var meaning: [String] = []
    for jail in jails where !clauses.contains(jail.clause) {
      clauses.append(jail.clause)
      let limit = "\(counted(jail.maxretry, "failed login")) in \(jail.window)"
      meaning.append("\(jail.clause): \(limit) block a host (jail \(jail.shown))")
    }
    handover.set("host_rule", clauses.joined(separator: " "), meaning)
    let chief = jails.first { $0.service == "sshd" } ?? jails[0]
    setBlock(chief, &handover)
  }

  private func setBlock(_ chief: Fail2BanJail, _ handover: inout Handover) {
    guard !chief.bantimes.isEmpty else {
      return handover.leave(
        FilePlace(file: directory.shown, line: nil), "bantime = -1".utf8,
        "no block by a rule is for ever; 'ablctl block' makes one that is")
    }
    let value = chief.bantimes.map { Duration(seconds: $0).setting }.joined(separator: ",")
    let growth = chief.bantimes.count > 1 ? "; of a host that returns, the next one's" : ""
    let meaning = "A block lasts that long at least\(growth) (bantime of jail \(chief.shown))."
    handover.set("host_block", value, [meaning])
  }

  private func ignore(_ jail: Fail2BanJail, _ handover: inout Handover) {
    for (word, place) in jail.ignored {
      guard let network = Network(typed: word) else {
        handover.leave(
          place, word, "here a host is its address, and names aren't looked up; give its addresses")
        continue
      }
      handover.add(
        DecreeOrder(.allow, .network(network), by: by, reason: "fail2ban ignoreip", at: now),
        from: place)
    }
  }

  func readBans(into handover: inout Handover) throws {
    let files = try files("fail2ban", &handover)
    let value = try? files.value("dbfile", in: "Definition")
    let text = value?.text ?? Array("/var/lib/fail2ban/fail2ban.sqlite3".utf8)
    let place = FilePlace(file: directory.shown, line: nil)
    guard !text.isWord("None"), text.first != UInt8(ascii: ":"), !text.isEmpty else {
      return handover.leave(
        value?.place ?? place, text, "fail2ban keeps no database: no ban is known")
    }
    let path = Path(text)
    guard (try? File(path, .readLinked)) != nil else {
      return handover.leave(
        FilePlace(file: path.shown, line: nil), [], "it can't be opened: no ban is taken over")
    }
    try Fail2BanDatabase(path, at: now).read(into: &handover)
  }
}
