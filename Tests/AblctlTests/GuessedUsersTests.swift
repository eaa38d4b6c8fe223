import Policy
import Testing

@testable import Administration

/// What the commands say where `host_rule` counts some users' guesses.
@Suite struct GuessedUsersTests {
  private let now = Timestamp.now
  /// No machine has such a user.
  private static let nobody = "abl-nobody-has-this-name"

  private func machine(_ rule: String = "root@*:2/1d ?@*:3/1h !root|?@*:4/1h") -> Machine {
    Machine("host_rule = \(rule)\nuser_rule = !root:50/1d\n")
  }

  @Test("explain tells at whom the attempts are that a limit counts") func explain() throws {
    let machine = machine()
    try machine.fail(host: "192.0.2.7", user: "root", at: now.adding(-60), times: 2)
    try machine.fail(host: "192.0.2.7", user: Self.nobody, at: now.adding(-30))
    try machine.fail(host: "192.0.2.7", user: "daemon", at: now.adding(-20), times: 3)
    let until = CivilTime(now.adding(86_341)).text
    let lines = machine.ablctl("explain", "192.0.2.7").lines
    #expect(lines[0].hasPrefix("host 192.0.2.7: blocked by root@*:2/1d until \(until) (in "))
    let limits = [
      "  root@*:2/1d: 2 of 2 attempts at root count, blocks until \(until)",
      "  ?@*:3/1h: 1 of 3 attempts at users that don't exist count, 2 more would block",
      "  !root|?@*:4/1h: 3 of 4 attempts at others than root or users that don't exist count, "
        + "1 more would block",
    ]
    #expect(lines.dropFirst().prefix(3).map { String($0) } == limits)
    #expect(lines.contains { $0.hasSuffix("  failed: no such user") })
  }

  @Test("check, list and the old lists name the clause that blocks") func rules() throws {
    let machine = machine()
    try machine.fail(host: "192.0.2.7", user: Self.nobody, at: now, times: 3)
    try machine.fail(host: "192.0.2.8", user: "daemon", at: now, times: 3)
    #expect(machine.ablctl("check", "-H", "192.0.2.7").output.contains("?@*:3/1h"))
    #expect(machine.ablctl("check", "-H", "192.0.2.8").status == 0)
    let listed = machine.ablctl("list", "--blocked", "--json").output
    #expect(listed.contains(#""name":"192.0.2.7""#) && listed.contains(#""rule":"?@*:3/1h""#))
    #expect(!listed.contains("192.0.2.8"))
  }

  @Test("an export keeps which users don't exist") func export() throws {
    let machine = machine()
    try machine.fail(host: "192.0.2.7", user: Self.nobody, at: now, times: 3)
    let file = machine.directory + "/export"
    #expect(machine.ablctl("export", "--output", file).status == 0)
    let other = self.machine()
    #expect(other.ablctl("import", file).status == 0)
    #expect(other.ablctl("check", "-H", "192.0.2.7").output.contains("?@*:3/1h"))
    let shown = other.ablctl("show", "192.0.2.7", "--json").output
    #expect(shown.contains(#""reason":"authentication","unknownUser":true}"#))
    #expect(!other.ablctl("show", "-U", Self.nobody, "--json").output.contains("unknownUser"))
  }

  @Test("simulate goes by the user of each line, and by what is on record") func simulate() throws {
    let machine = machine("*:50/1h")
    let file = machine.directory + "/history"
    Machine.write(
      #"{"time": 0, "kind": "host", "name": "192.0.2.7", "user": "root"}"# + "\n"
        + #"{"time": 1, "kind": "host", "name": "192.0.2.8", "user": "bob"}"# + "\n"
        + #"{"time": 1, "kind": "host", "name": "192.0.2.9", "user": null}"# + "\n", to: file)
    let words = ["simulate", "--host-rule", "root@*:1/1h", "--history", file, "--at", "9"]
    let ended = Machine.spawn(Machine.program, words.map { Array($0.utf8) }, environment: [])
    #expect(ended.lines.map { $0.contains("blocked by root@*:1/1h") } == [true, false, false])
    try machine.fail(host: "192.0.2.7", user: "root", at: now)
    try machine.fail(host: "192.0.2.8", user: "bob", at: now)
    let compared = machine.ablctl("simulate", "--host-rule", "root@*:1/1h").output
    #expect(compared.contains("192.0.2.7") && !compared.contains("192.0.2.8"))
  }

  @Test(
    "check-config says what is wrong with users, and what never matters",
    arguments: [
      ("root@*", "error: expected ':' and a limit"),
      ("@*:1/1d", "warning:"),
      ("root/sshd@*:1/1d", "error: expected '@' behind the users whose guesses count"),
      ("root||eve@*:1/1d", "error: expected a name"),
      ("root@192.0.2.0/24:1/1d", "error: a rule takes no network"),
      ("*:10/1h root@*:10/1h", "warning: this limit never matters: 10/1h blocks as soon"),
      ("root@*:9/1h,8/1h", "warning: this limit never matters: 8/1h blocks as soon"),
    ])
  func mistakes(_ rule: String, _ message: String) {
    let ended = machine(rule).ablctl("check-config")
    #expect((ended.output + ended.error).contains(message), "\(ended)")
  }

  @Test(
    "check-config finds nothing in limits for different users",
    arguments: [
      "root@*:2/1h *:10/1h,30/1d bob@*:5/1h", "root@*:1/25d !root|?@*:10/5d ?@*:5/10d",
    ])
  func right(_ rule: String) {
    let ended = machine(rule).ablctl("check-config")
    #expect(!(ended.output + ended.error).contains("never matters"))
    #expect(!(ended.output + ended.error).contains("error"), "\(ended)")
  }
}
