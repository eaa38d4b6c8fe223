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

  @Test("has nothing to do where nobody was blocked") func nobody() {
    #expect(machine.ablctl("update") == Ended(status: 0, output: "", error: ""))
  }
}
