internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write all that is recorded as text: a backup, also for another machine.",
    discussion: """
      An object of JSON on each line: a head, each host and user with its attempts, each decree, an end; \
      docs/store.md describes it. 'ablctl import FILE' takes it back, exactly. Logins go on meanwhile; \
      a failure of that time may be in it or not. Attempts that are still in flight are not.

      A FILE is for its owner alone, and takes the place of one of that name only when it is whole. \
      The exit status is 0 if all is written, else 1.
      """)

  @OptionGroup var setup: Setup

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where to write it; standard output, if not given.", valueName: "file"))
  var output: Path?

  func run() throws {
    let blockList = try setup.changeableBlockList()
    blockList.fileWaiting(at: .now)
    blockList.runCommands()
    var unknown = 0
    if let output, output != "-" {
      try Output.replace(output) { unknown = try Self.write(blockList, to: &$0) }
    } else {
      try Output.open { unknown = try Self.write(blockList, to: &$0) }
    }
    guard unknown == 0 else {
      let keys = counted(unknown, "entry", "entries")
      throw Failure(message: "\(keys) of a kind that this version doesn't know; left out")
    }
  }

  /// - Returns: how many subjects could not be understood.
  static func write(_ blockList: BlockList, to output: inout Output) throws -> Int {
    let decrees = try blockList.decrees(at: .now).all
    try output.add(
      bytes: ExportLine.head(at: .now, blockList.clockMemory(), hasDecrees: !decrees.isEmpty))
    var (written, attempts, unknown) = (0, 0, 0)
    var key: SubjectKey?
    while true {
      let chunk = try blockList.storedSubjects(after: key, count: 1000)
      for subject in chunk.subjects {
        try output.add(bytes: ExportLine.subject(subject))
        attempts += subject.attempts.count
      }
      written += chunk.subjects.count
      unknown += chunk.unknown
      guard let last = chunk.last else { break }
      key = last
    }
    for decree in decrees { try output.add(bytes: ExportLine.decree(decree)) }
    try output.add(
      bytes: ExportLine.end(subjects: written, attempts: attempts, decrees: decrees.count))
    return unknown
  }
}
