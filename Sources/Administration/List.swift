internal import ArgumentParser
internal import BlockList
internal import Policy

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the hosts and users that have failed to log in.",
    discussion: """
      Hosts come first, then users, addresses before names; with --sort failures those with the most \
      failures, with --sort last those with the latest attempt, and of equal ones the first by name. A \
      subject counts as blocked if it is for any service, unless \
      --service names one. Who is on an allow list is never blocked.

      With --json, each line is an object: kind ("host", "user"), name, blocked, rule and until (null \
      if not blocked), standing ("clear", "blocked", "allowed"), failures (how many wrong passwords \
      are on record), first and last (the times of the first and of the last attempt on record).
      """)

  @OptionGroup var setup: Setup

  @Argument(help: "One kind only.")
  var kind: ListedKind?

  @Flag(help: "Only who is blocked.")
  var blocked = false

  @Option(name: .shortAndLong, help: "The service they log in to.")
  var service: Name?

  @Option(help: ArgumentHelp("What they are ordered by.", valueName: "order"))
  var sort = SubjectOrder.name

  @Option(help: ArgumentHelp("Only so many, the first of them.", valueName: "number"))
  var top: PositiveCount?

  @Flag(exclusivity: .exclusive)
  var format: Format?

  func run() throws {
    let blockList = try setup.blockList()
    blockList.complainOfNoRule(setup.config)
    var listed = 0
    try Output.open { output in
      var table = SubjectTable(
        isColored: Terminal.isColored, now: .now, width: output.width)
      func add(_ row: SubjectRow) throws {
        if listed == 0 && format == nil { try output.add(table.heading) }
        listed += 1
        try output.addLine { table.write(row, format, to: &$0) }
      }
      var ranking = sort == .name ? nil : SubjectRanking(sort, top: top?.count)
      let judge = Judge(blockList.configuration, service, table.now)
      let listing = SummaryListing(blockList, kind?.kind, table.now)
      try (blocked ? listing.forEachBlockedSubject : listing.forEachSubject) { subject in
        if ranking == nil, let top, listed >= top.count { return }
        let standing = judge.standing(of: subject)
        if blocked && standing.block == nil { return }
        let row = SubjectRow(subject, standing)
        if ranking == nil { try add(row) } else { ranking?.add(row) }
      }
      for row in ranking?.rows ?? [] { try add(row) }
      if listed == 0 && format == nil {
        try output.add(blocked ? "nobody is blocked" : Self.emptiness(MachineFiles()))
      }
    }
  }

  /// What an empty list says: a module that no stack names, too, leaves it empty.
  static func emptiness(_ files: MachineFiles) -> String {
    let sentence = "no failed login is on record"
    return files.firstLine == nil ? sentence + "; no PAM stack names pam_abl.so" : sentence
  }
}

/// A kind as the command line has it.
enum ListedKind: String, CaseIterable, ExpressibleByArgument {
  case hosts, users

  var kind: Kind { self == .hosts ? .host : .user }
}
