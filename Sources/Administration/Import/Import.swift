internal import ArgumentParser

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take over an export, or what another program has recorded.",
    discussion: """
      'ablctl import FILE' takes back what 'ablctl export' has written, and is short for 'ablctl \
      import abl FILE'; a file that has the name of one of these subcommands is ./NAME.
      """,
    subcommands: [
      ImportAbl.self, ImportPamAbl.self, ImportDenyHosts.self, ImportFail2Ban.self,
      ImportHostsAllow.self, ImportBlocklist.self,
    ],
    defaultSubcommand: ImportAbl.self)
}
