internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

struct ImportDenyHosts: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "denyhosts",
    abstract: "Take over thresholds, blocks, allowed hosts and counts of DenyHosts.",
    discussion: """
      The thresholds and their times are printed as lines for pam_abl.conf, with a comment of what they \
      mean; no configuration is written. What HOSTS_DENY keeps out becomes a block, until PURGE_DENY is \
      over; allowed-hosts become allows; the counts of WORK_DIR become failed attempts. What can't be \
      carried over is told with its file and line. DenyHosts' files are left as they are. This may be \
      run again.

      With --json, each line is an object; its type is "setting", "decree", "attempts", "left" or \
      "summary".
      """)

  @OptionGroup var options: HandoverOptions

  @Argument(help: ArgumentHelp("The configuration of DenyHosts.", valueName: "file"))
  var file: Path = "/etc/denyhosts.conf"

  func run() throws {
    let blockList = try options.blockList()
    var handover = Handover("DenyHosts")
    let now = Timestamp.now
    let settings = try DenyHostsSettings(file, &handover)
    let state = DenyHostsState(
      in: settings.path("WORK_DIR", or: "/var/lib/denyhosts"), at: now)
    let users = try state.restricted(settings.path("ETC_DIR", or: "/etc"), into: &handover)
    let rules = DenyHostsRules(settings, restricted: users, &handover)
    try state.readAllowed(into: &handover)
    let deny = settings.path("HOSTS_DENY", or: "/etc/hosts.deny")
    do {
      try DenyHostsFile(deny, purge: rules.purge, at: now).read(into: &handover)
    } catch let error as ReadError {
      handover.complain(
        FilePlace(file: deny.shown, line: nil), [], error.failure(of: deny).message)
    }
    try state.readCounts(rules.windows, into: &handover)
    try options.carryOut(handover, blockList)
  }
}
