internal import ArgumentParser
internal import BlockList
internal import Orders
internal import Policy
internal import Upkeep

struct AllowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "allow",
    abstract: "Let hosts, networks and users pass, by hand.",
    discussion: """
      They are neither counted nor refused, and free at once if they were blocked, in PAM and where abld \
      runs in the kernel's firewall. What a name means, and which of several decrees holds, is as for \
      'ablctl block'. An allow of a user frees that user only: a host that is blocked stays so.

      /0, which is every address, is refused without --force: no host is blocked then.

      --me is the address of this ssh connection; under sudo it is taken from the terminal's entry in \
      utmp. It is shown before it is used.

      Attempts that are on record stay there, and count again when the allow ends.

      With --everywhere, all machines that share let them pass, by an order that you sign with your ssh \
      key; it needs --for.
      """)

  @OptionGroup var decreeing: Decreeing

  @Flag(help: "The address that your ssh connection comes from.")
  var me = false

  @Flag(help: "Allow also every address.")
  var force = false

  func run() throws {
    try decreeing.decree(.allow, also: me ? [try Connection.own()] : [], isForced: force)
  }
}

struct DisallowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disallow",
    abstract: "End what 'ablctl allow' has let pass.",
    discussion: """
      What is on record of it counts again. A name of which there is no allow is told, and no failure \
      unless --strict is given. What the configuration's lists have, the configuration alone ends.

      With --everywhere, it ends on all machines that share, by an order that you sign with your ssh key.
      """)

  @OptionGroup var setup: Setup

  @Argument(help: "A host's address, a network, or a user; as the name is, or as it is printed.")
  var name: [TypedName]

  @Flag(exclusivity: .exclusive)
  var decreedKind: DecreedKind?

  private var kind: Kind? { decreedKind?.kind }

  @Flag(help: "Fail if there is no allow of a name.")
  var strict = false

  @OptionGroup(title: "Everywhere") var order: OrderOptions

  func run() throws {
    let blockList = try setup.changeableBlockList()
    guard !order.everywhere else {
      // As long as any allow: a machine that is away may hear of that one only when it returns.
      return try Everywhere(order, because: "", blockList.configuration)
        .order(.disallow, name, kind, for: Int64(Order.longest))
    }
    let now = Timestamp.now
    let known = try blockList.decrees(at: now)
    let targets = try name.map { try $0.decreed(kind, in: blockList, known, "disallow") }
    let ended = try blockList.end(.allow, on: targets, at: now)
    blockList.runCommands()
    let book = try blockList.decrees(at: now)
    var hasUnknown = false
    try Output.open { output in
      for target in targets {
        guard ended.contains(where: { $0.shown == target.shown }) else {
          hasUnknown = true
          complain(hint(target, book, at: now))
          continue
        }
        Audit.log("disallowed \(target.shown)")
        try output.tell("\(target.shown): no longer allowed by hand")
      }
    }
    if strict, hasUnknown { throw ExitCode.failure }
  }

  private func hint(_ target: AllowList.Entry, _ book: DecreeBook, at now: Timestamp) -> String {
    let message = "no allow of \(target.shown) is known"
    guard let subject = target.subject, let other = book.decree(for: subject, at: now),
      other.kind == .allow
    else { return message }
    return message + "; that of \(other.target.shown) lets it pass"
  }
}
