internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy

struct Events: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the blocks that began, went on and ended, the oldest first.",
    discussion: """
      The store keeps as many of the last events as it has room for, at most 4096. A block that \
      no attempt meets again ends when its time is over; its event is written when that is noticed: by \
      the next attempt, by 'ablctl update' or by abld.

      With --json, each line is an object: sequence (a number; the next one has the next), time, \
      event ("began", "extended", "ended"; of an allow by hand "allowed", "disallowed"), kind (as in \
      'ablctl list --json'), name, since, until, rule, failures (how many attempts on record count), \
      service, counterpart (the user that the host tried, or the host that tried the user), port (where \
      the host came from), by ("attempt", "time", "configuration", "verdict", "administrator", "room", \
      "import") and reason (why a block or an allow by hand was made, as long as it stands as it was \
      made then); null where it isn't known. Of what is decreed by hand decree is there, too ("block", \
      "allow"). A line with "skipped" says how many events were overtaken before they were read.

      'watch' is 'events --follow'.
      """)

  @OptionGroup var setup: Setup

  @Flag(name: .shortAndLong, help: "Go on with those that come, until Ctrl-C.")
  var follow = false

  @Option(
    help: ArgumentHelp(
      "Only those behind a sequence number, or since when: 90m, 12h, 7d, 2026-11-21T04:12:33Z.",
      valueName: "when"), transform: EventStart.parsed)
  var since: EventStart?

  @Flag(help: "JSON, an object a line.")
  var json = false

  func run() throws {
    let start = since ?? (follow ? .now : .beginning)
    var reader = EventReader(try setup.changeableBlockList(), start, json)
    try reader.run(follow)
  }
}

struct Watch: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show blocks as they begin, go on and end, until Ctrl-C: 'events --follow'.")

  @OptionGroup var setup: Setup

  @Option(
    help: ArgumentHelp("As for 'events'.", valueName: "when"), transform: EventStart.parsed)
  var since: EventStart?

  @Flag(help: "JSON, an object a line.")
  var json = false

  func run() throws {
    var reader = EventReader(try setup.changeableBlockList(), since ?? .now, json)
    try reader.run(true)
  }
}

/// Where a listing of events begins.
enum EventStart: ExpressibleByArgument {
  case beginning, now
  case sequence(UInt64)
  case period(Period)

  init?(argument: String) {
    if let number = UInt64(argument) {
      self = .sequence(number)
    } else if let period = Period(argument: argument) {
      self = .period(period)
    } else {
      return nil
    }
  }

  /// Reads likewise, and says what is wrong.
  static func parsed(_ argument: String) throws -> EventStart {
    if let start = EventStart(argument: argument) { return start }
    return .period(try Period.parsed(argument))
  }
}
