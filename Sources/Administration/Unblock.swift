internal import ArgumentParser
internal import BlockList
internal import Orders
internal import Platform
internal import Policy
internal import Text
internal import Upkeep

struct Unblock: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "End every block of hosts, networks and users, and forget their attempts.",
    discussion: """
      An address is a host, a network is all hosts in it; any other name is looked up among the hosts \
      and among the users, unless --host or --user says which. A name of which nothing is known is \
      told, and no failure unless --strict is given; then the exit status is 1 once the others are \
      forgiven. The log names what was done, and the administrator.

      Blocks by hand end, too: that of the name, and those within a network. What a wider one keeps out \
      stays so, and is told: 'ablctl allow' lets a part of it pass.

      Where abld runs, this waits until the kernel's firewall lets them in again, for a second at most; \
      then it says which host the kernel still keeps away, and why.

      A failure counts for its host and for its user. Users that a forgiven host has tried, and hosts \
      that have tried a forgiven user, are told if they are still blocked, and so are networks of a host; \
      with --with-users such users are forgiven too.

      --all asks first, if a person is at the terminal, and writes an export beside the store before: \
      'ablctl import' takes that back.

      With --json, each line is an object: kind, name, wasBlocked, attempts (how many were forgotten) \
      and done (false with --dry-run).

      With --everywhere, all machines that share forget the attempts of an address, a network or a user, \
      and no report made up to now blocks it on any. You sign that order with your ssh key, as one of \
      the operators that each machine knows; machines that are away carry it out when they return, \
      within --for. It is told how many have done so, after --wait seconds at most.

      'unban' is another name of this command.
      """,
    aliases: ["unban"])

  @OptionGroup var setup: Setup

  @Argument(
    help: "What to forgive; as the name is, or as it is printed.",
    completion: .custom { KnownNames.blocked($0, $1, $2) })
  var name: [TypedName] = []

  @Flag(exclusivity: .exclusive)
  var kind: Kind?

  @Flag(help: "The address that your ssh connection comes from.")
  var me = false

  @Flag(help: "Forgive all hosts and users, or all of one kind.")
  var all = false

  @Flag(help: "Forgive the users that the hosts have tried, too.")
  var withUsers = false

  @Flag(name: [.customShort("n"), .long], help: "Only say what would be done.")
  var dryRun = false

  @Flag(help: "Fail if nothing is known of a name.")
  var strict = false

  @Flag(name: .shortAndLong, help: "Do not ask, with --all.")
  var yes = false

  @Flag(help: "Write no export, with --all.")
  var noBackup = false

  @Flag(exclusivity: .exclusive)
  var format: Format?

  @OptionGroup(title: "Everywhere") var order: OrderOptions
  @OptionGroup(title: "Everywhere") var pardon: PardonOptions

  func run() throws {
    let names = name + (me ? [try Connection.own()] : [])
    guard !order.everywhere else { return try orderEverywhere(names) }
    guard all || !names.isEmpty else {
      throw Misuse(command: "unblock", message: "Nobody to unblock. Give a name, --me or --all.")
    }
    guard !all || names.isEmpty else {
      throw Misuse(command: "unblock", message: "Give either names or --all.")
    }
    let blockList = try setup.changeableBlockList()
    if all {
      try Amnesty(blockList, kind, isDry: dryRun, hasBackup: !noBackup).grant(isSure: yes)
    } else {
      try forgive(names, blockList)
    }
  }

  private func orderEverywhere(_ names: [TypedName]) throws {
    guard !all, !names.isEmpty, !withUsers, !dryRun, format == nil else {
      throw Misuse(
        command: "unblock", message: "With --everywhere, give names; no other flag goes with it.")
    }
    let blockList = try setup.changeableBlockList()
    guard case .length(let length, _) = pardon.length else {
      throw Failure(message: "'--for': expected a length of time, as in 1h")
    }
    try Everywhere(order, because: pardon.reason, blockList.configuration)
      .order(.unblock, names, kind, for: length)
  }

  private func forgive(_ all: [TypedName], _ blockList: BlockList) throws {
    var seen: Set<TypedName> = []
    let names = all.filter { seen.insert($0).inserted }
    let manner = Pardon.Manner(isDry: dryRun, withUsers: withUsers, format: format)
    var pardon = Pardon(blockList, kind, manner)
    try Output.open { output in
      let release = DecreeRelease(blockList, kind, manner)
      let released = try release.end(names, to: &output)
      pardon.note(released: released.union(try release.keptOut(names)))
      for start in stride(from: 0, to: names.count, by: Pardon.batch) {
        try pardon.forgive(names[start...].prefix(Pardon.batch), &output)
      }
      if format == nil {
        try pardon.tellWhoStaysBlocked(&output)
        for line in try release.stillBlocked(names) { try output.tell(line) }
      }
      let kept = KernelRelease().await(pardon.addresses)
      if format == nil { for line in kept { try output.tell(line) } }
    }
    if let misuse = pardon.misuse { throw misuse }
    if strict, pardon.hasUnknown { throw ExitCode.failure }
  }
}
