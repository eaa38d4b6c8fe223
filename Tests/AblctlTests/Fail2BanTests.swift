import BlockList
import Foundation
import Policy
import Testing
import Upkeep

@testable import Administration

/// `import fail2ban`.
@Suite struct Fail2BanTests {
  private let machine = Machine()
  private var home: String { machine.directory + "/fail2ban" }

  init() throws {
    try FileManager.default.createDirectory(
      atPath: machine.directory + "/fail2ban/jail.d", withIntermediateDirectories: true)
    // As Debian has it, in short.
    try write(
      "jail.conf",
      """
      # WARNING: heavily refactored in 0.9.0 release.
      [INCLUDES]
      before = paths-debian.conf

      [DEFAULT]
      #ignoreip = 127.0.0.1/8 ::1
      ignorecommand =
      bantime  = 10m
      findtime  = 10m
      maxretry = 5
      maxmatches = %(maxretry)s
      enabled = false
      mode = normal
      filter = %(__name__)s[mode=%(mode)s]
      action_ = %(banaction)s[port="%(port)s"]
      action_mw = %(action_)s
                  %(mta)s-whois[sender="%(sender)s"]
      action = %(action_)s

      [sshd]
      port    = ssh
      logpath = %(sshd_log)s

      [apache-badbots]
      port     = http,https
      bantime  = 48h
      maxretry = 1

      [dovecot]
      port = pop3

      [recidive]
      bantime = 1w
      findtime = 1d

      """)
    try write("paths-debian.conf", "[DEFAULT]\nsshd_log = /var/log/auth.log\n")
    try write("jail.d/defaults-debian.conf", "[sshd]\nenabled = true\n")
    try write("fail2ban.conf", "[DEFAULT]\ndbfile = \(home)/bans.sqlite3\n[Definition]\nx = 1\n")
  }

  private func write(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: home + "/" + name))
  }

  private func imported(_ more: String...) -> Ended {
    machine.run((["import", "fail2ban", home] + more).map { Array($0.utf8) })
  }

  /// Makes the database, with fail2ban's own table.
  private func makeDatabase(_ rows: [String]) {
    let table =
      "CREATE TABLE bips(ip TEXT NOT NULL, jail TEXT NOT NULL, timeofban INTEGER NOT NULL, "
      + "bantime INTEGER NOT NULL, bancount INTEGER NOT NULL default 1, data JSON, "
      + "PRIMARY KEY(ip, jail));"
    let all = table + rows.map { "INSERT INTO bips VALUES(\($0), 1, '{}');" }.joined()
    let script = "import sqlite3,sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])"
    let ended = Machine.spawn(
      "/usr/bin/env",
      ["python3", "-c", script, home + "/bans.sqlite3", all].map { Array($0.utf8) },
      environment: ["PATH=" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")])
    #expect(ended.status == 0, "\(ended)")
  }

  @Test("prints what Debian's configuration comes to") func debian() throws {
    makeDatabase([])
    let ended = imported()
    #expect(
      ended.output == """
        host_rule = */sshd:5/10m
        # */sshd:5/10m: 5 failed logins in 10m block a host (jail sshd)
        host_block = 10m
        # A block lasts that long at least (bantime of jail sshd).
        imported 0 blocks and 0 allows; 0 known before

        """)
    #expect(ended.error == "" && ended.status == 0)
  }

  /// A jail.local, the lines for the configuration that it comes to, and what is said of the rest.
  struct Row: CustomTestStringConvertible {
    let local: String
    let settings: [String]
    var left = ""

    var testDescription: String { local }
  }

  static let rows: [Row] = [
    Row(
      local: "[DEFAULT]\nmaxretry = 3\nfindtime = 1h 30m\nbantime = 1d\n",
      settings: ["host_rule = */sshd:3/90m", "host_block = 1d"]),
    Row(
      local: "[sshd]\nmaxretry = 2 ; two\nfindtime = 600\n  # one\nbantime = %(findtime)s\n",
      settings: ["host_rule = */sshd:2/10m", "host_block = 10m"]),
    Row(
      local: "[DEFAULT]\nx = 7\n[sshd]\nmaxretry = %(x)s\nfindtime = %(known/x)s\n",
      settings: ["host_rule = */sshd:7/10m", "host_block = 10m"],
      left: "'known/x': 'findtime' refers to that, which is not set, or too much"),
    Row(
      local: "[dovecot]\nenabled = on\nmaxretry = 9\n[apache-badbots]\nenabled = 1\n",
      settings: ["host_rule = */sshd:5/10m */dovecot:9/10m", "host_block = 10m"],
      left: "'[apache-badbots]': it watches no service of PAM; fail2ban may go on with it"),
    Row(
      local: "[recidive]\nenabled = true\n",
      settings: ["host_rule = */sshd:5/10m", "host_block = 10m"],
      left: "'[recidive]': 'host_block' makes the blocks of those that return longer"),
    Row(
      local: "[DEFAULT]\nbantime.increment = true\nbantime.maxtime = 2h\n",
      settings: ["host_rule = */sshd:5/10m", "host_block = 10m,20m,40m,80m,2h"]),
    Row(
      local: "[DEFAULT]\nbantime.increment = true\nbantime.factor = 6\nbantime.maxtime = 5h\n",
      settings: ["host_rule = */sshd:5/10m", "host_block = 1h,2h,4h,5h"]),
    Row(
      local: "[DEFAULT]\nbantime.increment = true\nbantime.multipliers = 1 6 144\n",
      settings: ["host_rule = */sshd:5/10m", "host_block = 10m,1h,1d"]),
    Row(
      local: "[DEFAULT]\nbantime.increment = true\nbantime.formula = ban.Time * 3\n"
        + "bantime.maxtime = 20m\n",
      settings: ["host_rule = */sshd:5/10m", "host_block = 10m,20m"],
      left: "'ban.Time * 3': a formula isn't evaluated; each block lasts twice as long"),
    Row(
      local: "[DEFAULT]\nbantime = -1\n", settings: ["host_rule = */sshd:5/10m"],
      left: "'bantime = -1': no block by a rule is for ever; 'ablctl block' makes one that is"),
    Row(
      local: "[sshd]\nmode = aggressive\n",
      settings: ["host_rule = */sshd:5/10m", "host_block = 10m"],
      left: "'mode = aggressive': PAM tells of wrong passwords alone; sshd's PerSourcePenalties "
        + "are for the rest"),
    Row(
      local: "[sshd]\nenabled = false\n", settings: []),
    Row(
      local: "[sshd]\nmaxretry = %(maxretry)s\n",
      settings: ["host_rule = */sshd:3/10m", "host_block = 10m"],
      left: "'maxretry': 'maxretry' refers to that, which is not set, or too much"),
    Row(
      local: "[sshd]\nmaxretry = five\n",
      settings: ["host_rule = */sshd:3/10m", "host_block = 10m"],
      left: "'five': no number for maxretry"),
  ]

  @Test("merges a jail.local as fail2ban does", arguments: rows) func merges(_ row: Row) throws {
    makeDatabase([])
    try write("jail.local", row.local)
    let ended = imported()
    let settings = ended.lines.filter { $0.contains(" = ") && !$0.hasPrefix("#") }
    #expect(settings == row.settings)
    #expect(ended.error == "" ? row.left.isEmpty : ended.error.hasSuffix(": \(row.left)\n"))
    #expect(ended.error.split(separator: "\n").count <= 1, "\(ended.error)")
  }

  @Test("takes over ignoreip, and the bans that hold now with their ends") func bans() throws {
    let now = Timestamp.now.seconds
    makeDatabase([
      "'192.0.2.7', 'sshd', \(now - 60), 600", "'192.0.2.8', 'sshd', \(now - 6000), 600",
      "'192.0.2.9', 'dovecot', \(now - 60), -1", "'2001:db8::9', 'sshd', \(now - 60), 600",
      "'192.0.2.7', 'recidive', \(now - 60), 604800", "'alice', 'x', \(now - 60), 600",
      "'198.51.100.9', 'sshd', \(now - 60), 600",
    ])
    try write(
      "jail.local", "[DEFAULT]\nignoreip = 127.0.0.1/8 ::1, 198.51.100.0/24\n  ns.example\n")
    let dry = imported("--dry-run")
    #expect(dry.output.hasSuffix("would import 3 blocks and 1 allow; 0 known before\n"))
    #expect(try machine.decreed == [])
    let ended = imported()
    #expect(ended.output.hasSuffix("\nimported 3 blocks and 1 allow; 0 known before\n"))
    #expect(
      try machine.decreed == [
        "block 192.0.2.7", "block 192.0.2.9", "allow 198.51.100.0/24", "block 2001:db8::9",
      ])
    for loopback in ["network 127.0.0.0/8", "host ::1"] {
      #expect(ended.error.contains("allow of \(loopback): it is the loopback: a user of this"))
    }
    let held = try machine.blockList.decrees(at: .now).all.filter { $0.kind == .block }
    #expect(
      held.map { $0.until.seconds } == [now - 60 + 604_800, Timestamp.never.seconds, now + 540])
    #expect(held.map { $0.reason } == ["fail2ban recidive", "fail2ban dovecot", "fail2ban sshd"])
    #expect(ended.error.contains("/jail.local:2: 'ns.example': here a host is its address"))
    #expect(ended.error.contains("/bans.sqlite3: 'alice': a ban of jail 'x' on no address\n"))
    #expect(
      ended.error.contains("block of host 198.51.100.9: an allow of 198.51.100.0/24 has it\n"))
    #expect(imported().output.hasSuffix("\nimported 0 blocks and 0 allows; 4 known before\n"))
  }

  @Test("says what is wrong with a database, and with a directory") func broken() throws {
    let none = imported()
    let left = "ablctl: not carried over: \(home)/bans.sqlite3: "
    #expect(none.error == left + "it can't be opened: no ban is taken over\n")
    #expect(none.status == 0)
    try write("bans.sqlite3", "no database, but long enough to be taken for one, one might think")
    let wrong = imported()
    #expect(wrong.status == 1)
    #expect(wrong.error.hasPrefix(left + "cannot be read: "))
    let nothing = machine.ablctl("import", "fail2ban", machine.directory)
    #expect(
      nothing.error
        == "ablctl: no jail.conf and no jail.local is in '\(machine.directory)'\n")
  }

  @Test("is not harmed by what a stranger may have put there") func hostile() throws {
    let now = Timestamp.now.seconds
    let name = String(repeating: "\u{1B}[31m'\n;", count: 60)
    makeDatabase([
      "'192.0.2.7', '\(name.replacing("'", with: "''"))', \(now), 600",
      "x'00ff0a1b', 'sshd', \(now), 600", "'0.0.0.0/0', 'sshd', \(now), 600",
      "'192.0.2.9', 'sshd', 'x', 'y'", "'192.0.2.10', 'sshd', 1e300, 1e300",
      "'192.0.2.11', 'sshd', \(now), 1e300",
    ])
    var loop = "[DEFAULT]\n"
    // Each twice the one before.
    loop += "a0 = \(String(repeating: "x", count: 1000))\n"
    for index in 1...60 { loop += "a\(index) = %(a\(index - 1))s%(a\(index - 1))s\n" }
    loop += "ignoreip = %(a60)s\n[INCLUDES]\nbefore = jail.local\nafter = jail.local\n"
    loop += "[\u{1B}[2J]\nenabled = true\n" + String(repeating: "z", count: 200_000) + " = 1\n"
    try write("jail.local", loop)
    let ended = imported()
    #expect(ended.status == 1)
    #expect((ended.error + ended.output).utf8.allSatisfy { $0 == 0x0A || $0 >= 0x20 })
    #expect(try machine.decreed == ["block 192.0.2.7", "block 192.0.2.11"])
    #expect(ended.error.contains("'192.0.2.10': a ban that begins in the future"))
    #expect(ended.error.contains("network 0.0.0.0/0: it is every address"))
    #expect(ended.lines.first == "host_rule = */sshd:5/10m", "\(ended)")
  }

  @Test("reads the database by Python where sqlite3 is not, and says what is missing")
  func readers() throws {
    makeDatabase(["'192.0.2.7', 'sshd', \(Timestamp.now.seconds), 600"])
    let programs = machine.directory + "/bin"
    try FileManager.default.createDirectory(
      atPath: programs, withIntermediateDirectories: true)
    let words = ["import", "fail2ban", home].map { Array($0.utf8) }
    let none = machine.run(words, environment: ["PATH=" + programs])
    #expect(none.status == 1)
    #expect(
      none.error == "ablctl: not carried over: \(home)/bans.sqlite3: neither sqlite3 nor python3 "
        + "is there to read it; apt-get install sqlite3\n")
    try FileManager.default.createSymbolicLink(
      atPath: programs + "/python3", withDestinationPath: "/usr/bin/python3")
    let ended = machine.run(words, environment: ["PATH=" + programs])
    #expect(ended.status == 0 && ended.error == "", "\(ended)")
    #expect(try machine.decreed == ["block 192.0.2.7"])
  }

  @Test("follows a bounded number of references, and reads a bounded number of lines")
  func bounded() throws {
    makeDatabase([])
    var text = "[DEFAULT]\na0 =\n"
    for index in 1...9 {
      text += "a\(index) = " + String(repeating: "%(a\(index - 1))s", count: 5000) + "\n"
    }
    text += "ignoreip = %(a9)s\n"
    for index in 0..<100_000 { text += "[j\(index)]\n" }
    try write("jail.local", text)
    let ended = imported()
    #expect(ended.status == 1 && ended.lines.first == "host_rule = */sshd:5/10m")
    #expect(ended.error.contains("'ignoreip' refers to that, which is not set, or too much"))
    #expect(ended.error.contains("/jail.local:100001: the file is too long; the rest isn't read"))
  }

  @Test("prints JSON as the schema says") func json() throws {
    let schema = try JSONSchema()
    makeDatabase(["'192.0.2.7', 'sshd', \(Timestamp.now.seconds), 600"])
    try write("jail.local", "[DEFAULT]\nignoreip = 198.51.100.0/24 x\n")
    let ended = imported("--json")
    for line in ended.lines { #expect(schema.faults(of: line, "import") == []) }
    #expect(ended.lines.count == 6 && ended.error == "")
  }
}
