import Foundation
import Harness
import Policy
import Testing

@testable import Administration
@testable import BlockList

/// `ablctl known`.
@Suite struct KnownTests {
  private let machine = Machine("user_rule = *:3/1h\nuser_known = 30d\n")
  private let schema: JSONSchema

  init() throws { schema = try JSONSchema() }

  /// As wtmp(5) has a login, of a 64-bit glibc.
  private func record(
    _ user: String, _ octets: [UInt8], _ time: Timestamp, kind: UInt8 = 7
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 384)
    bytes[0] = kind
    bytes.replaceSubrange(44..<44 + user.utf8.count, with: user.utf8)
    for place in 0..<4 {
      bytes[340 + place] = UInt8(truncatingIfNeeded: time.seconds >> Int64(8 * place))
    }
    bytes.replaceSubrange(348..<348 + octets.count, with: octets)
    return bytes
  }

  private func wtmp() -> String {
    let now = Timestamp.now
    let records = [
      record("alice", [192, 0, 2, 7], now.adding(-100)),
      record("alice", [192, 0, 2, 9], now.adding(-50)),
      record("bob", [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 1, count: 12), now.adding(-50)),
      // Too old, from no address, and no login at all.
      record("old", [192, 0, 2, 7], now.adding(-40 * 86_400)),
      record("console", [], now.adding(-50)), record("boot", [192, 0, 2, 1], now, kind: 2),
    ]
    let path = machine.directory + "/wtmp"
    _ = FileManager.default.createFile(
      atPath: path, contents: Data(records.flatMap { $0 } + [1, 2]))
    return path
  }

  @Test("takes over the logins of wtmp, lists them, and forgets one or all of a user")
  func logins() throws {
    #expect(machine.ablctl("known").output == "no user is known at a network\n")
    let imported = machine.ablctl("known", "import", wtmp())
    #expect(imported.output == "3 logins of wtmp; 2 networks of users are new\n")
    let again = machine.ablctl("known", "import", wtmp())
    #expect(again.output == "3 logins of wtmp; 0 networks of users are new\n")
    let lines = machine.ablctl("known").lines.map { line in
      String(line[..<(line.range(of: ": last login")?.lowerBound ?? line.endIndex)])
    }
    #expect(Set(lines) == ["alice@192.0.2.0/24", "bob@2001:db8:101::/48"])
    let json = machine.ablctl("known", "alice", "--json").lines
    #expect(json.count == 1)
    for line in json { #expect(schema.faults(of: line, "known") == []) }
    let listed = machine.ablctl("known", "list", "alice@192.0.2.0/24", "zed")
    #expect(listed.output.hasPrefix("alice@192.0.2.0/24: last login ") && listed.lines.count == 1)
    #expect(listed.error == "ablctl: 'zed' is known at no network\n" && listed.status == 0)
    // Nothing has failed: no list of guessers has them.
    #expect(machine.ablctl("list", "--quiet").lines == [])
    #expect(machine.ablctl("check", "-U", "alice").output == "user alice: clear\n")
    let forgotten = machine.ablctl("known", "forget", "alice@192.0.2.0/24")
    #expect(forgotten.output == "alice@192.0.2.0/24: forgotten\n")
    #expect(machine.ablctl("known", "forget", "alice").status == 1)
    #expect(machine.ablctl("known", "forget", "bob").status == 0)
    #expect(machine.ablctl("known").output == "no user is known at a network\n")
  }

  @Test("explain says where a user is known, and where not") func explained() {
    _ = machine.ablctl("known", "import", wtmp())
    #expect(
      machine.ablctl("explain", "alice@192.0.2.0/24").lines.dropFirst().first
        == "  the user has logged in from there: only failures from there count (user_known)")
    #expect(
      machine.ablctl("explain", "alice@198.51.100.0/24").lines.dropFirst().first
        == "  the user isn't known there: failures from there count for the user (user_known)")
  }

  @Test("an export has where users are known, and takes it back") func backup() throws {
    _ = machine.ablctl("known", "import", wtmp())
    let known = machine.ablctl("known").output
    let file = machine.directory + "/export"
    #expect(machine.ablctl("export", "--output", file).status == 0)
    let other = Machine("user_rule = *:3/1h\nuser_known = 30d\n")
    #expect(other.ablctl("import", file).status == 0)
    #expect(other.ablctl("known").output == known)
  }

  @Test("says so where no user is known anywhere") func off() {
    let machine = Machine("user_rule = *:3/1h\n")
    #expect(machine.ablctl("known").error.contains("'user_known' is not set"))
    #expect(machine.ablctl("known", "import", wtmp()).status == 1)
  }
}
