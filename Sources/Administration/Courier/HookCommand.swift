internal import ArgumentParser

struct HookCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hook", abstract: "Try the programs that are run for events.",
    subcommands: [HookTestCommand.self])
}

struct HookTestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Run hooks for an event that is made up, and show how they end.",
    discussion: """
      The event is the begin of a block of 192.0.2.1, an address that is no host's; for a hook whose \
      name ends with .purge, its end. Hooks run as abl-courier runs them: as user abl, with the event \
      on standard input, and for as long as hook_time in courier.conf lets them. What can't be \
      trusted is not run, and is told. The exit status is 0 if all of them ended with 0.
      """)

  @Argument(help: "The name of a hook in /etc/abl/hooks.d; all, if not given.")
  var hook: String?

  func run() throws {
    guard Terminal.isRoot else {
      throw Failure(
        message: "hooks are run as user abl, which root alone can become; run it as root")
    }
    try CourierProgram.run(["--test-hooks"] + (hook.map { [$0] } ?? []))
  }
}
