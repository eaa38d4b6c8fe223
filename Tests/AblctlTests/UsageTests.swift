import Testing

@testable import Administration

@Suite struct UsageTests {
  private let machine = Machine()

  @Test(
    "refuses arguments that make no sense, and says why",
    arguments: [
      ("check", "Nothing to check. Give a name, a --host or a --user."),
      ("check --hots x", "Unknown option '--hots'. Did you mean '--host'?"),
      ("check -H UNKNOWN", "The value 'UNKNOWN' is invalid for '-H <host>'"),
      ("check -s", "Missing value for '-s <service>'"),
      ("check -U x --json --quiet", exclusive("--quiet", "--json")),
      (
        "list both",
        "The value 'both' is invalid for '<kind>'. Please provide one of the following:"
      ),
      ("list hosts users", "Unexpected argument 'users'"),
      ("fail -s sshd", "Nobody to blame. Give a --host or a --user."),
      ("fail -H 192.0.2.7", "Missing expected argument '--service <service>'"),
      ("fail --hots x -s sshd", "Unknown option '--hots'. Did you mean '--host'?"),
      ("show", "Missing expected argument '<name> ...'"),
      ("fail -H 192.0.2.7 -H 192.0.2.8 -s sshd", "One login has one host and one user."),
      ("show x --host --user", exclusive("--user", "--host")),
      ("unblock", "Nobody to unblock. Give a name, --me or --all."),
      ("unblock x --all", "Give either names or --all."),
      ("unblock --everything", "Unknown option '--everything'"),
      ("status now", "Unexpected argument 'now'"),
      ("doctor sshd", "Unexpected argument 'sshd'"),
      (
        "list --sort size",
        "The value 'size' is invalid for '--sort <order>'. "
          + "Please provide one of 'name', 'failures' or 'last'."
      ),
      ("list --top 0", "The value '0' is invalid for '--top <number>'"),
      ("unban", "Nobody to unblock. Give a name, --me or --all."),
      ("metrics --file", "Missing value for '--file <file>'"),
      ("purge now", "Unexpected argument 'now'"),
      ("lst", "There is no command 'lst'. Did you mean 'list'?"),
      ("stauts", "There is no command 'stauts'. Did you mean 'status'?"),
      ("exp 192.0.2.7", "There is no command 'exp'."),
      ("expl 192.0.2.7", "There is no command 'expl'. Did you mean 'explain'?"),
      ("banned", "There is no command 'banned'. Did you mean 'list'?"),
      ("frobnicate", "There is no command 'frobnicate'."),
      ("help nosuch", "There is no command 'nosuch'."),
      ("block bob --caller", "Unknown option '--caller'"),
      ("import pam_abl /none --network", "Unknown option '--network'"),
      (
        "trial start --for 1y",
        "The value '1y' is invalid for '--for <time>': unknown unit; use 's', 'm', 'h' or 'd'"
      ),
      ("--config F lst", "There is no command 'lst'. Did you mean 'list'?"),
      ("--json frobnicate", "There is no command 'frobnicate'."),
      ("doctor --try --root /tmp", "Only this machine can be tried: --try or --root."),
    ] as [(String, String)])
  func refuses(line: String, message: String) {
    let ended = machine.run(line.split(separator: " ").map { Array($0.utf8) })
    #expect(ended.error.split(separator: "\n").first == "Error: \(message)")
    #expect(ended.output == "")
    #expect(ended.status == 64)
  }

  /// Behind the others stands --config, which would be the host here.
  @Test("refuses an option without its host") func hostless() {
    let words = ["check", "-H"].map { Array($0.utf8) }
    let ended = Machine.spawn(Machine.program, words, environment: [])
    #expect(ended.error.hasPrefix("Error: Missing value for '-H <host>'\n"))
    #expect(ended.output == "" && ended.status == 64)
  }

  @Test("knows no other command") func command() {
    let ended = Machine.spawn(Machine.program, [Array("frob".utf8)], environment: [])
    #expect(ended.error.hasPrefix("Error: There is no command 'frob'.\n"))
    #expect(ended.status == 64)
  }

  private static func exclusive(_ second: String, _ first: String) -> String {
    "Value to be set with flag '\(second)' had already been set with flag '\(first)'"
  }

  @Test("names the help to read, once it is clear which") func hint() {
    #expect(
      machine.ablctl("unblock").error == """
        Error: Nobody to unblock. Give a name, --me or --all.
          See 'ablctl unblock --help' for more information.

        """)
  }

  @Test("says which version it is") func version() {
    let ended = machine.ablctl("--version")
    #expect(ended == Ended(status: 0, output: "0.10.0\n", error: ""))
  }

  @Test(
    "has help for each command, its options in sentences",
    arguments: Ablctl.configuration.subcommands.map { $0._commandName })
  func help(command: String) {
    let ended = machine.ablctl(command, "--help")
    #expect(ended.status == 0)
    let options = ended.output.split(separator: "\n").drop { $0 != "OPTIONS:" }.dropFirst()
    let texts = options.joined(separator: " ").split(separator: "  -").map { text in
      text.split(separator: " ").joined(separator: " ")
    }
    for text in texts where !text.hasSuffix("Show help information.") {
      // What may be given, and what is meant if nothing is, is ArgumentParser's to add.
      let sentence = text.replacing(/\ \((?:values|default): [^()]*\)$/, with: "")
      #expect(sentence.hasSuffix("."), "\(text)")
    }
  }
}
