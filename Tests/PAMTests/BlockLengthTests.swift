import Foundation
import Harness
import Testing

/// Blocks that grow, as the built module has them under the real libpam.
@Suite("Lengths of blocks, through the real libpam")
struct BlockLengthTests {
  private static let rules = "host_rule=*:3/1m\nhost_block=5m,15m,1h\nhost_purge=2h\n"

  @Test("each lasts as its place says, over boots, a compaction and a copy of the store")
  func grow() throws {
    let stack = try Stack(Self.rules)
    #expect(try stack.attempts(4).last == "7" && stack.judged == 3)
    let explained = try stack.ablctl("explain", "192.0.2.7").output
    #expect(
      explained.contains("first block, since ")
        && explained.contains("host_block has it last 5m at least, the next one 15m"),
      "\(explained)")
    // More than two minutes before the end, so that none of these is recorded.
    try stack.setClock(150)
    #expect(try stack.attempts(1, "right") == ["7"])
    try FileManager.default.removeItem(at: stack.file("run"))
    #expect(try stack.attempts(1, "right") == ["7"])
    try stack.setClock(280)
    #expect(try stack.ablctl("check", "192.0.2.7").status == 2)
    try stack.setClock(320)
    #expect(try stack.attempts(1, "right") == ["0"])
    // The second one: 3 more, which need no more than the limit.
    #expect(try stack.attempts(4).last == "7" && stack.judged == 3 + 1 + 3)
    #expect(try stack.ablctl("compact").status == 0)
    #expect(try stack.ablctl("export", "--output", stack.path("copy")).status == 0)
    try stack.setClock(320 + 700)
    #expect(try stack.attempts(1, "right") == ["7"])
    for directory in ["store", "run"] {
      try FileManager.default.removeItem(at: stack.file(directory))
    }
    #expect(try stack.ablctl("import", stack.path("copy")).status == 0)
    #expect(try stack.attempts(1, "right") == ["7"])
    let checked = try stack.ablctl("check", "192.0.2.7", "--json").output
    #expect(checked.contains(#""block":2"#), "\(checked)")
    try stack.setClock(320 + 880)
    #expect(try stack.ablctl("check", "192.0.2.7").status == 2)
    try stack.setClock(320 + 920)
    #expect(try stack.attempts(1, "right") == ["0"])
    let clear = try stack.ablctl("explain", "192.0.2.7").output
    #expect(clear.contains("is the third one, and lasts 1h at least"), "\(clear)")
    #expect(try stack.attempts(4).last == "7" && stack.judged == 3 + 1 + 3 + 1 + 3)
    try stack.setClock(320 + 920 + 3580)
    #expect(try stack.attempts(1, "right") == ["7"])
  }

  @Test("guesses that are refused reach no password, and begin no further block")
  func refused() throws {
    let stack = try Stack(Self.rules)
    for second in stride(from: 0, to: 280, by: 20) {
      try stack.setClock(second)
      _ = try stack.attempts(5)
    }
    #expect(try stack.judged == 3)
    let checked = try stack.ablctl("check", "192.0.2.7", "--json").output
    #expect(checked.contains(#""block":1"#), "\(checked)")
  }

  @Test(
    "blocked for strangers, a user is in at home, and blocked there for as long",
    .whereUsersAreKnown)
  func home() throws {
    let stack = try Stack("user_rule=*:3/1m\nuser_block=5m\nuser_known=30d\n")
    _ = try stack.drive("auth:right", "acct", "setcred", "end")
    #expect(try stack.attempts(4, host: "198.51.100.7").last == "7" && stack.judged == 1 + 3)
    #expect(try stack.attempts(1, "right") == ["0"])
    #expect(try stack.attempts(4).last == "7")
    try stack.setClock(280)
    #expect(try stack.attempts(1, "right") == ["7"])
    #expect(try stack.attempts(1, "right", host: "198.51.100.7") == ["7"])
    try stack.setClock(320)
    #expect(try stack.attempts(1, "right") == ["0"])
    #expect(try stack.attempts(1, "right", host: "198.51.100.7") == ["0"])
  }
}
