import BlockList
import Foundation
import Policy
import Testing
import Upkeep

@testable import Administration

/// `block`, `allow`, `disallow`, and what other commands say of them.
@Suite struct DecreeCommandTests {
  private let machine = Machine()

  private func isBlocked(_ words: String...) -> Bool {
    machine.run((["check", "--quiet"] + words).map { Array($0.utf8) }).status == 2
  }

  @Test("blocks a host, a network and a user, until it is unblocked") func blocks() {
    let ended = machine.ablctl("block", "192.0.2.7", "198.51.100.0/24", "bob", "--reason", "noise")
    #expect(
      ended.output == """
        host 192.0.2.7: blocked for ever
        network 198.51.100.0/24: blocked for ever
        user bob: blocked for ever

        """)
    #expect(ended.status == 0 && ended.error == "")
    #expect(isBlocked("192.0.2.7") && isBlocked("198.51.100.9") && isBlocked("-U", "bob"))
    #expect(!isBlocked("192.0.2.8") && !isBlocked("-H", "bob.example"))
    #expect(
      machine.ablctl("check", "198.51.100.9").output
        == "host 198.51.100.9: blocked by decree 198.51.100.0/24 for ever\n")
    let release = machine.ablctl("unblock", "198.51.100.9")
    #expect(
      release.output == "host 198.51.100.9: still blocked by decree 198.51.100.0/24, by "
        + "\(Audit.person): 'noise'; 'ablctl allow 198.51.100.9' lets it pass\n")
    #expect(machine.ablctl("unblock", "198.51.0.0/16", "bob").status == 0)
    #expect(!isBlocked("198.51.100.9") && !isBlocked("-U", "bob") && isBlocked("192.0.2.7"))
  }

  @Test("'ban' is 'block', and a time and a list are told") func ban() {
    let ended = machine.ablctl("ban", "192.0.2.7", "--for", "2d")
    #expect(ended.output.hasPrefix("host 192.0.2.7: blocked until 20"), "\(ended)")
    #expect(ended.output.hasSuffix("(in 2 d)\n"))
    let again = machine.ablctl("block", "192.0.2.7", "--for", "1h")
    #expect(again.output.hasSuffix("(in 1 h), as of now\n"), "\(again)")
    #expect(machine.ablctl("list", "decrees", "--quiet").output == "192.0.2.7\n")
  }

  @Test("allows at once what was blocked by evidence, and again not") func allows() throws {
    try machine.fail(host: "192.0.2.7", user: "alice", at: .now, times: 3)
    #expect(isBlocked("192.0.2.7"))
    #expect(machine.ablctl("list", "--blocked", "--quiet").output == "192.0.2.7\n")
    let ended = machine.ablctl("allow", "192.0.2.0/24", "--for", "30d", "--reason", "our scanner")
    #expect(ended.output.hasPrefix("network 192.0.2.0/24: allowed until "), "\(ended)")
    #expect(!isBlocked("192.0.2.7"))
    #expect(machine.ablctl("list", "--blocked").output == "nobody is blocked\n")
    let explained = machine.ablctl("explain", "192.0.2.7").lines
    #expect(explained[0].hasPrefix("host 192.0.2.7: clear, let pass by decree 192.0.2.0/24 until"))
    #expect(explained[1] == "  allow by decree 192.0.2.0/24, by \(Audit.person): 'our scanner'")
    #expect(
      machine.ablctl("disallow", "192.0.2.0/24").output
        == "network 192.0.2.0/24: no longer allowed by hand\n")
    #expect(isBlocked("192.0.2.7"))
    let none = machine.ablctl("disallow", "192.0.2.0/24", "--strict")
    #expect(none.status == 1 && none.error == "ablctl: no allow of network 192.0.2.0/24 is known\n")
  }

  @Test("says what holds before it, or within it") func doubts() throws {
    machine.configure(
      "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\n"
        + "host_rule = *:3/1h\nhost_whitelist = 203.0.113.0/24\n")
    let listed = machine.ablctl("block", "203.0.113.7")
    #expect(
      listed.error
        == "ablctl: host_whitelist has host 203.0.113.7: it passes, whatever is decreed\n")
    #expect(!isBlocked("203.0.113.7"))
    _ = machine.ablctl("allow", "192.0.2.7")
    let same = machine.ablctl("block", "192.0.2.7")
    #expect(
      same.error
        == "ablctl: an allow of host 192.0.2.7 holds before the block; 'ablctl disallow' ends it\n")
    let wide = machine.ablctl("block", "192.0.0.0/16")
    #expect(wide.error == "ablctl: allow of host 192.0.2.7 within it still holds\n")
  }

  @Test("refuses to shut out the person that asks, and everybody, unless forced") func folly() {
    let here = ["SSH_CONNECTION=192.0.2.7 50422 198.51.100.1 22"]
    let own = machine.ablctl("block", "192.0.2.0/24", environment: here)
    #expect(own.status == 1)
    #expect(
      own.error == "ablctl: you come from 192.0.2.7, which network 192.0.2.0/24 would shut out; "
        + "'--force' blocks it\n")
    for network in ["0.0.0.0/0", "::/0"] {
      let all = machine.ablctl("block", network)
      #expect(all.status == 1 && all.error.contains("is every address; '--force' blocks it"))
      let free = machine.ablctl("allow", network)
      #expect(free.status == 1 && free.error.contains("is every address; '--force' allows it"))
    }
    #expect(machine.ablctl("list", "decrees").output == "nothing is decreed\n")
    #expect(machine.ablctl("block", "192.0.2.7", "--force", environment: here).status == 0)
    #expect(machine.ablctl("block", "192.0.3.7", environment: here).status == 0)
    #expect(isBlocked("192.0.2.7"))
    #expect(machine.ablctl("allow", "0.0.0.0/0", "--force").status == 0)
  }

  @Test("--me is the address of the connection, and shown") func me() {
    let here = ["SSH_CONNECTION=192.0.2.7 50422 198.51.100.1 22"]
    let ended = machine.ablctl("allow", "--me", environment: here)
    #expect(ended.output == "host 192.0.2.7: allowed for ever\n")
    #expect(ended.error == "ablctl: you come from 192.0.2.7, by SSH_CONNECTION\n")
  }

  @Test(
    "takes nothing that can't be anybody",
    arguments: [
      ["block"], ["allow"], ["block", "300.1.1.1"], ["block", "192.0.2.0/33"],
      ["block", "a,b"], ["block", "bob", "--for", "0d"], ["block", "bob", "--for", "soon"],
      ["block", "*"], ["block", ""], ["block", "--network", "198.51.100.9"],
      ["allow", "UNKNOWN", "--host"],
    ])
  func nonsense(words: [String]) {
    let ended = machine.run(words.map { Array($0.utf8) })
    #expect(ended.status == 64, "\(ended)")
    #expect(machine.ablctl("list", "decrees").output == "nothing is decreed\n")
  }

  @Test("prints a network by its own bits, and ends it likewise") func hostBits() {
    #expect(
      machine.ablctl("block", "198.51.100.5/24").output
        == "network 198.51.100.0/24: blocked for ever\n")
    #expect(machine.ablctl("allow", "198.51.100.5/24").status == 0)
    #expect(
      machine.ablctl("disallow", "198.51.100.7/24").output
        == "network 198.51.100.0/24: no longer allowed by hand\n")
    let none = machine.ablctl("block", "--network", "198.51.100.9")
    #expect(
      none.error.hasPrefix(
        "Error: '198.51.100.9' can't be decreed: a network has /LENGTH, as in 192.0.2.0/24."))
  }

  @Test("'list --blocked --quiet' has blocks by hand, each name once") func quiet() throws {
    try machine.fail(host: "192.0.2.7", user: nil, at: .now, times: 3)
    _ = machine.ablctl("block", "192.0.2.7", "198.51.100.0/24", "bob")
    _ = machine.ablctl("allow", "203.0.113.9")
    let listed = machine.ablctl("list", "--blocked", "--quiet")
    #expect(listed.output == "192.0.2.7\n198.51.100.0/24\nbob\n")
    #expect(machine.ablctl("list", "users", "--blocked", "--quiet").output == "bob\n")
  }

  @Test(
    "says which units a length of time has",
    arguments: [
      ("1w", "unknown unit; use 's', 'm', 'h' or 'd'"), ("90", length), ("2d12h", length),
      ("1.5h", length), ("0d", "the length of time must be at least one second"), ("0", length),
      ("soon", length),
    ])
  func units(term: String, why: String) {
    for words in [["block", "bob"], ["unblock", "bob", "--everywhere"], ["trial", "start"]] {
      let ended = machine.run((words + ["--for", term]).map { Array($0.utf8) })
      #expect(ended.status == 64 && ended.error.contains(": " + why), "\(ended)")
    }
    // A number alone is a moment there, or an event's.
    for command in ["stats", "events"] where Int(term) == nil {
      let ended = machine.ablctl(command, "--since", term)
      #expect(ended.status == 64 && ended.error.contains(": " + why + ", or a time, like"))
    }
  }

  private static let length = "expected a length of time, like '90s', '15m', '1h' or '2d'"

  @Test("an order for all machines is about what the words say") func orders() throws {
    let alice = try #require(TypedName(argument: "alice"))
    let number = try #require(TypedName(argument: "1000"))
    let address = try #require(TypedName(argument: "192.0.2.7"))
    let network = try #require(TypedName(argument: "192.0.2.0/24"))
    for (name, kind) in [
      (alice, Kind.network), (number, .caller), (address, .caller), (address, .network),
    ] {
      #expect(throws: Misuse.self) { try Everywhere.subject(name, kind, .unblock) }
    }
    #expect(throws: Failure.self) { try Everywhere.subject(alice, .host, .unblock) }
    for kind in [nil, Kind.user] {
      #expect(try Everywhere.subject(alice, kind, .unblock).text == "user alice")
    }
    #expect(try Everywhere.subject(network, .network, .unblock).text.hasSuffix("192.0.2.0/24"))
    #expect(try Everywhere.subject(address, nil, .unblock).text.contains("192.0.2.7"))
  }

  @Test("names and reasons of any bytes harm nothing, and come back from an export")
  func hostile() throws {
    let name: [UInt8] = [0x65, 0x1B, 0x5B, 0x33, 0x31, 0x6D, 0xFF, 0x27, 0x20, 0x0A]
    let reason = Array("\u{202E}'; rm -rf / #\n\u{1B}]0;x\u{07}".utf8)
    let ended = machine.run([Array("block".utf8), name, Array("--reason".utf8), reason])
    #expect(ended.status == 0, "\(ended)")
    _ = machine.ablctl("allow", "--host", "gate.example")
    _ = machine.ablctl("allow", "2001:db8::/32", "--for", "3d")
    for words in [["list"], ["list", "decrees"], ["list", "decrees", "--json"], ["events"]] {
      let seen = machine.run(words.map { Array($0.utf8) }).output
      #expect(seen.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 32 && $0.value != 0x7F })
      #expect(!seen.unicodeScalars.contains("\u{202E}"), "\(words): \(seen)")
    }
    let export = machine.directory + "/export"
    #expect(machine.ablctl("export", "--output", export).status == 0)
    let before = try machine.blockList.decrees(at: .now).all.map { $0.order }
    #expect(before.count == 3)
    let other = Machine()
    let imported = other.ablctl("import", export)
    #expect(imported.output.contains("3 decrees") && imported.status == 0, "\(imported)")
    #expect(try other.blockList.decrees(at: .now).all.map { $0.order } == before)
    #expect(other.ablctl("import", export).status == 0)
    #expect(try other.blockList.decrees(at: .now).all.map { $0.order } == before)
    // The name as it is printed is that name.
    let shown = String(Name(name).escaped)
    #expect(machine.ablctl("unblock", "--user", shown).status == 0)
    #expect(try machine.blockList.decrees(at: .now).all.count == 2)
  }

  @Test("unblock --all ends blocks by hand, too, and an import brings them back") func all() {
    _ = machine.ablctl("block", "192.0.2.7", "bob")
    _ = machine.ablctl("allow", "192.0.3.0/24")
    let ended = machine.ablctl("unblock", "--all")
    #expect(
      ended.lines[0] == "forgot the attempts of 0 subjects, 0 of them blocked, and 2 blocks by hand"
    )
    #expect(machine.ablctl("list", "decrees", "--quiet").output == "192.0.3.0/24\n")
    #expect(
      machine.ablctl("import", machine.directory + "/db/before-unblock-all.jsonl").status == 0)
    #expect(isBlocked("192.0.2.7") && isBlocked("-U", "bob"))
  }

  @Test("of one kind, those decrees alone are listed, and ended by unblock --all") func kinds() {
    let words = ["192.0.2.7", "203.0.113.0/24", "bob"]
    _ = machine.ablctl("block", words[0], words[1], words[2])
    let kinds = [("hosts", "--host"), ("networks", "--network"), ("users", "--user")]
    func listed(_ kind: String) -> [String] {
      let output = machine.ablctl("list", kind).output
      return words.filter { output.contains($0) }
    }
    for (kind, word) in zip(kinds, words) { #expect(listed(kind.0) == [word]) }
    #expect(listed("callers") == [])
    let none = machine.ablctl("unblock", "--all", "--caller")
    #expect(none.lines.first == "forgot the attempts of 0 subjects, 0 of them blocked")
    for (number, kind) in kinds.enumerated() {
      _ = machine.ablctl("unblock", "--all", kind.1)
      let left = machine.ablctl("list", "decrees", "--quiet").lines.map { String($0) }
      #expect(Set(left) == Set(words.dropFirst(number + 1)))
    }
  }

  @Test("only says what it would do, with --dry-run") func dry() {
    _ = machine.ablctl("block", "192.0.2.7")
    let ended = machine.ablctl("unblock", "-n", "192.0.2.7")
    #expect(
      ended.output == "host 192.0.2.7: the block by hand would end (by \(Audit.person))\n",
      "\(ended)")
    #expect(isBlocked("192.0.2.7"))
  }

  @Test("events tell of each, and of an end by time") func events() throws {
    let now = Timestamp.now
    let network = Network(.v4(0xC000_0200), prefixLength: 24)
    try machine.blockList.decree(
      [DecreeOrder(.block, .network(network), until: now.adding(60), by: "root", at: now)], at: now)
    try machine.blockList.update(at: now.adding(61))
    _ = machine.ablctl("allow", "bob")
    _ = machine.ablctl("disallow", "bob")
    let lines = machine.ablctl("events").lines.map { line in
      String(line).split(separator: " ", omittingEmptySubsequences: true).dropFirst(2)
        .joined(separator: " ")
    }
    #expect(lines.count == 4, "\(lines)")
    #expect(lines[0].contains("network 192.0.2.0/24 by decree 192.0.2.0/24 until"))
    #expect(
      lines[1].hasSuffix("ended network 192.0.2.0/24 by decree 192.0.2.0/24, its time is over"))
    #expect(lines[2].hasSuffix("allowed user bob for ever, an administrator decreed it"))
    #expect(lines[3].hasSuffix("allow over user bob, an administrator ended it"))
  }
}
