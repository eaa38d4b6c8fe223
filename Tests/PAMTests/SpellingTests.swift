import Foundation
import Harness
import Testing

@Suite("Spellings of an account, through the real libpam")
struct SpellingTests {
  private static let spellings = ["alice", "Alice", "ALICE", "CORP\\alice", "alice@corp.example"]
  private static let both = "user_case=ignore\nuser_domain=strip\n"
  /// Here turns and the lock are waited for, however busy the machine is.
  private static let patient = "pending_wait=60s\nlock_timeout=60s\n"

  /// What is set, and how many of the guesses are judged, 12 at each spelling, if ten may fail.
  @Test(
    "each account has ten guesses, one after the other and at once",
    arguments: [
      ("", 50), ("user_case=keep\nuser_domain=keep\n", 50), ("user_case=ignore\n", 30),
      ("user_domain=strip\n", 30), (both, 10),
    ])
  func guesses(_ keys: String, _ judged: Int) async throws {
    let rules = "user_rule=*:10/1h\n" + Self.patient + keys
    let stack = try Stack(rules)
    for (place, user) in Self.spellings.enumerated() {
      _ = try stack.attempts(12, user: user, host: "192.0.2.\(place)")
    }
    #expect(try stack.judged == judged)
    let crowd = try Stack(rules, check: "delay=50")
    try await withThrowingTaskGroup(of: Ended.self) { group in
      for user in Self.spellings {
        group.addTask {
          try crowd.drive(
            "auth:wrong", "end", user: user, host: nil,
            options: ["--no-delay", "--quiet", "--parallel", "12"])
        }
      }
      try await group.waitForAll()
    }
    #expect(try crowd.judged == judged)
    #expect(try crowd.failures(of: "user") == judged)
  }

  @Test("other modules have the name as it was typed, and the store the one that is counted")
  func names() throws {
    let stack = try Stack("user_rule=*:2/1h\n" + Self.both)
    _ = try stack.attempts(3, user: "CORP\\Alice")
    let judged = try stack.text("judged").split(separator: "\n")
    #expect(judged.count == 2 && judged.allSatisfy { $0.contains(" CORP\\Alice ") }, "\(judged)")
    let listed = try stack.ablctl("list", "--json").output
    #expect(listed.contains(#""name":"alice""#) && !listed.contains("Alice"), "\(listed)")
    #expect(
      try stack.log.contains {
        $0.hasPrefix(#"refusing user 'CORP\\Alice' from 192.0.2.7 for t: user 'alice' is blocked"#)
      })
  }

  @Test("root is left out, and counted for its hosts, and a list frees, in any spelling")
  func exceptions() throws {
    let stack = try Stack(
      "user_rule=!Root:2/1h\nhost_rule=ROOT@*:3/1h\nuser_whitelist=Backup@corp.example\n"
        + Self.both)
    for user in ["root", "CORP\\ROOT", "Root@corp.example"] {
      _ = try stack.attempts(1, user: user)
    }
    #expect(try stack.ablctl("check", "-U", "root").status == 0)
    #expect(try stack.attempts(1, "right", user: "bob") == ["7"])
    for user in ["backup", "CORP\\BACKUP"] {
      _ = try stack.attempts(4, user: user, host: "192.0.2.9")
    }
    #expect(try stack.judged == 3 + 8)
  }

  @Test(
    "a user who is known at home under one spelling is at home under each",
    .whereUsersAreKnown)
  func home() throws {
    let stack = try Stack("user_rule=*:3/1h\nuser_known=30d\n" + Self.both)
    _ = try stack.drive("auth:right", "acct", "setcred", "end", user: "Alice")
    for user in Self.spellings { _ = try stack.attempts(1, user: user, host: "198.51.100.7") }
    #expect(try stack.judged == 1 + 3)
    #expect(try stack.attempts(1, "right", user: "alice", host: "198.51.100.7") == ["7"])
    #expect(try stack.attempts(1, "right", user: "CORP\\ALICE") == ["0"])
    #expect(try stack.attempts(4, user: "alice@corp.example").last == "7")
    #expect(try stack.attempts(1, "right", user: "Alice") == ["7"])
    let known = try stack.ablctl("known", "CORP\\Alice", "--json").output
    #expect(known.contains(#""user":"alice""#), "\(known)")
    #expect(try forget("ALICE@192.0.2.0/24", stack) == 0)
    #expect(try forget("CORP\\ALICE", stack) == 1)
    #expect(try stack.ablctl("known", "--json").output == "")
  }

  private func forget(_ name: String, _ stack: Stack) throws -> Int32 {
    let ablctl = Repository.build.appendingPathComponent("release/ablctl").path
    let words = ["known", "forget", "--config", stack.path("pam_abl.conf"), name]
    return try stack.run(ablctl, words).status
  }

  @Test("commands mean the account, however it is spelled", arguments: spellings)
  func commands(_ user: String) throws {
    let stack = try Stack("user_rule=*:2/1h\n" + Self.both)
    _ = try stack.attempts(2, user: "Alice")
    #expect(try stack.ablctl("check", "-U", user).status == 2)
    #expect(try stack.ablctl("explain", user).output.contains("user alice"))
    #expect(try stack.ablctl("show", user).output.contains("alice"))
    #expect(try stack.ablctl("unblock", "--strict", user).status == 0)
    #expect(try stack.attempts(1, "right", user: "alice") == ["0"])
    #expect(try stack.ablctl("fail", "-U", user, "-s", "t").status == 0)
    #expect(try stack.failures(of: "user") == 1)
    #expect(try stack.ablctl("block", user).status == 0)
    #expect(try stack.attempts(1, "right", user: "CORP\\alice") == ["7"])
    #expect(try stack.ablctl("unblock", "--strict", "ALICE").status == 0)
    #expect(try stack.ablctl("allow", user).status == 0)
    #expect(try stack.attempts(5, user: "Alice").last == "7" && stack.judged == 2 + 1 + 5)
    #expect(try stack.ablctl("disallow", "alice@CORP.example").status == 0)
  }

  @Test(
    "update takes over what was counted, known and decreed under other spellings",
    .whereUsersAreKnown)
  func update() throws {
    let rules = "user_rule=*:4/1h\nuser_known=30d\n"
    let stack = try Stack(rules)
    _ = try stack.drive("auth:right", "acct", "setcred", "end", user: "ALICE")
    for user in Self.spellings { _ = try stack.attempts(1, user: user, host: "198.51.100.7") }
    for user in ["Eve", "CORP\\Mallory"] { #expect(try stack.ablctl("block", user).status == 0) }
    try stack.configure(rules + Self.both)
    #expect(try stack.ablctl("update").status == 0)
    #expect(try stack.failures(of: "user") == 5)
    #expect(try stack.attempts(1, "right", user: "alice", host: "203.0.113.7") == ["7"])
    #expect(try stack.attempts(1, "right", user: "alice") == ["0"])
    for user in ["eve", "mallory"] {
      #expect(try stack.attempts(1, "right", user: user, host: "203.0.113.8") == ["7"])
    }
    let decrees = try stack.ablctl("list", "decrees", "--json").output
    #expect(decrees.split(separator: "\n").count == 2, "\(decrees)")
    #expect(try stack.ablctl("store", "--check").status == 0)
  }
}
