internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

struct Purge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Remove whose attempts have all expired.",
    discussion: """
      That is after 'host_purge', 'user_purge' and 'network_purge' of the configuration, as they are \
      now. Logins go on meanwhile. What is due is also removed bit by bit as others fail, so this need not be run for \
      correct verdicts. While the clock can't be trusted, because it has leapt, nothing is removed.

      It may be interrupted at any moment: what it has removed is gone, the rest is as it was, and the \
      exit status is 130.
      """)

  @OptionGroup var setup: Setup

  func run() throws {
    let blockList = try setup.changeableBlockList()
    let interruption = Interruption()
    var bar = ProgressBar()
    var signal: CInt?
    let removed = try blockList.purge(at: .now) { progress in
      bar.show(progress.done, of: progress.all, "removed \(progress.removed)")
      signal = interruption.take()
      return signal == nil
    }
    bar.clear()
    blockList.runCommands()
    let report = "removed " + counted(removed, "subject")
    try Output.open { try $0.add(signal == nil ? report : report + " before it was interrupted") }
    if let signal { throw ExitCode(128 + signal) }
  }
}
