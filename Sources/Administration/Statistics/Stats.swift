internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

struct Stats: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Count the failures on record, by time, service, user or host.",
    discussion: """
      Every attempt on record counts, once, though it stands under its host and under its user; also \
      those that still wait in the table and in the journal. What has expired, or was forgiven, is on \
      record no more. Of the attempts that are refused only as many are written down as it takes to \
      keep a block up, so there were more of them. An attempt in flight is no failure yet.

      Hours and days are those of the machine's time zone, or of TZ; the first row begins with \
      --since. Names stand in the order of their attempts, most first.

      With --json it is one object: since, until, by, failed, refused, hosts and users (how many the \
      attempts name), blockedHosts, blockedUsers, blockedNetworks, blockedHomes, blockedCallers, \
      rows (start or name, failed, refused) and others (count, failed, refused: the names that --top leaves out; null by hour and day).

      A picture is SVG, for its owner alone, and takes the place of one of that name only when it is \
      whole.
      """)

  @OptionGroup var setup: Setup

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How far to look back (90m, 12h, 7d), or since when (2026-11-21T04:12:33Z).",
      valueName: "time"),
    transform: Period.parsed)
  var since = Period.length(7 * 24 * 60 * 60, "7d")

  @Option(help: ArgumentHelp("What to count by.", valueName: "group"))
  var by = Grouping.day

  @Option(
    help: ArgumentHelp("How many services, users or hosts to show.", valueName: "number"))
  var top = PositiveCount(10)

  @Flag(help: "Print JSON, one object.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Draw it into a file, and print no table; - is standard output.", valueName: "file"))
  var svg: Path?

  func run() throws {
    guard !json || svg != "-" else {
      throw Misuse(command: "stats", message: "Give either --json or --svg -.")
    }
    let now = Timestamp.now
    let start = since.start(before: now)
    guard start <= now else {
      throw Misuse(command: "stats", message: "Give a --since that is not in the future.")
    }
    let blockList = try setup.blockList()
    let configuration = blockList.configuration
    guard let counter = AttemptCounter(by, since: start, until: now, configuration) else {
      let instead = by == .hour ? ", or --by day" : ""
      let message = "More than \(Spans.most) \(by.title)s. Give a shorter --since\(instead)."
      throw Misuse(command: "stats", message: message)
    }
    try show(try count(counter, blockList, at: now))
  }

  private func count(
    _ counter: AttemptCounter, _ blockList: BlockList, at now: Timestamp
  ) throws -> Statistics {
    var counter = counter
    var blocked = BlockedCount(blockList.configuration, try blockList.decrees(at: now), at: now)
    try RecordListing(blockList, at: now).forEachSubject { subject, record in
      let times = record.times(at: now)
      counter.add(subject, record.attempts, times)
      blocked.add(subject, times, record.series(at: now))
    }
    return counter.statistics(blocked, top: top.count)
  }

  private func show(_ statistics: Statistics) throws {
    if svg == "-" {
      try Output.open { try $0.add(statistics.picture) }
    } else if let svg {
      try Output.replace(svg) { try $0.add(statistics.picture) }
    }
    if json {
      try Output.open { try $0.add(bytes: statistics.object) }
    } else if svg == nil {
      try Output.open(isPaged: true) { try statistics.write(.ofOutput, to: &$0) }
    }
  }
}

/// A number from 1.
struct PositiveCount: ExpressibleByArgument {
  let count: Int

  init(_ count: Int) { self.count = count }

  init?(argument: String) {
    guard let count = Int(argument), count > 0 else { return nil }
    self.count = count
  }

  var defaultValueDescription: String { String(count) }
}
