internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

struct ImportAbl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "abl",
    abstract: "Take back what 'ablctl export' has written.",
    discussion: """
      A subject that isn't known here is taken over exactly as it was. A known one gets the attempts \
      that it lacks, and is blocked if they are enough; so this may be run again, and on several \
      exports. No command is run for it. Logins go on meanwhile: 500 subjects are written at a time.

      A line that can't be read is told with its place, and the rest is taken over; the exit status is \
      1 then, and also if the end is missing. An export of a newer version is refused.
      """)

  @OptionGroup var setup: Setup

  @Argument(help: ArgumentHelp("The export; - is standard input.", valueName: "file"))
  var file: Path

  @Flag(help: "Only read, and say what would be taken over.")
  var dryRun = false

  func run() throws {
    let blockList = try setup.blockList()
    var restorer = Restorer(blockList, file, isDry: dryRun)
    try restorer.run()
    try Output.open { try $0.add(restorer.summary) }
    if restorer.isDamaged { throw ExitCode.failure }
  }
}
