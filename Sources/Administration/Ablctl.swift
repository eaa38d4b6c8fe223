public import ArgumentParser
internal import BlockList

/// The command that everything else is a part of: `ablctl`.
public struct Ablctl: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "ablctl",
    abstract: "Look at what is blocked after failed logins, and change it.",
    discussion: """
      The exit status is 0 if what was asked for is done or all is clear, 2 if a host or user is \
      blocked (check) or there are doubts (doctor), 64 if the command was not understood, and 1 \
      after any other failure.

      Names are printed so that they can't harm a terminal: a control character, a byte that isn't \
      UTF-8 and the like stand as \\xNN, a backslash is doubled. In JSON names stand the same way. \
      Times are local, those of TZ; in JSON they are RFC 3339, in UTC.
      """,
    version: "0.10.0",
    groupedSubcommands: [
      CommandGroup(
        name: "Look",
        subcommands: [
          Status.self, List.self, Show.self, Explain.self, Check.self, Events.self, Watch.self,
          Known.self, Stats.self, Metrics.self, Peers.self,
        ]),
      CommandGroup(
        name: "Change",
        subcommands: [
          BlockCommand.self, AllowCommand.self, DisallowCommand.self, Unblock.self, Fail.self,
          Update.self, ReportCommand.self,
        ]),
      CommandGroup(
        name: "Set up",
        subcommands: [
          Doctor.self, TrialCommand.self, CheckConfig.self, Simulate.self, HookCommand.self,
          Fleet.self,
        ]),
      CommandGroup(
        name: "Store",
        subcommands: [StoreCommand.self, Purge.self, Compact.self, Export.self, Import.self]),
    ])

  public init() {}

  /// Does what the words of this process say, and ends it.
  public static func main() {
    if ArgumentBytes.programName.elementsEqual(OldTool.name.utf8) {
      let arguments = ArgumentBytes.ofProcess.map { ArgumentBytes.bytes(in: $0) }
      exit(withError: ExitCode(OldTool(arguments).run()))
    }
    do {
      if let query = CheckQuery(words: ArgumentBytes.ofProcess) {
        Terminal.leave(try query.run() ? 2 : 0)
      }
      let words = WordOrder.commandsFirst(ArgumentBytes.ofProcess)
      if let misuse = MistypedCommand.misuse(in: words) { throw misuse }
      var command = try parseAsRoot(words)
      try command.run()
    } catch let misuse as Misuse {
      Terminal.write(misuse.text, to: .error)
      exit(withError: ExitCode.validationFailure)
    } catch let error as HistoryError {
      Terminal.write(error.text + "\n", to: .error)
      exit(withError: ExitCode.failure)
    } catch let error as ReadError {
      complain(error.failure(of: error.path).message)
      exit(withError: ExitCode.failure)
    } catch let error as StoreError {
      complain(error.advice)
      exit(withError: ExitCode.failure)
    } catch let failure as Failure {
      complain(failure.message)
      exit(withError: ExitCode.failure)
    } catch {
      leave(error)
    }
  }

  /// Ends as ArgumentParser would, but lets no byte of an argument through that could harm a
  /// terminal.
  private static func leave(_ error: any Error) -> Never {
    let status = exitCode(for: error)
    let message = fullMessage(for: error)
    guard !status.isSuccess else { say(message) }
    let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
    let width = Terminal.width(of: .error)
    let shown = lines.flatMap { ArgumentBytes.harmless(String($0)).wrapped(to: width, indent: 7) }
      .joined(separator: "\n")
    if !shown.isEmpty { Terminal.write(shown + "\n", to: .error) }
    exit(withError: status)
  }

  /// Ends with what was asked for, help or the version: 0 only if it could be written.
  private static func say(_ message: String) -> Never {
    do throws(WriteError) {
      if !message.isEmpty {
        try Terminal.write(Array((message + "\n").utf8), to: Terminal.Stream.output.rawValue)
      }
      Terminal.leave(0)
    } catch {
      if !error.isEndOfInterest { complain(error.message) }
      exit(withError: ExitCode.failure)
    }
  }
}
