import Foundation
import Harness
import Testing

/// Commands at the change of a state, run by the built module.
@Suite("Commands, through the real libpam")
struct CommandTests {
  /// A configuration whose commands append their arguments to the file "ran", and the program that
  /// does.
  private static func stack(_ rules: String, program: String = recorder) throws -> Stack {
    let stack = try Stack()
    try stack.write(program.replacingOccurrences(of: "RAN", with: stack.path("ran")), to: "program")
    chmod(stack.path("program"), 0o755)
    try stack.write("", to: "ran")
    let commands = [
      ("host_block_cmd", "block"), ("host_clear_cmd", "clear"), ("user_block_cmd", "block"),
      ("user_clear_cmd", "clear"),
    ].map { "\($0)=[\(stack.path("program"))] [\($1)] [--] [%h] [%u] [%s]\n" }
    try stack.configure(rules + commands.joined())
    return stack
  }

  private static let recorder = "#!/bin/sh\necho \"$@ $# $(pwd) $(env | wc -l)\" >>RAN\n"

  /// What the commands have written, once there are `count` lines; a command runs in the
  /// background.
  private static func ran(_ count: Int, _ stack: Stack) throws -> [String] {
    try firstRight({ try stack.lines("ran") }, where: { $0.count >= count })
  }

  @Test("run once, at the change itself, with their arguments and nothing else")
  func once() throws {
    let stack = try Self.stack("host_rule=*:3/1h\n")
    _ = try stack.attempts(2)
    #expect(try stack.text("ran").isEmpty)
    _ = try stack.attempts(4)
    // PATH, LC_ALL, and what a shell adds of its own: PWD, and _ in the count.
    let lines = try Self.ran(1, stack)
    #expect(lines.count == 1)
    #expect(lines.first?.hasPrefix("block -- 192.0.2.7 bob t 5 /") == true, "\(lines)")
    try stack.setClock(3700)
    #expect(try stack.attempts(1, "right") == ["0"])
    let both = try Self.ran(2, stack)
    #expect(both.count == 2)
    #expect(both.last?.hasPrefix("clear -- 192.0.2.7") == true, "\(both)")
    #expect(try stack.attempts(1, "right") == ["0"])
    #expect(try stack.text("ran").split(separator: "\n").count == 2)
  }

  @Test("are not waited for, and are ended after five seconds")
  func slow() throws {
    let stack = try Self.stack(
      "host_rule=*:1/1h\n", program: "#!/bin/sh\necho $$ >>RAN\nexec sleep 60\n")
    // For how long it slept: the processor is others' as well.
    let login = try stack.drive("auth:wrong", "end", options: ["--no-delay", "--asleep"])
    let asleep = login.lines.compactMap { line in
      Double(line.split(separator: " ").last?.dropLast() ?? "")
    }
    #expect(!asleep.isEmpty && asleep.allSatisfy { $0 < 5 }, "\(login)")
    let process = try #require(try Int32(Self.ran(1, stack).first ?? ""))
    #expect(eventually { kill(process, 0) != 0 })
    let said = "'\(stack.path("program"))' took over 5 s, ended it"
    #expect(try eventually { try stack.text("syslog").contains(said) })
  }

  @Test("that fail are logged with their exit status")
  func failing() throws {
    let stack = try Self.stack("host_rule=*:1/1h\n", program: "#!/bin/sh\nexit 3\n")
    _ = try stack.attempts(1)
    let said = "'\(stack.path("program"))' failed: exit status 3"
    #expect(try eventually { try stack.text("syslog").contains(said) })
  }

  @Test("aren't run with a name that would be an option")
  func optionLikeName() throws {
    let stack = try Stack()
    try stack.configure("user_rule=*:1/1h\nuser_block_cmd=[/bin/true] [%u]\n")
    _ = try stack.attempts(1, user: "-rf")
    #expect(
      try stack.log.contains("pam_abl: cannot run '/bin/true': a name would be taken for an option")
    )
  }

  /// What a guesser chooses, if a program tells names: the owner of `evil.example` says whose address
  /// that is; and what stands in an argument of nft or of a shell is a language.
  @Test(
    "aren't run for a host that is a name, and are given none; that is logged",
    arguments: ["evil.example", "192.0.2.9 }; flush ruleset", "$(id)", "192.0.2.256"])
  func named(_ host: String) throws {
    let stack = try Self.stack("host_rule=*:2/1h\nuser_rule=*:4/1h\n")
    _ = try stack.attempts(2, host: host)
    let program = stack.path("program")
    let said = "pam_abl: not running '\(program)' for the host '\(host)': a name is no address"
    #expect(try stack.log == [said])
    _ = try stack.attempts(2)
    // That of the user has an empty argument in its place.
    _ = try stack.attempts(2, user: "eve", host: "192.0.2.1")
    let lines = try Self.ran(3, stack).sorted()
    #expect(lines.count == 3 && !lines.joined().contains(host), "\(lines)")
    #expect(lines.allSatisfy { $0.hasPrefix("block -- 192.0.2.") }, "\(lines)")
  }

  @Test("don't disturb the program that PAM runs in: it sees no child of ours")
  func silent() throws {
    let stack = try Self.stack("host_rule=*:1/1h\n")
    // It has one child of its own, which it does see.
    let program = stack.command("auth:wrong", "forkend:0", "end")
    let outcome = try stack.run(
      "strace",
      [
        "-f", "-e", "trace=none", "-e", "signal=SIGCHLD", "-o", stack.path("signals"), "sh",
        "-c", "echo $$ >\(stack.path("number")); exec \(program)",
      ])
    #expect(outcome.status == 0, "\(outcome)")
    #expect(try Self.ran(1, stack).count == 1)
    let number = try stack.text("number").split(separator: "\n").first ?? ""
    let seen = try stack.text("signals").split(separator: "\n").filter {
      $0.split(separator: " ").first == number && $0.contains("SIGCHLD")
    }
    #expect(seen.count == 1, "\(seen)")
  }
}
