import Foundation
import Harness
import Testing

/// What is a guess, and what is none.
@Suite("What is no guess, through the real libpam")
struct NoGuessTests {
  private static func stack(_ rules: String = "", _ lines: String...) throws -> Stack {
    let stack = try Stack("user_rule=*:3/1h\n" + rules)
    let own = "auth required \(Stack.module) config=\(stack.path("pam_abl.conf"))"
    try stack.services([own] + lines)
    return stack
  }

  @Test("an attempt in which nothing was asked", arguments: ["lapse", "count"])
  func notAsked(_ abandoned: String) throws {
    let stack = try Self.stack("abandoned=\(abandoned)\n", "auth required pam_deny.so")
    #expect(try stack.attempts(5) == Array(repeating: "7", count: 5))
    #expect(try stack.failures(of: "user") == 0)
    #expect(try stack.log.isEmpty)
  }

  @Test(
    "a prompt that is left, unless 'abandoned = count'",
    arguments: [("lapse", 0), ("count", 2)])
  func left(_ abandoned: String, _ failures: Int) throws {
    let stack = try Self.stack(
      "abandoned=\(abandoned)\n", "auth required \(Stack.check) password=right")
    _ = try stack.drive("eof", "end")
    // Killed at the open prompt; the next look finds that.
    _ = try stack.drive("leave:1", "auth:wrong")
    #expect(try stack.attempts(1, "right") == ["0"])
    #expect(try stack.failures(of: "user") == failures)
  }

  @Test("an application that will answer later has not answered", arguments: ["lapse", "count"])
  func later(_ abandoned: String) throws {
    let stack = try Self.stack(
      "abandoned=\(abandoned)\n", "auth required \(Stack.check) password=right again")
    _ = try stack.drive("later:1", "auth:wrong", "end")
    #expect(try stack.failures(of: "user") == 0)
  }

  @Test("a binary prompt is a question, and what is answered to it a guess")
  func binary() throws {
    let stack = try Self.stack("", "auth required \(Stack.check) password=right binary")
    #expect(try stack.attempts(2) == ["7", "7"])
    #expect(try stack.failures(of: "user") == 2)
    #expect(try stack.attempts(1, "right") == ["0"])
  }

  @Test("that a directory is out of reach, said after an answer, is a failure")
  func unavailable() throws {
    let stack = try Self.stack(
      "", "auth [default=ignore] \(Stack.check) password=right",
      "auth required pam_debug.so auth=authinfo_unavail")
    #expect(try stack.attempts() == ["9"])
    #expect(try stack.failures(of: "user") == 1)
  }

  @Test(
    "an empty answer, if the same handle gets in as the same user",
    arguments: [
      Sequence("an empty one, and no more", 1, "auth:", "end"),
      Sequence("an empty one, then the right one", 0, "auth:", "auth:right", "end"),
      Sequence("two empty ones, then the right one", 0, "auth:", "auth:", "auth:right", "end"),
      Sequence("an empty one, then in by a key", 0, "auth:", "acct", "setcred", "end"),
      Sequence("an empty one, and credentials are dropped", 1, "auth:", "setcred:delete", "end"),
      Sequence("a wrong one, then the right one", 1, "auth:wrong", "auth:right", "end"),
      Sequence("empty, wrong, right", 1, "auth:", "auth:wrong", "auth:right", "end"),
      Sequence("empty, then right as another", 1, "auth:", "user:alice", "auth:right", "end"),
      Sequence("empty, then right from elsewhere", 1, "auth:", "rhost:192.0.2.8", "auth:right"),
      Sequence("empty, then a key of another", 1, "auth:", "user:alice", "acct", "setcred"),
      Sequence("empty, then right on another handle", 1, "auth:", "end", "start", "auth:right"),
      Sequence("empty in a child, then right", 1, "fork{", "auth:", "}", "auth:right", "end"),
    ])
  func empty(_ sequence: Sequence) throws {
    let stack = try Stack()
    _ = try stack.drive(sequence)
    #expect(try stack.failures(of: "user") == sequence.failures)
    #expect(try stack.failures(of: "host") == sequence.failures)
  }

  @Test("an empty answer is taken back from the store, too, and a block that it made ends")
  func emptyInStore() throws {
    let stack = try Stack()
    for name in ["ran", "syslog"] { try stack.write("", to: name) }
    try stack.write("#!/bin/sh\necho $1 >>\(stack.path("ran"))\n", to: "tell")
    chmod(stack.path("tell"), 0o755)
    let commands = ["block", "clear"].map {
      "user_\($0)_cmd=[\(stack.path("tell"))] [\($0)]\n"
    }
    // Where a command is set, a failure goes straight into the store.
    try stack.configure("user_rule=*:1/1h\n" + commands.joined())
    _ = try stack.drive("auth:", "setcred", "end")
    #expect(try stack.failures(of: "user") == 0)
    #expect(try stack.ablctl("list").output.contains("no failed login is on record"))
    #expect(try stack.attempts(1, "right") == ["0"])
    let ran = try firstRight({ try stack.lines("ran") }, where: { $0.count >= 2 })
    #expect(ran.sorted() == ["block", "clear"])
  }
}

/// Lines of which each does a part.
@Suite("Lines that only check or only count, through the real libpam")
struct SplitLineTests {
  private static func stack(_ words: String..., check: String = "") throws -> Stack {
    let stack = try Stack("user_rule=*:3/1h\npending_wait=60s\nlock_timeout=60s\n")
    let judge = "auth required \(Stack.check) password=right log=\(stack.path("judged")) \(check)"
    try stack.services(
      words.map {
        $0 == "CHECK"
          ? judge : "auth required \(Stack.module) config=\(stack.path("pam_abl.conf")) \($0)"
      })
    return stack
  }

  @Test("both in front of the judge: as many are judged as the limit says, at once too")
  func front() throws {
    // Of ten such crowds one was judged four times while the two lines asked one after the other.
    for _ in 0..<20 {
      let stack = try Self.stack("check_both", "log_both", "CHECK", check: "delay=50")
      _ = try stack.drive(
        "auth:wrong", "end", options: ["--no-delay", "--quiet", "--parallel", "20"])
      #expect(try stack.failures(of: "user") == 3)
      #expect(try stack.judged == 3)
    }
  }

  @Test("the one that counts behind the judge, also of one that asks by itself")
  func behind() throws {
    for check in ["", "again"] {
      let stack = try Self.stack("check_both", "CHECK", "log_both", check: check)
      #expect(try stack.attempts(5) == Array(repeating: "7", count: 5))
      #expect(try stack.failures(of: "user") == 3, "\(check)")
      #expect(try stack.judged == 3, "\(check)")
    }
  }
}
