import BlockList
import Policy
import Testing
import Upkeep

@testable import Administration

@Suite struct UnblockTests {
  private let machine = Machine()

  init() throws {
    try machine.fail(host: "192.0.2.7", user: "root", at: .now, times: 3)
    try machine.fail(host: "gate", user: "gate", at: .now)
  }

  @Test("forgives those named, and says who that was") func named() {
    let ended = machine.ablctl("unblock", "192.0.2.7", "root", "192.0.2.7", "nobody")
    #expect(
      ended.output == """
        host 192.0.2.7: unblocked
        user root: was not blocked; attempts forgotten

        """)
    #expect(ended.error == "ablctl: nothing is known of 'nobody'\n")
    #expect(ended.status == 0)
    #expect(machine.ablctl("check", "-H", "192.0.2.7").status == 0)
    #expect(machine.ablctl("list", "--quiet").output == "gate\ngate\n")
  }

  @Test("forgives one kind of a name that is both") func kind() {
    let ended = machine.ablctl("unblock", "--user", "gate")
    #expect(ended.output == "user gate: was not blocked; attempts forgotten\n")
    #expect(machine.ablctl("list", "hosts", "--quiet").output == "192.0.2.7\ngate\n")
  }

  @Test("forgives all, or all of a kind") func all() {
    let hosts = machine.ablctl("unblock", "--all", "--host")
    let backup = machine.directory + "/db/before-unblock-all.jsonl"
    let way = "'ablctl import \(backup)' takes them back\n"
    #expect(hosts.output == "forgot the attempts of 2 subjects, 1 of them blocked\n" + way)
    #expect(machine.ablctl("list", "--quiet").output == "gate\nroot\n")
    let rest = machine.ablctl("unblock", "--all")
    #expect(rest.output == "forgot the attempts of 2 subjects, 0 of them blocked\n" + way)
    #expect(machine.ablctl("list", "--quiet").output == "")
    // What is not there isn't written over what was.
    let none = machine.ablctl("unblock", "--all")
    #expect(none.output == "forgot the attempts of 0 subjects, 0 of them blocked\n")
    #expect(machine.ablctl("import", backup).status == 0)
    #expect(machine.ablctl("list", "--quiet").output == "gate\nroot\n")
  }

  @Test("only says what it would do, with --dry-run") func dry() {
    let before = machine.ablctl("list").output
    let ended = machine.ablctl("unblock", "-n", "192.0.2.7", "gate", "--host", "nobody")
    #expect(
      ended.lines == [
        "host 192.0.2.7: would be unblocked",
        "host gate: is not blocked; attempts would be forgotten",
      ])
    #expect(ended.error == "ablctl: nothing is known of 'nobody'\n")
    #expect(
      machine.ablctl("unblock", "--dry-run", "--all").output
        == "would forget the attempts of 4 subjects, 1 of them blocked\n")
    #expect(machine.ablctl("list").output == before)
  }

  @Test("takes a network for all hosts in it, and their users if that is wanted")
  func network() throws {
    for number in [1, 127, 128] {
      try machine.fail(host: "198.51.100.\(number)", user: "u\(number)", at: .now, times: 3)
    }
    let ended = machine.ablctl("unblock", "198.51.100.0/25")
    #expect(ended.lines == ["host 198.51.100.1: unblocked", "host 198.51.100.127: unblocked"])
    let users = machine.ablctl("unblock", "198.51.100.0/24", "--with-users")
    #expect(
      users.lines == [
        "host 198.51.100.128: unblocked", "user u128: was not blocked; attempts forgotten",
      ])
    #expect(
      machine.ablctl("unblock", "10.0.0.0/8").error
        == "ablctl: nothing is known of '10.0.0.0/8'\n")
    // A user may have such a name.
    try machine.fail(host: nil, user: "192.0.2.0/24", at: .now)
    #expect(
      machine.ablctl("unblock", "192.0.2.0/24").output
        == "user 192.0.2.0/24: was not blocked; attempts forgotten\n")
    #expect(machine.ablctl("check", "-H", "192.0.2.7").status == 2)
  }

  @Test("takes the address that the ssh connection comes from") func me() {
    let place = ["SSH_CONNECTION=192.0.2.7 50000 198.51.100.1 22"]
    let words = ["unblock", "--me"].map { Array($0.utf8) }
    #expect(machine.run(words, environment: place).output == "host 192.0.2.7: unblocked\n")
    #expect(
      machine.run(words, environment: ["SSH_CONNECTION=nonsense"]).error
        == "ablctl: cannot tell where you come from: this is no ssh connection\n")
  }

  @Test("says nothing with --quiet, and objects with --json") func formats() throws {
    let object = #"{"kind":"host","name":"192.0.2.7","wasBlocked":true,"attempts":3,"done":"#
    #expect(machine.ablctl("unblock", "-n", "--json", "192.0.2.7").output == object + "false}\n")
    #expect(machine.ablctl("unblock", "--json", "192.0.2.7").output == object + "true}\n")
    #expect(
      machine.ablctl("unblock", "--quiet", "root") == Ended(status: 0, output: "", error: ""))
  }

  @Test("with --strict fails if nothing is known of a name, once the others are forgiven")
  func strict() {
    let ended = machine.ablctl("unblock", "--strict", "nobody", "192.0.2.7")
    #expect(ended.output == "host 192.0.2.7: unblocked\n")
    #expect(ended.error == "ablctl: nothing is known of 'nobody'\n")
    #expect(ended.status == 1)
    #expect(machine.ablctl("unblock", "--strict", "root").status == 0)
  }

  @Test("says who stays blocked by what was forgiven to another") func others() throws {
    let now = Timestamp.now
    try machine.fail(host: "192.0.2.8", user: "bob", at: now, times: 5)
    try machine.fail(host: "192.0.2.8", user: "eve", at: now, times: 4)
    let untilBob = CivilTime(now.adding(86_401)).text
    let host = machine.ablctl("unblock", "192.0.2.8")
    let bob = "user bob: still blocked by !root:5/1d until \(untilBob) (in 24 h)"
    #expect(host.output == "host 192.0.2.8: unblocked\n" + bob + "\n")
    try machine.fail(host: "192.0.2.8", user: "bob", at: now, times: 3)
    let ended = machine.ablctl("unblock", "bob")
    #expect(ended.lines.first == "user bob: unblocked")
    #expect(ended.lines.last?.hasPrefix("host 192.0.2.8: still blocked by *:3/1h until ") == true)
    try machine.fail(host: "192.0.2.8", user: "bob", at: now, times: 5)
    #expect(
      machine.ablctl("unblock", "bob", "192.0.2.8").output
        == "user bob: unblocked\nhost 192.0.2.8: unblocked\n")
  }

  @Test("says which network stays blocked, also where nothing is known of the host")
  func networks() throws {
    let machine = Machine("host_rule = *:3/1h\nnetwork_rule = /24:4/1h\n")
    let now = Timestamp.now
    try machine.fail(host: "192.0.2.8", user: nil, at: now, times: 3)
    try machine.fail(host: "192.0.2.9", user: nil, at: now)
    let until = CivilTime(now.adding(3601)).text
    let network = "network 192.0.2.0/24: still blocked by /24:4/1h until \(until) (in 1 h)\n"
    #expect(
      machine.ablctl("unblock", "192.0.2.8").output == "host 192.0.2.8: unblocked\n" + network)
    #expect(machine.ablctl("unblock", "192.0.2.77").output == network)
    let whole = machine.ablctl("unblock", "192.0.2.0/24")
    #expect(!whole.output.contains("still blocked") && whole.output.contains(": unblocked\n"))
    try machine.fail(host: "192.0.2.8", user: nil, at: now, times: 4)
    #expect(machine.ablctl("allow", "192.0.2.0/24").status == 0)
    #expect(!machine.ablctl("unblock", "192.0.2.8").output.contains("still blocked"))
  }

  @Test("tells of twenty who stay blocked, and counts the rest") func manyOthers() throws {
    machine.configure(
      "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\nuser_rule = *:1/1h\n"
    )
    for number in 10..<35 { try machine.fail(host: "192.0.2.8", user: "u\(number)", at: .now) }
    let lines = machine.ablctl("unblock", "192.0.2.8").lines
    #expect(lines.count == 22)
    #expect(lines[20].hasPrefix("user u29: still blocked by *:1/1h"))
    #expect(lines[21] == "5 more are still blocked; 'ablctl list --blocked' has them")
  }

  @Test("forgives a hundred in one transaction") func many() throws {
    let subjects = (0..<1000).map { number in
      let record = RecordedAttempt(
        id: UInt64(number + 1), time: .now, state: .failed, reason: .authentication,
        service: "sshd", counterpart: nil)
      return ImportedHistory(.user(Name(Array("u\(number)".utf8))), wasBlocked: false, [record])
    }
    _ = try machine.blockList.add(subjects, at: .now)
    let names = (0..<1000).map { "u\($0)" }
    let trace = machine.directory + "/trace"
    let words =
      ["-f", "-qq", "-e", "trace=fdatasync,fsync,msync", "-o", trace, Machine.program, "unblock"]
      + names + ["--config", machine.config]
    let ended = Machine.spawn("/usr/bin/strace", words.map { Array($0.utf8) }, environment: [])
    #expect(ended.status == 0, "\(ended.error)")
    #expect(ended.lines.count == 1000)
    #expect(machine.ablctl("list", "--quiet").lines.count == 4)
    let syncs = Machine.bytes(of: trace).count { $0 == UInt8(ascii: "\n") }
    #expect(syncs >= 10 && syncs <= 40, "\(syncs)")
  }

  @Test("is known as unban, too") func alias() throws {
    try machine.fail(host: "192.0.2.7", user: nil, at: .now, times: 3)
    let ended = machine.ablctl("unban", "192.0.2.7")
    #expect(ended == Ended(status: 0, output: "host 192.0.2.7: unblocked\n", error: ""))
    #expect(machine.ablctl("unban", "--help").output == machine.ablctl("unblock", "--help").output)
  }
}
