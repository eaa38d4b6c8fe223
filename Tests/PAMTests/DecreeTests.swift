import Foundation
import Harness
import Testing

/// Decrees, as the built module judges by them under the real libpam.
@Suite("Decrees, through the real libpam")
struct DecreeTests {
  @Test("a block by hand refuses host, network and user at once, and a right password, too")
  func blocks() throws {
    let stack = try Stack()
    #expect(try stack.attempts(1, "right") == ["0"])
    let block = try stack.ablctl("block", "192.0.2.0/24", "eve", "--for", "1h", "--reason", "noise")
    #expect(block.status == 0, "\(block)")
    _ = try stack.takeSyncs()
    #expect(try stack.attempts(1, "right") == ["7"])
    #expect(try stack.attempts(1, "right", user: "eve", host: "198.51.100.7") == ["7"])
    #expect(try stack.attempts(1, "right", host: "198.51.100.7") == ["0"])
    #expect(try stack.attempts(1, "right", host: "::ffff:192.0.2.9") == ["7"])
    #expect(try stack.takeSyncs() == 0)
    #expect(try stack.judged == 2)
    let log = try stack.log
    #expect(log.contains { $0.contains("host '192.0.2.7' is blocked by decree 192.0.2.0/24") })
    #expect(log.contains { $0.contains("user 'eve' is blocked by decree eve") }, "\(log)")
    let listed = try stack.ablctl("list", "decrees", "--json").output
    #expect(
      listed.contains(#""name":"192.0.2.0/24""#) && listed.contains(#""hits":2"#), "\(listed)")
    #expect(try stack.ablctl("unblock", "192.0.2.0/24", "eve").status == 0)
    #expect(try stack.attempts(1, "right") == ["0"])
    #expect(try stack.attempts(1, "right", user: "eve") == ["0"])
  }

  @Test("an allow frees at once what was blocked by evidence, and counts nothing while it lasts")
  func allows() throws {
    let stack = try Stack("host_rule=*:3/1h\n")
    #expect(try stack.attempts(4).last == "7" && stack.judged == 3)
    #expect(try stack.attempts(1, "right") == ["7"])
    #expect(try stack.ablctl("allow", "192.0.2.7", "--for", "10m").status == 0)
    #expect(try stack.attempts(1, "right") == ["0"])
    _ = try stack.attempts(20)
    #expect(try stack.judged == 3 + 1 + 20)
    // What waits in the journal is dropped on its way into the store.
    _ = try stack.ablctl("update")
    #expect(try stack.failures(of: "host") == 3)
    // It ends by itself: what was on record counts again.
    try stack.setClock(601)
    #expect(try stack.attempts(1, "right") == ["7"])
  }

  @Test("what was let pass doesn't count once the allow has ended, though it waits in the journal")
  func ended() throws {
    let stack = try Stack("host_rule=*:10/3h\n")
    #expect(try stack.ablctl("allow", "192.0.2.7", "--for", "1h").status == 0)
    #expect(try stack.attempts(12) == Array(repeating: "7", count: 12))
    #expect(try stack.judged == 12)
    try stack.setClock(3601)
    #expect(try stack.attempts(12) == Array(repeating: "7", count: 12))
    #expect(try stack.judged == 12 + 10)
    #expect(try stack.failures(of: "host") == 10)
  }

  @Test("an allowed user passes, and the host that guesses at that user is still counted")
  func user() throws {
    let stack = try Stack("host_rule=*:3/1h\nuser_rule=*:2/1h\n")
    #expect(try stack.ablctl("allow", "bob").status == 0)
    for number in 1...4 { _ = try stack.attempts(1, host: "192.0.2.\(number)") }
    #expect(try stack.attempts(1, "right", host: "192.0.2.9") == ["0"])
    _ = try stack.attempts(3, host: "192.0.2.8")
    #expect(try stack.attempts(1, "right", host: "192.0.2.8") == ["7"])
  }

  @Test("a crowd that is allowed is judged to the last, and one that is blocked not at all")
  func crowds() throws {
    let stack = try Stack("host_rule=*:3/1h\nuser_rule=*:3/1h\n")
    _ = try stack.ablctl("allow", "192.0.2.7", "bob")
    _ = try stack.ablctl("block", "192.0.2.8")
    let lines = (0..<16).map { number in
      stack.command("auth:wrong", "end")
        .replacing("192.0.2.7", with: number % 2 == 0 ? "192.0.2.7" : "192.0.2.8") + " >/dev/null &"
    }
    _ = try stack.run("/bin/sh", ["-c", lines.joined(separator: "\n") + "\nwait"])
    #expect(try stack.judged == 8)
  }
}
