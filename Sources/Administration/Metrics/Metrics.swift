internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

struct Metrics: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print what monitoring wants to know, as OpenMetrics.",
    discussion: """
      How many hosts and users are blocked and on record, their attempts, those that wait for the \
      store and since when, the size and room of the store, and what logins have met since the table \
      of attempts in flight was made; docs/monitoring.md describes each. No name is in it. What can't be \
      told is left out: the sizes while there is no store, and the time of the oldest attempt that \
      waits while none does.

      With --file it is written for all to read, as the textfile collector of Prometheus' \
      node_exporter wants it, and takes the place of one of that name only when it is whole. If the \
      store can't be read the file stays as it was, and the exit status is 1.
      """)

  @OptionGroup var setup: Setup

  @Option(
    help: ArgumentHelp(
      "Where to write it; standard output, if not given.", valueName: "file"))
  var file: Path?

  func run() throws {
    let text = try Measurements(try setup.blockList(), at: .now).text
    if let file, file != "-" {
      try Output.replace(file, mode: 0o644) { try $0.add(text) }
    } else {
      try Output.open { try $0.add(text) }
    }
  }
}
