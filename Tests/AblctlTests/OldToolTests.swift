import Glibc
import Policy
import Testing

@testable import Administration
@testable import PamAbl

@Suite struct OldToolTests {
  private let machine = Machine(
    "host_rule = *:3/1h,30/1d 10.9.9.9:1/1m\nuser_rule = !root/sshd:3/1h root|bob:5/1h *:3/1h\n"
      + "user_whitelist = carol\n")
  private let now = Timestamp.now

  private func fill() throws {
    try machine.fail(host: "192.0.2.7", user: "alice", at: now.adding(-93_600))
    try machine.fail(host: "192.0.2.7", user: "alice", at: now, times: 3)
    try machine.fail(host: nil, user: "bob", service: "login", at: now)
    try machine.fail(host: "mail.example.com", user: nil, service: "dovecot", at: now)
  }

  @Test("lists users, then hosts, with the clauses that block") func list() throws {
    try fill()
    let expected = """
      Failed users:
      \talice (4)
      \t\tBlocked based on rule [!root/sshd], [*]
      \tbob (1)
      \t\tNot blocking
      Failed hosts:
      \t192.0.2.7 (4)
      \t\tBlocked based on rule [*]
      \tmail.example.com (1)
      \t\tNot blocking

      """
    #expect(machine.pamAbl() == Ended(status: 0, output: expected, error: ""))
    #expect(machine.pamAbl("-r", "-s", "sshd").output == expected)
    #expect(machine.pamAbl("-U", "alice") == Ended(status: 0, output: "", error: ""))
  }

  @Test("lists every attempt", arguments: ["-v", "--verbose", "--verb"])
  func attempts(option: String) throws {
    try fill()
    let (time, then) = (CivilTime(now).asctime, CivilTime(now.adding(-93_600)).asctime)
    let expected = """
      Reading config from \(machine.config)
      Failed users:
      \talice (4)
      \t\tsshd\t\t192.0.2.7\t\tAUTH\t\t\(then)
      \t\tsshd\t\t192.0.2.7\t\tAUTH\t\t\(time)
      \t\tsshd\t\t192.0.2.7\t\tAUTH\t\t\(time)
      \t\tsshd\t\t192.0.2.7\t\tAUTH\t\t\(time)
      \tbob (1)
      \t\tlogin\t\t\t\tAUTH\t\t\(time)
      Failed hosts:
      \t192.0.2.7 (4)
      \t\tsshd\t\talice\t\tAUTH\t\t\(then)
      \t\tsshd\t\talice\t\tAUTH\t\t\(time)
      \t\tsshd\t\talice\t\tAUTH\t\t\(time)
      \t\tsshd\t\talice\t\tAUTH\t\t\(time)
      \tmail.example.com (1)
      \t\tdovecot\t\t\t\tAUTH\t\t\(time)

      """
    #expect(machine.pamAbl(option) == Ended(status: 0, output: expected, error: ""))
  }

  @Test(
    "tells the age of attempts only", arguments: [["-rv"], ["-vr"], ["--relative", "--verbose"]])
  func relative(options: [String]) throws {
    try machine.fail(host: nil, user: "alice", at: now.adding(-93_600))
    let words = (options + [machine.config]).map { Array($0.utf8) }
    let lines = machine.pamAbl(words).output.split(separator: "\n")
    #expect(lines.dropFirst().prefix(2) == ["Failed users:", "\talice (1)"])
    #expect(lines.last == "   <none>")
    #expect(lines[3].hasPrefix("\t\t1/02:00:"))
    #expect(OldListing.age(93_784) == "1/02:03:04")
    #expect(OldListing.age(-5) == "0/00:00:00")
  }

  @Test("says that there is nobody") func nobody() {
    let expected = "Failed users:\n   <none>\nFailed hosts:\n   <none>\n"
    #expect(machine.pamAbl() == Ended(status: 0, output: expected, error: ""))
  }

  @Test(
    "counts a failure, with its reason",
    arguments: [
      (["-f", "-U", "eve", "-s", "ftp"], "ftp", "AUTH"), (["-fU", "eve"], "none", "AUTH"),
      (["--fail", "-U", "eve", "-R", "USER"], "none", "USER"),
      (["--fail=1", "--user=eve", "--reason", "BOTH"], "none", "BOTH"),
      (["-f", "-Ueve", "-RHOST"], "none", "HOST"),
    ] as [([String], String, String)])
  func fail(options: [String], service: String, reason: String) {
    let words = options + [machine.config]
    #expect(machine.pamAbl(words.map { Array($0.utf8) }) == Ended(status: 0, output: "", error: ""))
    let lines = machine.pamAbl("-v").output.split(separator: "\n")
    #expect(lines[2] == "\teve (1)")
    #expect(lines[3].hasPrefix("\t\t\(service)\t\t\t\t\(reason)\t\t"))
  }

  @Test("counts for one user and one host, and not for who is on an allow list") func failBoth() {
    let ended = machine.pamAbl("-f", "-U", "eve", "-U", "x", "-H", "192.0.2.7", "-R", "HOST")
    let warning = "WARNING: Multiple hosts and/or users given, only the first will be used!\n"
    #expect(ended == Ended(status: 0, output: "", error: warning))
    for reason in ["AUTH", "HOST", "nonsense"] {
      _ = machine.pamAbl("-f", "-U", "carol", "-R", reason)
    }
    #expect(machine.ablctl("list", "--quiet").output == "192.0.2.7\neve\n")
    #expect(
      machine.ablctl("show", "eve", "--json").output.contains(
        #""host":"192.0.2.7","state":"refused""#))
  }

  @Test(
    "tells by its exit status who is blocked, for a service or for any, and writes nothing",
    arguments: [
      (["-cH", "192.0.2.7"], 1), (["-c", "-H", "192.0.2.8"], 0), (["--check", "-U", "alice"], 1),
      (["-c", "-U", "alice", "-s", "sshd"], 1), (["-c", "-U", "bob", "-H", "192.0.2.7"], 1),
      (["-c", "-U", "bob"], 0), (["-c", "-U", "carol"], 0),
      (["-c", "-U", "bob", "-U", "alice"], 0),
    ] as [([String], Int32)])
  func check(options: [String], status: Int32) throws {
    try fill()
    let before = machine.ablctl("list", "--json").output
    let ended = machine.pamAbl((options + [machine.config]).map { Array($0.utf8) })
    #expect(ended.status == status)
    #expect(ended.output == "")
    #expect(machine.ablctl("list", "--json").output == before)
  }

  @Test("says names and verdicts of a check, if it is to be verbose") func checkVerbose() throws {
    try fill()
    let ended = machine.pamAbl("-cv", "-U", "bob", "-H", "192.0.2.7")
    let expected = """
      Reading config from \(machine.config)
      bob: clear
      192.0.2.7: blocked by *:3/1h

      """
    #expect(ended == Ended(status: 1, output: expected, error: ""))
  }

  @Test(
    "forgets whom a pattern names",
    arguments: [
      (["-wH", "192.0.2.7"], 1, "alice bob mail.example.com"),
      (["-w", "-H", "*"], 2, "alice bob"), (["-w", "-U", "*"], 2, "192.0.2.7 mail.example.com"),
      (["--whitelist", "--host", "*.EXAMPLE.com"], 1, "192.0.2.7 alice bob"),
      (["-w", "-U", "a?ice", "-U", "al*", "-U", "alice"], 1, "192.0.2.7 bob mail.example.com"),
      (["-w", "-U", "a?ce"], 0, "192.0.2.7 alice bob mail.example.com"),
      (["-w", "-U", "ALICE"], 0, "192.0.2.7 alice bob mail.example.com"),
      (["--okhost=192.0.2.7"], 1, "alice bob mail.example.com"),
      (["-w", "-H", "::ffff:192.0.2.7"], 1, "alice bob mail.example.com"),
      (["-p", "-wU", "bob", "-v"], 1, "192.0.2.7 alice mail.example.com"),
    ] as [([String], Int, String)])
  func whitelist(options: [String], count: Int, left: String) throws {
    try fill()
    let ended = machine.pamAbl((options + ["-v", machine.config]).map { Array($0.utf8) })
    let deleted = count == 0 ? "" : "Deleted \(counted(count, "item"))\n"
    let expected = "Reading config from \(machine.config)\n" + deleted
    #expect(ended == Ended(status: 0, output: expected, error: ""))
    let names = Set(machine.ablctl("list", "--quiet").lines.map { String($0) })
    #expect(names == Set(left.split(separator: " ").map { String($0) }))
  }
}
