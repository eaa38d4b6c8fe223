internal import ArgumentParser

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take over what another program has recorded.",
    subcommands: [ImportPamAbl.self])
}
