import Testing

@testable import ablctl

@Suite struct UsageTests {
  private let machine = Machine()

  @Test(
    "refuses arguments that make no sense, and says why",
    arguments: [
      ("check", "Nothing to check. Give a --host or a --user."),
      ("check --hots x", "Unknown option '--hots'. Did you mean '--host'?"),
      ("check -H UNKNOWN", "The value 'UNKNOWN' is invalid for '-H <host>'"),
      ("check -H", "Missing value for '-H <host>'"),
      ("check -U x --json --quiet", exclusive("--quiet", "--json")),
      (
        "list both",
        "The value 'both' is invalid for '<kind>'. Please provide one of 'hosts' and 'users'."
      ),
      ("list hosts users", "Unexpected argument 'users'"),
      ("fail -s sshd", "Nobody to blame. Give a --host or a --user."),
      ("fail -H 192.0.2.7", "Missing expected argument '--service <service>'"),
      ("fail --hots x -s sshd", "Unknown option '--hots'. Did you mean '--host'?"),
      ("show", "Missing expected argument '<name>'"),
      ("show x --host --user", exclusive("--user", "--host")),
      ("unblock", "Nobody to unblock. Give a name, or --all."),
      ("unblock x --all", "Give either names or --all."),
      ("unblock --everything", "Unknown option '--everything'"),
      ("purge now", "Unexpected argument 'now'"),
    ] as [(String, String)])
  func refuses(line: String, message: String) {
    let ended = machine.run(line.split(separator: " ").map { Array($0.utf8) })
    #expect(ended.error.split(separator: "\n").first == "Error: \(message)")
    #expect(ended.output == "")
    #expect(ended.status == 64)
  }

  @Test("knows no other command") func command() {
    let ended = Machine.spawn(Machine.program, [Array("frob".utf8)], environment: [])
    #expect(ended.error.hasPrefix("Error: Unexpected argument 'frob'\n"))
    #expect(ended.status == 64)
  }

  private static func exclusive(_ second: String, _ first: String) -> String {
    "Value to be set with flag '\(second)' had already been set with flag '\(first)'"
  }

  @Test("names the help to read, once it is clear which") func hint() {
    #expect(
      machine.ablctl("unblock").error == """
        Error: Nobody to unblock. Give a name, or --all.
          See 'ablctl unblock --help' for more information.

        """)
  }

  @Test("says which version it is") func version() {
    let ended = machine.ablctl("--version")
    #expect(ended == Ended(status: 0, output: "0.1.0\n", error: ""))
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
      #expect(text.hasSuffix(".") || text.hasSuffix("/pam_abl.conf)") || text.hasSuffix("sshd)"))
    }
  }
}
