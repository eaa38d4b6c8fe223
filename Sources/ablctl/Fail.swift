internal import ArgumentParser
internal import BlockList
internal import Policy

struct Fail: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Count one failed login.",
    discussion: """
      For programs that judge passwords without PAM. It counts for the host and for the user; whoever \
      is on an allow list is left out. When this returns with 0, the failure is on the disk.
      """)

  @OptionGroup var setup: Setup

  @Option(name: [.customShort("H"), .long], help: "The host it came from.")
  var host: Host?

  @Option(name: [.customShort("U"), .long], help: "The user it was for.")
  var user: Name?

  @Option(name: .shortAndLong, help: "The service it was to.")
  var service: Name

  func run() throws {
    guard host != nil || user != nil else {
      throw Misuse(command: "fail", message: "Nobody to blame. Give a --host or a --user.")
    }
    let attempt = Attempt(user: user, host: host, service: service)
    let blockList = try setup.blockList()
    try blockList.recordFailure(of: attempt, at: .now)
    blockList.runCommands()
  }
}
