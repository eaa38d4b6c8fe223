import Foundation
import Harness
import Testing

extension Compliance {
  /// What is run when somebody becomes blocked, or clear again.
  @Suite("Commands")
  struct Commands {
    @Test("what was run until then", arguments: Module.allCases, plays)
    func isRun(_ module: Module, _ scenario: Scenario) throws { try scenario.hold(on: module) }

    static let plays: [Scenario] = [
      Scenario(
        "a user is blocked: once, by the attempt that does it", "user_rule=*:3/1h",
        "user_block_cmd=\(note) [block %u]",
        events: [
          .guess(at: 0, 1, 2, is: .wrong),
          .noted("block bob").butAncestorNoted(because: atTheChange),
          .enter(at: 3, 4, is: .refused), .noted("block bob"),
        ]),
      Scenario(
        "a host is blocked, with all that is known", "host_rule=*:1/1h",
        "host_block_cmd=\(note) [block] [%h] [%u] [%s]",
        events: [
          .guess(at: 0, host: "192.0.2.7", is: .wrong),
          .enter(at: 1, host: "192.0.2.7", is: .refused),
          .noted("block 192.0.2.7 bob sshd"),
        ]),
      Scenario(
        "a user is clear again: at the next look", "user_rule=*:2/100s",
        "user_block_cmd=\(note) [block %u]", "user_clear_cmd=\(note) [clear %u]",
        events: [
          .guess(at: 0, 1, is: .wrong), .enter(at: 2, is: .refused), .noted("block bob"),
          .enter(at: 200, is: .passed), .noted("block bob", "clear bob"),
        ]),
      Scenario(
        "a host is clear again", "host_rule=*:2/100s", "host_clear_cmd=\(note) [clear %h]",
        events: [
          .guess(at: 0, 1, host: "192.0.2.7", is: .wrong),
          .enter(at: 2, host: "192.0.2.7", is: .refused),
          .enter(at: 200, host: "192.0.2.7", is: .passed), .noted("clear 192.0.2.7"),
        ]),
      Scenario(
        "one service after the other, under a rule for one of them", "user_rule=*/sshd:2/1h",
        "user_block_cmd=\(note) [block %u]", "user_clear_cmd=\(note) [clear %u]",
        events: [
          .guess(at: 0, 1, is: .wrong), .enter(at: 2, is: .refused),
          .enter(at: 3, service: "su", is: .passed), .enter(at: 4, is: .refused),
          .noted("block bob")
            .butAncestorNoted(
              "block bob", "clear bob", "block bob", because: "a block doesn't flap"),
        ]),
      Scenario(
        "text outside of brackets, and escapes", "user_rule=*:1/1h",
        "user_block_cmd=run \(note) with [\\[\\]\\\\] and [100%%]",
        events: [.guess(at: 0, is: .wrong), .enter(at: 1, is: .refused), .noted("[]\\ 100%")]),
      Scenario(
        "nobody is blocked", "user_rule=*:3/1h", "user_block_cmd=\(note) [block %u]",
        "user_clear_cmd=\(note) [clear %u]",
        events: [.guess(at: 0, 1, is: .wrong), .enter(at: 2, is: .passed), .noted()]),
      Scenario(
        "an old command is not run", "user_rule=*:1/1h", "user_blk_cmd=/bin/touch DIR/noted",
        complaints: ["deprecated, ignoring; use 'user_block_cmd'"],
        events: [.guess(at: 0, is: .wrong), .enter(at: 1, is: .refused), .noted()]),
      Scenario(
        "a bracket too few", "user_rule=*:1/1h", "user_block_cmd=\(note) [block",
        complaints: ["expected ']'"],
        events: [.guess(at: 0, is: .wrong), .enter(at: 1, is: .refused), .noted()]),
      Scenario(
        "a bracket too many", "user_rule=*:1/1h", "user_block_cmd=\(note) [block]]",
        complaints: ["']' without '['"],
        events: [.guess(at: 0, is: .wrong), .enter(at: 1, is: .refused), .noted()]),
      Scenario(
        "an unknown placeholder", "user_rule=*:1/1h", "user_block_cmd=\(note) [%x]",
        complaints: ["unknown placeholder; use '%h', '%u', '%s' or '%%'"],
        events: [
          .guess(at: 0, is: .wrong), .enter(at: 1, is: .refused),
          .noted().butAncestorNoted(
            "x", because: "a mistake is an error, and its command is not run"),
        ]),
      Scenario(
        "a name that would be an option", "user_rule=*:1/1h", "user_block_cmd=\(note) [%u]",
        complaints: ["pam_abl: cannot run '/bin/sh': a name would be taken for an option"],
        events: [
          .guess(at: 0, user: "-f", is: .wrong), .enter(at: 1, user: "-f", is: .refused),
          .noted().butAncestorNoted("-f", because: "the names are the attacker's"),
        ]),
      Scenario(
        "a name of 1100 bytes", "user_rule=*:1/1h", "user_block_cmd=\(count) [%u]",
        events: [
          .guess(at: 0, user: long, is: .wrong), .enter(at: 1, user: long, is: .refused),
          .noted("255").butAncestorNoted(because: "it is cut, and no reason to skip"),
        ]),
      Scenario(
        "a program that isn't there", "user_rule=*:1/1h", "user_block_cmd=[/nowhere/program] [%u]",
        events: [.guess(at: 0, is: .wrong), .enter(at: 1, is: .refused), .noted()]),
    ]

    @Test("a command of four seconds does not hold the login up", arguments: Module.allCases)
    func isNotWaitedFor(_ module: Module) throws {
      let machine = try Machine(
        module, ["user_rule=*:1/1h", "user_block_cmd=[/bin/sleep] [4]"])
      let login = Login(password: "wrong", user: "bob", service: "sshd")
      // For how long they slept: the processor is others' as well.
      var asleep = 0.0
      for _ in 1...2 {
        for line in try machine.drive(["--asleep", "auth:wrong", "end"], login).lines {
          asleep += Double(line.split(separator: " ").last?.dropLast() ?? "") ?? 0
        }
      }
      #expect((asleep < 2) == (module == .ours), "\(asleep)")
    }

    /// Writes its arguments to the machine's notes.
    private static let note = "[/bin/sh] [-c] [printf '%%s\\\\n' \"$*\" >>DIR/noted] [sh]"
    /// Likewise the length of the first.
    private static let count = "[/bin/sh] [-c] [printf %%s \"$1\" | wc -c >>DIR/noted] [sh]"
    private static let long = String(repeating: "x", count: 1100)
    private static let atTheChange =
      "it is run at the change; the old one waits for the next attempt"
  }
}

extension Machine {
  /// What commands have written.
  ///
  /// The login doesn't wait for ours. So this does, until there is as much as there should be.
  func notes(for event: Event) throws -> [String] {
    let finding = module == .ours ? event.ours : event.ancestor
    var lines: [String] = []
    _ = eventually {
      lines = ((try? text("noted")) ?? "").split(separator: "\n").map(String.init)
      return finding == .notes(lines)
    }
    return lines
  }
}
