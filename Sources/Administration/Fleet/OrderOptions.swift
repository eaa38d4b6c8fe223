internal import ArgumentParser
internal import CSystem
internal import Orders

/// How an order for all machines is made, and signed.
struct OrderOptions: ParsableArguments {
  @Flag(help: "On all machines that share, by an order that you sign; see docs/fleet.md.")
  var everywhere = false

  @Option(
    help: ArgumentHelp(
      "Your ssh key, or its public half if an agent has it; ~/.ssh/id_ed25519, if not given.",
      valueName: "file"))
  var key: String?

  @Option(
    help: ArgumentHelp(
      "Your name in /etc/abl/operators; needed if there are several.", valueName: "operator"))
  var by: String?

  @Option(
    help: ArgumentHelp("How long to wait for the other machines, in seconds.", valueName: "seconds")
  )
  var wait = 10

  var keyFile: String {
    if let key { return key }
    let home = unsafe getenv("HOME").map { unsafe String(cString: $0) } ?? "/root"
    return home + "/.ssh/id_ed25519"
  }
}

/// For how long an order to unblock holds, and why.
struct PardonOptions: ParsableArguments {
  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "For how long machines that are away now shall carry the order out, too.", valueName: "length"
    ),
    transform: { Period.length(try DecreeTerm.parsed($0).length, $0) })
  var length: Period = .length(3600, "1h")

  @Option(help: ArgumentHelp("Why, for people.", valueName: "text"))
  var reason = ""
}
