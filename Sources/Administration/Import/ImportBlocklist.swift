internal import ArgumentParser
internal import BlockList
internal import Daemon
internal import Platform
internal import Policy
internal import Sharing

struct ImportBlocklist: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blocklist",
    abstract: "Keep out the addresses and networks of a plain list, for a time.",
    discussion: """
      One address or network a line, as 192.0.2.7, 198.51.100.0/24 or 2001:db8::/32; what stands behind \
      '#' or ';' is a comment. Each becomes a block that ends by itself, after a day if --for isn't \
      given, and has the reason 'blocklist:NAME'. NAME is the file's, without what stands behind its dot. \
      Run it again with a newer list before that: what is still listed is prolonged.

      A list is advice, so it is under the policy of advice. Left out are what is allowed here, this \
      machine's own addresses, its gateways and resolvers, networks where a user has logged in, \
      private addresses, and networks larger than /8 (of IPv6: /16). That is looked up when the list is \
      imported.

      With --json, each line is an object; its type is "decree", "left" or "summary".
      """)

  @OptionGroup var options: HandoverOptions

  @Argument(help: ArgumentHelp("The list; - is standard input.", valueName: "file"))
  var file: Path

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("For how long, as 2d; a day, if not given.", valueName: "time"))
  var term: DecreeTerm?

  @Option(
    name: .customLong("as"),
    help: ArgumentHelp("What the list is called, in place of its file's name.", valueName: "name"))
  var title: Name?

  func run() throws {
    let blockList = try options.blockList()
    let now = Timestamp.now
    var handover = Handover("blocklist \(title?.shown ?? name.shown)")
    let sanctuary = try Sanctuary(of: blockList, at: now)
    let list = Blocklist(
      file, named: title ?? name, for: term?.length ?? 86_400, sanctuary, at: now)
    try list.read(into: &handover)
    try options.carryOut(handover, blockList)
  }

  /// `drop` of `/var/cache/drop.txt`.
  private var name: Name {
    guard file != "-" else { return "stdin" }
    let last = file.bytes.split(separator: UInt8(ascii: "/")).last ?? []
    let stem = last.prefix { $0 != UInt8(ascii: ".") }
    return Name(stem.isEmpty ? last : stem)
  }
}
