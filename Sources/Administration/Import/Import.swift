internal import ArgumentParser

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take over an export, or what another program has recorded.",
    discussion: """
      'ablctl import FILE' takes back what 'ablctl export' has written, and is short for 'ablctl \
      import abl FILE'; a file called pam_abl is ./pam_abl.
      """,
    subcommands: [
      ImportAbl.self, ImportPamAbl.self, ImportDenyHosts.self, ImportFail2Ban.self,
      ImportHostsAllow.self, ImportBlocklist.self,
    ],
    defaultSubcommand: ImportAbl.self)
}
