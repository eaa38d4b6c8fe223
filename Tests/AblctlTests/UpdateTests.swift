import Glibc
import Policy
import Testing

import func Harness.eventually

@testable import Administration

@Suite(.enabled(if: geteuid() == 0, "runs commands as root")) struct UpdateTests {
  private let machine = Machine()

  @Test(
    "runs the command for a block that has ended by time alone",
    arguments: ["update", "pam_abl -u"])
  func update(command: String) throws {
    machine.configure(
      "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\n"
        + "user_rule = *:2/1h\nuser_clear_cmd = [/usr/bin/touch] [\(machine.directory)/-%u]\n")
    for _ in 0..<2 { #expect(machine.ablctl("fail", "-U", "eve", "-s", "sshd").status == 0) }
    let later = try Later(seconds: 3700, machine)
    let ended =
      command == "update"
      ? machine.ablctl("update", environment: later.environment)
      : machine.pamAbl("-u", environment: later.environment)
    #expect(ended == Ended(status: 0, output: "", error: ""))
    #expect(eventually { access(machine.directory + "/-eve", F_OK) == 0 })
  }

  /// What a mistake says, and which commands are run for a host and a user whose rules are gone.
  @Test(
    "ends no block for a mistake in what the configuration says of its kind, and says so",
    arguments: [
      ("host_rule = *:3x/1h", ["host"]), ("host_rul = *:3/1h", ["host", "user"]),
      ("host_rule = *:9/1h \\\n  *:3x/1h", ["host", "user"]),
      ("debug user_rule = *:3/1h", ["host", "user"]),
      ("config = /nowhere/at/all", ["host", "user"]),
      ("user_rule = *:3/x", ["user"]), ("log_hots", ["host", "user"]), ("socket = x", []),
      ("", []),
    ] as [(String, [String])], ["update", "pam_abl -u"])
  func mistaken(mistake: (text: String, kept: [String]), command: String) throws {
    let touch = "[/usr/bin/touch] [\(machine.directory)"
    let places =
      machine.homes + "host_clear_cmd = \(touch)/-host]\nuser_clear_cmd = \(touch)/-user]\n"
    machine.configure(places + "host_rule = *:2/1h\nuser_rule = *:2/1h\n")
    try machine.fail(host: "192.0.2.7", user: "eve", at: .now, times: 2)
    machine.configure(places + mistake.text + "\n")
    let ended = command == "update" ? machine.ablctl("update") : machine.pamAbl("-u")
    #expect(ended.status == (mistake.kept.isEmpty ? 0 : 1))
    let words = mistake.kept.map { $0 + "s" }
    #expect(words.allSatisfy { ended.error.contains("no block of") && ended.error.contains($0) })
    for kind in ["host", "user"] where !mistake.kept.contains(kind) {
      #expect(eventually { access(machine.directory + "/-" + kind, F_OK) == 0 })
    }
    // Nothing is forgotten of them: once it is mended, they end.
    for kind in mistake.kept { #expect(access(machine.directory + "/-" + kind, F_OK) != 0) }
    machine.configure(places)
    #expect(machine.ablctl("update").status == 0)
    for kind in mistake.kept {
      #expect(eventually { access(machine.directory + "/-" + kind, F_OK) == 0 })
    }
  }

  @Test("has nothing to do where nobody was blocked") func nobody() {
    #expect(machine.ablctl("update") == Ended(status: 0, output: "", error: ""))
  }
}
