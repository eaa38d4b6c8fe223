internal import ArgumentParser
internal import BlockList
internal import Policy

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the hosts and users that have failed to log in.",
    discussion: """
      Hosts come first, then users. A subject counts as blocked if it is for any service, unless \
      --service names one. Who is on an allow list is never blocked.

      With --json, each line is an object: kind ("host", "user"), name, blocked, rule and until (null \
      if not blocked), failures (how many wrong passwords are on record), first and last (the times \
      of the first and of the last attempt on record).
      """)

  @OptionGroup var setup: Setup

  @Argument(help: "One kind only.")
  var kind: ListedKind?

  @Flag(help: "Only who is blocked.")
  var blocked = false

  @Option(name: .shortAndLong, help: "The service they log in to.")
  var service: Name?

  @Flag(exclusivity: .exclusive)
  var format: Format?

  func run() throws {
    let blockList = try setup.blockList()
    var listed = 0
    try Output.open { output in
      var table = SubjectTable(isColored: Terminal.isColored, now: .now)
      let judge = Judge(blockList.configuration, service, table.now)
      try SummaryListing(blockList, kind?.kind, table.now).forEachSubject { subject in
        let standing = judge.standing(of: subject)
        if blocked && standing.block == nil { return }
        if listed == 0 && format == nil { try output.add(table.heading) }
        listed += 1
        try output.addLine { table.write(SubjectRow(subject, standing), format, to: &$0) }
      }
      if listed == 0 && format == nil {
        try output.add(blocked ? "nobody is blocked" : "no failed login is on record")
      }
    }
  }
}

/// A kind as the command line has it.
enum ListedKind: String, CaseIterable, ExpressibleByArgument {
  case hosts, users

  var kind: Kind { self == .hosts ? .host : .user }
}
