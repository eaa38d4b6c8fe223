internal import ArgumentParser
internal import BlockList
internal import Policy

struct CheckConfig: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what is wrong with the configuration.",
    discussion: """
      Every mistake is shown on standard error, with its line. The exit status is 1 if there is an \
      error, or if a file can't be read, and 0 if there are none, or warnings only.
      """)

  @OptionGroup var setup: Setup

  func run() throws {
    let loaded = LoadedConfiguration(file: setup.config)
    loaded.complainOfMistakes()
    if let failure = loaded.failure { throw failure }
    let warnings = loaded.diagnostics.count { $0.severity == .warning }
    guard warnings == loaded.diagnostics.count else { throw ExitCode.failure }
    let finding = warnings == 0 ? "no mistakes" : counted(warnings, "warning") + ", no errors"
    try Output.open { try $0.add(setup.config.shown + ": " + finding) }
  }
}
