internal import ArgumentParser
internal import BlockList
internal import Policy
internal import Upkeep

struct Fail: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Count one failed login.",
    discussion: """
      For programs that judge passwords without PAM. It counts for the host and for the user; one that \
      is on an allow list is left out. Names are taken as they are, not as they are printed: a stranger \
      chose them. When this returns with 0, the failure is on the disk.
      """)

  @OptionGroup var setup: Setup

  @Option(
    name: [.customShort("H"), .long], parsing: .unconditionalSingleValue,
    help: "The host it came from.")
  var host: [Host] = []

  @Option(
    name: [.customShort("U"), .long], parsing: .unconditionalSingleValue,
    help: "The user it was for.")
  var user: [Name] = []

  @Option(name: .shortAndLong, help: "The service it was to.")
  var service: Name

  func run() throws {
    guard !host.isEmpty || !user.isEmpty else {
      throw Misuse(command: "fail", message: "Nobody to blame. Give a --host or a --user.")
    }
    guard host.count < 2, user.count < 2 else {
      throw Misuse(command: "fail", message: "One login has one host and one user.")
    }
    let attempt = Attempt(user: user.first, host: host.first, service: service)
    let blockList = try setup.blockList()
    try blockList.fileFailure(of: attempt, at: .now)
    blockList.runCommands()
  }
}
