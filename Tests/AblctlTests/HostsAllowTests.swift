import BlockList
import Foundation
import Policy
import Testing
import Upkeep

@testable import Administration

extension Machine {
  /// Writes a file of any bytes into the machine's directory, and says where it is.
  func file(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
    let path = directory + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  func file(_ name: String, _ text: String) throws -> String { try file(name, text.utf8) }

  /// `allow 192.0.2.7`, for each decree.
  var decreed: [String] {
    get throws {
      try blockList.decrees(at: .now).all.map { "\($0.kind.word) \(String($0.target.text))" }
    }
  }
}

/// `import hosts.allow`.
@Suite struct HostsAllowTests {
  private let machine = Machine()

  /// A rule, what it becomes, and what is said of the rest.
  struct Row: CustomTestStringConvertible {
    let rule: String
    var decrees: [String] = []
    var left: [String] = []

    var testDescription: String { rule }
  }

  private static let byName =
    "here a host is its address, and names aren't looked up; give its addresses"
  private static let ident =
    "the user is what identd tells at the other end; a decree is on a host, or on a user of this "
    + "machine, not on both together"

  static let rows: [Row] = [
    Row(rule: "sshd: 192.0.2.7", decrees: ["allow 192.0.2.7"]),
    Row(rule: "SSHD : 192.0.2.7,192.0.2.8", decrees: ["allow 192.0.2.7", "allow 192.0.2.8"]),
    Row(rule: "sshd vsftpd: 10.8.", decrees: ["allow 10.8.0.0/16"]),
    Row(rule: "ALL: 192.0.2.128/25", decrees: ["allow 192.0.2.128/25"]),
    Row(rule: "ALL: 192.0.2.0/255.255.255.0", decrees: ["allow 192.0.2.0/24"]),
    Row(rule: "ALL: [2001:db8:5::1]/48", decrees: ["allow 2001:db8:5::/48"]),
    Row(rule: "ALL: [2001:db8::7]", decrees: ["allow 2001:db8::7"]),
    Row(rule: "sshd@192.0.2.1: ALL@192.0.2.7", decrees: ["allow 192.0.2.7"]),
    Row(rule: "sshd: 192.0.2.7 : ALLOW", decrees: ["allow 192.0.2.7"]),
    Row(rule: "sshd: 192.0.2.7 : deny", decrees: ["block 192.0.2.7"]),
    Row(
      rule: "sshd: 192.0.2.7 : spawn (/bin/echo %a) &", decrees: ["allow 192.0.2.7"],
      left: [
        "'spawn (/bin/echo %a) &': this is libwrap's to do; the rule's addresses are taken over"
      ]),
    Row(rule: "sshd: 192.0.2.7 \\\n 192.0.2.8", decrees: ["allow 192.0.2.7", "allow 192.0.2.8"]),
    Row(
      rule: "sshd: joe@192.168.12.0/24 alice@ALL",
      left: ["'joe@192.168.12.0/24': \(ident)", "'alice@ALL': \(ident)"]),
    Row(
      rule: "sshd: .example.com gate.example.org",
      left: ["'.example.com': \(byName)", "'gate.example.org': \(byName)"]),
    Row(
      rule: "sshd: 172.16.0.0/12 EXCEPT 172.16.9.9",
      left: ["'EXCEPT 172.16.9.9': a decree has no exception; none of the rule is taken over"]),
    Row(
      rule: "portmap: 192.0.2.7",
      left: ["'portmap': it isn't for sshd, and a decree holds in every service"]),
    Row(
      rule: "ALL EXCEPT sshd: 192.0.2.7",
      left: ["'ALL EXCEPT sshd': it isn't for sshd, and a decree holds in every service"]),
    Row(rule: "ALL EXCEPT portmap: 192.0.2.7", decrees: ["allow 192.0.2.7"]),
    Row(rule: "ALL: ALL", left: ["'ALL': it is everybody"]),
    Row(
      rule: "ALL: LOCAL",
      left: ["'LOCAL': libwrap tells that by names; here a host is its address"]),
    Row(
      rule: "ALL: @ours",
      left: [
        "'@ours': abl knows no netgroups; 'ablctl allow' takes addresses and networks"
      ]),
    Row(
      rule: "ALL: 2001:db8::7",
      left: [
        "'db8': this is libwrap's to do; the rule's addresses are taken over",
        "'7': this is libwrap's to do; the rule's addresses are taken over",
        "'2001': it is neither an address nor a network",
      ]),
    Row(
      rule: "ALL: 192.0.2.0/255.0.255.0 192.0.2.300",
      left: [
        "'192.0.2.0/255.0.255.0': this is no mask of a network",
        "'192.0.2.300': it is neither an address nor a network",
      ]),
    Row(
      rule: "sshd: 192.0.2.7 : twist /bin/false",
      left: ["'twist /bin/false': another program takes the daemon's place there"]),
  ]

  @Test("takes over what a decree can say, and tells the rest", arguments: rows)
  func rules(_ row: Row) throws {
    let path = try machine.file("hosts.allow", "# a comment\n\n" + row.rule + "\n")
    let ended = machine.ablctl("import", "hosts.allow", path)
    #expect(ended.status == 0, "\(ended)")
    #expect(try machine.decreed == row.decrees)
    let told = row.left.map { "ablctl: not carried over: \(path):3: \($0)\n" }
    #expect(ended.error == told.joined())
  }

  @Test("says what it does, does nothing with --dry-run, and nothing twice") func again() throws {
    let path = try machine.file("hosts.allow", "sshd: 192.0.2.7 198.51.100.0/24\n")
    let dry = machine.ablctl("import", "hosts.allow", path, "--dry-run")
    #expect(
      dry.output == """
        host 192.0.2.7: would be allowed for ever, by 'hosts.allow'
        network 198.51.100.0/24: would be allowed for ever, by 'hosts.allow'
        would import 0 blocks and 2 allows; 0 known before

        """)
    #expect(try machine.decreed == [])
    let done = machine.ablctl("import", "hosts.allow", path)
    #expect(done.output.hasSuffix("\nimported 0 blocks and 2 allows; 0 known before\n"))
    let again = machine.ablctl("import", "hosts.allow", path)
    #expect(again.output == "imported 0 blocks and 0 allows; 2 known before\n")
  }

  @Test("leaves alone what a person has decreed") func persons() throws {
    _ = machine.ablctl("allow", "192.0.2.7", "--for", "1h", "--reason", "a guest")
    let path = try machine.file("hosts.allow", "sshd: 192.0.2.7\n")
    let ended = machine.ablctl("import", "hosts.allow", path)
    #expect(ended.output == "imported 0 blocks and 0 allows; 1 known before\n")
    #expect(machine.ablctl("list", "decrees").output.contains("'a guest'"))
  }

  @Test("never lets pass everybody, nor keeps out whom it must not") func guarded() throws {
    machine.configure(
      "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\n"
        + "host_rule = *:3/1h\nhost_whitelist = 203.0.113.0/24\n")
    let path = try machine.file(
      "hosts.allow",
      "ALL: 0.0.0.0/0 [::]/0\nALL: 192.0.2.0/24 203.0.113.7 127.0.0.1 198.51.100.7 : deny\n")
    let ended = machine.ablctl(
      "import", "hosts.allow", path,
      environment: ["SSH_CONNECTION=192.0.2.7 50422 198.51.100.1 22"])
    #expect(try machine.decreed == ["block 198.51.100.7"])
    #expect(
      ended.error == """
        ablctl: not carried over: hosts.allow: allow of network 0.0.0.0/0: it is every address
        ablctl: not carried over: hosts.allow: allow of network ::/0: it is every address
        ablctl: not carried over: hosts.allow: block of network 192.0.2.0/24: you come from 192.0.2.7
        ablctl: not carried over: hosts.allow: block of host 203.0.113.7: host_whitelist has it
        ablctl: not carried over: hosts.allow: block of host 127.0.0.1: it is an address of this machine

        """)
  }

  @Test("tells of broken lines and of no file, and takes over the rest") func broken() throws {
    let path = try machine.file("hosts.allow", "nonsense\nsshd: 192.0.2.7\n")
    let ended = machine.ablctl("import", "hosts.allow", path)
    #expect(ended.status == 1)
    #expect(
      ended.error
        == "ablctl: not carried over: \(path):1: 'nonsense': expected 'daemons: clients'\n")
    #expect(try machine.decreed == ["allow 192.0.2.7"])
    let none = machine.ablctl("import", "hosts.allow", "/nowhere")
    #expect(none.status == 1 && none.output == "")
    #expect(none.error == "ablctl: cannot open '/nowhere': No such file or directory\n")
  }

  @Test("is not harmed by what a stranger may have put there") func hostile() throws {
    var bytes = Array("sshd: ".utf8) + [UInt8](repeating: 0xFF, count: 255) + [0x0A]
    bytes += Array("sshd: \u{1B}[31mred\u{1B}]0;title\u{07} \u{202E}\n".utf8)
    bytes += Array("sshd: ".utf8) + [UInt8](repeating: 0x41, count: 200_000) + [0x0A]
    bytes += Array(String(repeating: "sshd: x \\\n", count: 30_000).utf8) + [0x0A]
    bytes += [0, 1, 2, 0x0A] + Array("sshd: 192.0.2.7".utf8)
    let path = try machine.file("hosts.allow", bytes)
    let ended = machine.ablctl("import", "hosts.allow", path)
    #expect(ended.status == 1)
    #expect(try machine.decreed == ["allow 192.0.2.7"])
    #expect(ended.error.utf8.allSatisfy { $0 == 0x0A || $0 >= 0x20 })
    #expect(!ended.error.contains("\u{202E}"))
    #expect(ended.error.contains(#"'\x1b[31mred\x1b]0;title\x07'"#))
    #expect(ended.error.contains(":3: 'sshd: AAAA"))
    #expect(ended.error.contains("the rule is longer than 64 KiB"))
    #expect(ended.error.utf8.count < 4000)
  }

  @Test("reads a million lines of nonsense with a bounded answer") func million() throws {
    let path = try machine.file("hosts.allow", String(repeating: "x\n", count: 1_000_000))
    let ended = machine.ablctl("import", "hosts.allow", path)
    #expect(ended.status == 1)
    #expect(ended.error.split(separator: "\n").count == 1001)
    #expect(ended.error.hasSuffix("ablctl: 999000 more can't be carried over\n"))
  }

  @Test("prints JSON as the schema says") func json() throws {
    let schema = try JSONSchema()
    let path = try machine.file("hosts.allow", "sshd: 192.0.2.7 \u{1B}[m\nx\n")
    let ended = machine.ablctl("import", "hosts.allow", path, "--json")
    #expect(ended.lines.count == 4 && ended.error == "")
    for line in ended.lines { #expect(schema.faults(of: line, "import") == []) }
    for (line, type) in zip(ended.lines, ["decree", "left", "left", "summary"]) {
      #expect(line.hasPrefix(#"{"type":"\#(type)""#), "\(line)")
    }
  }
}
