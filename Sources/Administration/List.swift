internal import ArgumentParser
internal import BlockList
internal import Policy
internal import Upkeep

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the hosts and users that have failed to log in, and what is decreed by hand.",
    discussion: """
      Callers come first, then hosts, homes, networks and users, and addresses before names; with \
      --sort failures those with the most failures, with --sort last those with the latest attempt, \
      and of equal ones the first by name. A subject counts as blocked if it is for any service, unless \
      --service names one. A subject on an allow list is never blocked.

      A network is one that 'network_rule' counts; a home is a user at a network where the user has \
      logged in (user@network), judged there by the failures from there alone, with 'user_known'; a caller \
      is a user that runs su or sudo. 'users' has homes, too.

      Behind them stand the decrees of 'ablctl block' and 'ablctl allow' that hold, with how many \
      attempts each has decided, and when the last; with --blocked only blocks, and with --quiet, too. 'ablctl list decrees' \
      has them alone.

      With 'decrees --json', each line is an object: decree ("block", "allow"), kind ("host", \
      "network", "user"), name, made, until (null: for ever), by, reason, hits and lastHit. Else with \
      --json, each line is an object: kind ("host", "network", "user", "home", "caller"), name, blocked, rule and until (null \
      if not blocked), standing ("clear", "blocked", "allowed"), failures (how many wrong passwords \
      are on record), first and last (the times of the first and of the last attempt on record).
      """)

  @OptionGroup var setup: Setup

  @Argument(help: "One kind only.")
  var kind: ListedKind?

  @Flag(help: "Only what is blocked.")
  var blocked = false

  @Option(name: .shortAndLong, help: "The service they log in to.")
  var service: Name?

  @Option(help: ArgumentHelp("What they are ordered by.", valueName: "order"))
  var sort = SubjectOrder.name

  @Option(
    help: ArgumentHelp(
      "Only so many, the first of them; decrees count, too.", valueName: "number"))
  var top: PositiveCount?

  @Flag(exclusivity: .exclusive)
  var format: Format?

  func run() throws {
    let blockList = try setup.blockList()
    let decrees = try blockList.decrees(at: .now)
    var room = ListRoom(most: top?.count ?? .max, decrees)
    if kind == .decrees {
      return try Output.open(isPaged: format == nil) { try writeDecrees(decrees, &room, to: &$0) }
    }
    blockList.complainOfNoRule(setup.config)
    try Output.open(isPaged: format == nil) { output in
      var table = SubjectTable(
        isColored: Terminal.isColored, now: .now, width: output.width)
      func add(_ row: SubjectRow) throws {
        guard room.take(row) else { return }
        if room.shown == 1 && format == nil { try output.add(table.heading) }
        try output.addLine { table.write(row, format, to: &$0) }
      }
      var ranking = sort == .name ? nil : SubjectRanking(sort, top: top?.count)
      let judge = Judge(blockList.configuration, service, decrees, table.now)
      let listing = SummaryListing(blockList, kind?.kind, table.now)
      try (blocked ? listing.forEachBlockedSubject : listing.forEachSubject) { subject in
        // Those that are left out are counted for people alone.
        if ranking == nil, room.left == 0, format != nil { return }
        guard isMeant(subject) else { return }
        let standing = judge.standing(of: subject)
        if blocked && standing.block == nil { return }
        let row = SubjectRow(subject, standing)
        if ranking == nil { try add(row) } else { ranking?.add(row) }
      }
      for row in ranking?.rows ?? [] { try add(row) }
      if let ranking { room.omitted += ranking.count - room.shown }
      guard format == nil || blocked && format == .quiet else { return }
      try writeDecrees(decrees, &room, to: &output)
      if room.shown == 0, format == nil {
        try output.add(blocked ? "nobody is blocked" : Self.emptiness(MachineFiles()))
      }
    }
  }

  private func isMeant(_ subject: SummarizedSubject) -> Bool {
    // Where a user is known, and nothing has failed: 'ablctl known' has those.
    if subject.kind == .home, subject.times.isEmpty { return false }
    return kind != .homes || subject.kind == .home
  }

  /// Those of the kind that is listed, as far as there is room, and what had none.
  private func writeDecrees(
    _ book: DecreeBook, _ room: inout ListRoom, to output: inout Output
  ) throws {
    let kind = kind?.kind
    let decrees = book.all.filter { decree in
      guard self.kind != .homes else { return false }
      if format == .quiet, room.named.contains(String(decree.target.text)) { return false }
      return (!blocked || decree.kind == .block) && decree.target.isOf(kind)
    }
    let shown = decrees.prefix(room.left)
    switch format {
    case .json: for decree in shown { try output.add(bytes: decree.object.line()) }
    case .quiet: for decree in shown { try output.add(String(decree.target.text)) }
    case nil where shown.isEmpty: if self.kind == .decrees { try output.add("nothing is decreed") }
    case nil:
      if room.shown > 0 { try output.add("") }
      var local = LocalTime()
      for decree in shown { try output.tell(decree.sentence(&local, at: .now), indent: 4) }
    }
    room.shown += shown.count
    room.omittedDecrees = decrees.count - shown.count
    if format == nil, let remark = room.remark { try output.tell(remark) }
  }

  /// What an empty list says: a module that no stack names, too, leaves it empty.
  static func emptiness(_ files: MachineFiles) -> String {
    let sentence = "no failed login is on record"
    return files.firstLine == nil ? sentence + "; no PAM stack names pam_abl.so" : sentence
  }
}

/// How much of a list is shown.
struct ListRoom {
  let most: Int
  /// Subjects and decrees.
  var shown = 0
  /// Names of subjects that are shown, and have a decree: of one that is blocked by hand, and has
  /// failed as well, the name alone is there once.
  private(set) var named: Set<String> = []
  private let decreed: Set<String>
  /// What was left out: subjects, and decrees.
  var (omitted, omittedDecrees) = (0, 0)

  init(most: Int, _ decrees: DecreeBook) {
    self.most = most
    decreed = Set(decrees.all.map { String($0.target.text) })
  }

  var left: Int { most - shown }

  /// Whether one more subject is shown.
  mutating func take(_ row: SubjectRow) -> Bool {
    guard left > 0 else {
      omitted += 1
      return false
    }
    shown += 1
    if !decreed.isEmpty, let name = row.subject.subject?.name, decreed.contains(name) {
      named.insert(name)
    }
    return true
  }

  /// `(7 subjects and 1 decree more)`
  var remark: String? {
    let parts = [
      omitted > 0 ? counted(omitted, "subject") : nil,
      omittedDecrees > 0 ? counted(omittedDecrees, "decree") : nil,
    ].compactMap { $0 }
    return parts.isEmpty ? nil : "(\(parts.joined(separator: " and ")) more)"
  }
}

/// A kind as the command line has it.
enum ListedKind: String, CaseIterable, ExpressibleByArgument {
  case hosts, networks, users, homes, callers, decrees

  /// Nil of decrees, which are of several.
  var kind: Kind? {
    switch self {
    case .hosts: .host
    case .networks: .network
    case .users, .homes: .user
    case .callers: .caller
    case .decrees: nil
    }
  }
}
