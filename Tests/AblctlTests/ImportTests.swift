import BlockList
import Glibc
import Platform
import Policy
import Testing

import func Harness.eventually

@testable import Administration

@Suite(.enabled(if: RealPamAbl.hasDump, "needs db5.3_dump of Debian's db5.3-util"))
struct ImportTests {
  private static let rules =
    "host_rule=*:10/1h,30/1d\nuser_rule=*:3/1h,9/1d\nhost_purge=2d\nuser_purge=2d\n"
  private let machine = Machine(ImportTests.rules)
  private let now = Timestamp.now.seconds

  private func seven(_ count: Int) -> [UInt8] {
    oldRecord(isBlocked: true, Array(repeating: (now - 60, 4, "alice", "sshd"), count: count))
  }

  @Test(
    "takes over a store that pam_abl made, and lists it as pam_abl did",
    .enabled(if: RealPamAbl.program != nil, RealPamAbl.reason))
  func real() throws {
    let program = try #require(RealPamAbl.program)
    let config = machine.oldConfiguration(Self.rules)
    func old(_ words: String...) -> Ended {
      Machine.spawn(
        program, (words + [config]).map { Array($0.utf8) }, environment: ["TZ=UTC", "LC_ALL=C"])
    }
    for reason in ["AUTH", "HOST", "USER", "BOTH"] {
      _ = old("-f", "-U", "alice", "-H", "192.0.2.7", "-s", "sshd", "-R", reason)
    }
    for _ in 0..<10 { _ = old("-f", "-H", "198.51.100.9", "-s", "dovecot") }
    _ = old("-f", "-U", "bob")
    let ended = machine.ablctl("import", "pam_abl", machine.old)
    let summary = "imported 2 hosts and 2 users, 19 attempts, 0 of them known before\n"
    #expect(ended == Ended(status: 0, output: summary, error: ""))
    #expect(machine.pamAbl() == old())
    #expect(machine.pamAbl("-v").lines.dropFirst() == old("-v").lines.dropFirst())
    for (option, name) in [("-U", "alice"), ("-U", "bob"), ("-H", "192.0.2.7"), ("-H", "x")] {
      #expect(machine.pamAbl("-c", option, name).status == old("-c", option, name).status)
    }
    for words in [["-wv", "-H", "*.7", "-U", "a*"], ["-w", "-H", "none"], ["-r"], ["-d"]] {
      let theirs = Machine.spawn(
        program, (words + [config]).map { Array($0.utf8) }, environment: ["TZ=UTC"])
      let ours = machine.pamAbl((words + [machine.config]).map { Array($0.utf8) })
      #expect(ours.output.replacing(machine.config, with: config) == theirs.output)
      #expect(ours.status == theirs.status)
    }
    #expect(machine.pamAbl() == old())
  }

  @Test("doubles nothing when it is run again, nor what the old one has dropped since") func again()
    throws
  {
    let record = seven(9)
    #expect(machine.loadOld("hosts.db", [(Array("192.0.2.7".utf8), record)]).status == 0)
    let first = machine.ablctl("import", "pam_abl", machine.old)
    #expect(first.output == "imported 1 host and 0 users, 9 attempts, 0 of them known before\n")
    try machine.fail(host: "192.0.2.7", user: "alice", at: .now)
    let second = machine.ablctl("import", "pam_abl", machine.old)
    #expect(second.output == "imported 1 host and 0 users, 9 attempts, 9 of them known before\n")
    #expect(machine.ablctl("show", "192.0.2.7", "--json").lines.count == 10)
    #expect(machine.ablctl("check", "-H", "192.0.2.7").status == 2)
  }

  @Test("writes nothing in a dry run") func dry() {
    #expect(machine.loadOld("users.db", [(Array("eve".utf8), seven(2))]).status == 0)
    let ended = machine.ablctl("import", "pam_abl", "--dry-run", machine.old)
    #expect(ended.output == "would import 0 hosts and 1 user, 2 attempts\n")
    #expect(machine.ablctl("list", "--quiet").output == "")
  }

  @Test("finds what the configuration names, and one database by its name or by a flag")
  func places() {
    machine.configure(
      "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\n"
        + "  user_db = \(machine.old)/people # of 0.6.0\n")
    #expect(machine.loadOld("people", [(Array("eve".utf8), seven(1))]).status == 0)
    #expect(machine.loadOld("any", [(Array("10.0.0.1".utf8), seven(1))]).status == 0)
    let people = "imported 0 hosts and 1 user, 1 attempt, "
    #expect(
      machine.ablctl("import", "pam_abl", machine.old).output == people + "0 of them known before\n"
    )
    let file = machine.ablctl("import", "pam_abl", machine.old + "/people")
    #expect(file.output == people + "1 of them known before\n")
    let unknown = machine.ablctl("import", "pam_abl", machine.old + "/any")
    #expect(
      unknown.error == """
        Error: Whose is '\(machine.old)/any'? Give --host or --user as well.
          See 'ablctl import pam_abl --help' for more information.

        """)
    #expect(unknown.status == 64)
    #expect(machine.ablctl("import", "pam_abl", "--host", machine.old + "/any").status == 0)
    #expect(machine.ablctl("list", "--quiet").output == "10.0.0.1\neve\n")
    let none = machine.ablctl("import", "pam_abl", machine.directory)
    #expect(none.error == "ablctl: no database of pam_abl is in '\(machine.directory)'\n")
    #expect(none.status == 1)
  }

  @Test("takes names of any bytes, and limits what is kept") func names() throws {
    machine.configure(
      "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\nlimits = 20-30\n")
    let names: [[UInt8]] = [
      [0xFF, 0x1B], Array("a b".utf8), [UInt8](repeating: 0x78, count: 9000),
    ]
    #expect(machine.loadOld("users.db", names.map { ($0, seven(2)) }).status == 0)
    let many = oldRecord((0..<500).map { (now - 500 + $0, 4, "eve", "sshd") })
    let spellings = ["2001:DB8::1", "2001:db8:0::1"].map { (Array($0.utf8), many) }
    #expect(machine.loadOld("hosts.db", spellings).status == 0)
    let ended = machine.ablctl("import", "pam_abl", machine.old)
    let summary = "imported 2 hosts and 3 users, 1006 attempts, 0 of them known before\n"
    #expect(ended == Ended(status: 0, output: summary, error: ""))
    let host = machine.ablctl("show", "2001:db8::1", "--json").lines
    #expect(host.count == 30)
    let listed = machine.ablctl("list", "users", "--quiet").lines
    #expect(listed.contains(#"\xff\x1b"#))
    #expect(listed.contains("a b"))
    #expect(listed.count == 3)
  }

  @Test(
    "runs no command for who was blocked, but the one for the end of the block",
    .enabled(if: geteuid() == 0))
  func commands() throws {
    machine.configure(
      "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\nhost_rule = *:2/1h\n"
        + "host_block_cmd = [/usr/bin/touch] [\(machine.directory)/+%h]\n"
        + "host_clear_cmd = [/usr/bin/touch] [\(machine.directory)/-%h]\n")
    #expect(machine.loadOld("hosts.db", [(Array("192.0.2.7".utf8), seven(9))]).status == 0)
    #expect(machine.ablctl("import", "pam_abl", machine.old).status == 0)
    #expect(machine.ablctl("unblock", "192.0.2.7").status == 0)
    #expect(eventually { access(machine.directory + "/-192.0.2.7", F_OK) == 0 })
    #expect(access(machine.directory + "/+192.0.2.7", F_OK) != 0)
  }

  @Test("says what to install if there is no program to read them") func noProgram() {
    #expect(machine.loadOld("hosts.db", [(Array("192.0.2.7".utf8), seven(1))]).status == 0)
    let ended = machine.ablctl("import", "pam_abl", machine.old, environment: ["PATH=/none"])
    #expect(
      ended.error == """
        ablctl: cannot read '\(machine.old)/hosts.db' without 'db5.3_dump'; install it (Debian: \
        db5.3-util), or give what it prints elsewhere with --dump

        """)
    #expect(ended.status == 1)
  }
}
