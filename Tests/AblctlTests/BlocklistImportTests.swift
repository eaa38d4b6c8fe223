import BlockList
import Foundation
import Policy
import Testing
import Upkeep

@testable import Administration

/// `import blocklist`.
@Suite struct BlocklistImportTests {
  private let machine = Machine()

  @Test("blocks what a list has, for a time") func list() throws {
    let path = try machine.file(
      "drop.v4.txt",
      """
      ; Spamhaus DROP List
      198.51.100.0/24 ; SBL256894
      # and others
      192.0.2.7
      2001:db8::/32
      203.0.113.9\t17
      198.51.100.0/24

      """)
    let dry = machine.ablctl("import", "blocklist", path, "--dry-run")
    #expect(dry.lines.last == "would import 4 blocks and 0 allows; 0 known before")
    #expect(try machine.decreed == [])
    let ended = machine.ablctl("import", "blocklist", path, "--for", "2d")
    #expect(ended.status == 0 && ended.error == "", "\(ended)")
    #expect(ended.lines[0].hasPrefix("network 198.51.100.0/24: blocked until "))
    #expect(ended.lines[0].hasSuffix("(in 2 d), by 'blocklist:drop'"))
    #expect(
      try machine.decreed == [
        "block 192.0.2.7", "block 198.51.100.0/24", "block 203.0.113.9", "block 2001:db8::/32",
      ])
    // Another list doesn't change what this one says.
    let other = machine.ablctl("import", "blocklist", path, "--as", "other")
    #expect(other.output == "imported 0 blocks and 0 allows; 4 known before\n")
  }

  @Test("prolongs what is still listed, and leaves what a person has said") func again() throws {
    let before = Timestamp.now.adding(-7200)
    let orders = [("192.0.2.7", "blocklist:drop"), ("192.0.2.8", "by hand")].map { text, reason in
      DecreeOrder(
        .block, .network(Network(typed: text.utf8)!), until: before.adding(86_400), by: "root",
        reason: Name(Array(reason.utf8)), at: before)
    }
    try machine.blockList.decree(orders, at: before)
    let path = try machine.file("drop", "192.0.2.7\n192.0.2.8\n")
    let ended = machine.ablctl("import", "blocklist", path)
    #expect(ended.lines.last == "imported 1 block and 0 allows; 1 known before")
    let held = try machine.blockList.decrees(at: .now).all
    #expect(held.map { $0.until > before.adding(86_400) } == [true, false])
  }

  @Test("leaves out what advice must never keep out") func policy() throws {
    machine.configure(
      "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\n"
        + "host_rule = *:3/1h\nhost_whitelist = 203.0.113.0/24\nuser_known = 30d\n")
    _ = machine.ablctl("allow", "198.51.100.7")
    let home = try #require(
      machine.blockList.configuration.home(
        of: "alice", at: .address(HostAddress(parsing: Array("192.0.2.9".utf8)[...])!)))
    _ = try machine.blockList.add([(home: home, time: Timestamp.now)], at: .now)
    let path = try machine.file(
      "all",
      """
      0.0.0.0/0
      ::/0
      10.0.0.0/8
      192.168.1.1
      127.0.0.1
      0.0.0.0/1
      fe80::1
      fc00::/7
      224.0.0.5
      203.0.113.5
      198.51.100.0/24
      192.0.2.200
      8.8.8.0/24

      """)
    let ended = machine.ablctl("import", "blocklist", path)
    #expect(try machine.decreed == ["block 8.8.8.0/24", "allow 198.51.100.7"])
    let why = ended.error.split(separator: "\n").map { $0.split(separator: ": ").last ?? "" }
    let reserved = "it is private, or no address of a host on the Internet"[...]
    #expect(
      why == [
        "the network is too large", "the network is too large", reserved, reserved, reserved,
        "the network is too large", reserved, "the network is too large", reserved,
        "the address is allowed here", "the address is allowed here",
        "a user of this machine logs in from there",
      ])
    #expect(ended.status == 0)
  }

  @Test("is not harmed by what a stranger may have put there") func hostile() throws {
    var bytes = [UInt8](repeating: 0x31, count: 300_000) + [0x0A]
    bytes += [UInt8](repeating: 0xFF, count: 255) + [0x0A, 0, 0x1B, 0x5B, 0x6D, 0x0A]
    bytes += Array("192.0.2.7/24\n1.2.3\n1.2.3.4/33\n\u{2028}\n::ffff:10.0.0.1\n192.0.2.9".utf8)
    let path = try machine.file("\u{1B}[m", bytes)
    let ended = machine.ablctl("import", "blocklist", path)
    #expect(ended.status == 1)
    #expect(try machine.decreed == ["block 192.0.2.9"])
    #expect((ended.error + ended.output).utf8.allSatisfy { $0 == 0x0A || $0 >= 0x20 })
    #expect(ended.output.hasPrefix("host 192.0.2.9: blocked until "))
    #expect(ended.error.contains(": '192.0.2.7/24': expected an address, or a network without"))
    #expect(ended.error.utf8.count < 4000)
  }

  @Test("takes no more than a bounded number, of a million lines") func million() throws {
    var text: [UInt8] = []
    let ends = (0..<256).map { Array("\($0)\n".utf8) }
    for index in 0..<4096 {
      let begin = Array("20.\(index >> 8).\(index & 255).".utf8)
      for end in ends { text += begin + end }
    }
    let path = try machine.file("big", text)
    let ended = machine.ablctl("import", "blocklist", path, "--dry-run")
    #expect(ended.lines.last == "would import 100000 blocks and 0 allows; 0 known before")
    #expect(
      ended.error == "ablctl: not carried over: \(path):100001: no more than 100000 are taken over "
        + "of one file\n")
  }

  @Test("prints JSON as the schema says") func json() throws {
    let schema = try JSONSchema()
    let path = try machine.file("list", "192.0.2.7\n10.0.0.1\n")
    let ended = machine.ablctl("import", "blocklist", path, "--json")
    #expect(ended.lines.count == 3 && ended.error == "")
    for line in ended.lines { #expect(schema.faults(of: line, "import") == []) }
  }
}
