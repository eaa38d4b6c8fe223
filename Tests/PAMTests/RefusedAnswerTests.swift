import Foundation
import Harness
import Testing

/// Behind a refusal the stack goes on, with `required`: no answer of the refused may get there.
@Suite("Refused answers, through the real libpam")
struct RefusedAnswerTests {
  /// Two modules that judge, of which the second asks once more, and before both one that writes
  /// down what it is given; bob is blocked.
  private static func blocked(
    _ control: String, _ front: String..., behind: [String]? = nil
  ) throws -> Stack {
    let stack = try Stack("user_rule=bob:1/1h\n")
    try stack.write("#!/bin/sh\ncat >>\(stack.path("given"))\n", to: "listen")
    chmod(stack.path("listen"), 0o755)
    for name in ["given", "again"] { try stack.write("", to: name) }
    let lines =
      behind ?? [
        "auth optional pam_exec.so expose_authtok quiet \(stack.path("listen"))",
        "auth [success=ok default=ignore] \(Stack.check) password=right log=\(stack.path("judged"))",
        "auth required \(Stack.check) password=right log=\(stack.path("again")) again",
      ]
    let own = "auth \(control) \(Stack.module) config=\(stack.path("pam_abl.conf"))"
    try stack.services(front + [own] + lines + ["account required pam_permit.so"])
    _ = try stack.ablctl("fail", "-U", "bob", "-s", "t")
    return stack
  }

  /// Every line that the application has seen, without times.
  private static func seen(
    _ password: String, _ stack: Stack, user: String = "bob"
  ) throws -> [String] {
    let outcome = try stack.drive(
      "delayfn", "auth:\(password)", "end", user: user, options: ["--prompts"])
    return outcome.lines.map {
      $0.split(separator: " ").filter { !$0.hasSuffix("s") || !$0.contains(".") }.joined(
        separator: " ")
    }
  }

  @Test(
    "a right and a wrong one look the same, and junk is judged in their place",
    arguments: ["required", "optional", "[default=ignore]"])
  func sameForBoth(_ control: String) throws {
    let stack = try Self.blocked(control)
    let wrong = try Self.seen("wrong", stack)
    #expect(try Self.seen("right", stack) == wrong)
    #expect(wrong.filter { $0.hasPrefix("message prompt") }.count == 1, "\(wrong)")
    #expect(wrong.contains { $0.hasPrefix("auth ") && !$0.hasPrefix("auth 0") }, "\(wrong)")
    let given = try stack.text("given")
    #expect(given.contains("INCORRECT") && !given.contains("right"), "\(given)")
    #expect(try stack.text("judged").split(separator: "\n").allSatisfy { $0.hasSuffix(" junk") })
    #expect(try stack.text("again").isEmpty)
    #expect(try stack.failures(of: "user") == 1)
    // Another is asked twice, and both answers are judged as they are.
    let other = try Self.seen("right", stack, user: "alice")
    #expect(other.filter { $0.hasPrefix("message prompt") }.count == 2, "\(other)")
    #expect(other.contains("auth 0 SUCCESS"), "\(other)")
  }

  @Test("with `requisite` nothing is asked, and that takes as long as a wrong password")
  func requisite() throws {
    let stack = try Self.blocked("requisite")
    let wrong = try Self.seen("wrong", stack)
    #expect(try Self.seen("right", stack).map(Self.rounded) == wrong.map(Self.rounded))
    #expect(wrong.contains("auth 7 AUTH_ERR"), "\(wrong)")
    #expect(!wrong.contains { $0.hasPrefix("message prompt") }, "\(wrong)")
    let delay = try #require(wrong.first { $0.hasPrefix("delay 7 ") })
    let microseconds = try #require(Int(delay.split(separator: " ")[2]))
    #expect(1_000_000...3_000_000 ~= microseconds)
    #expect(try stack.text("given").isEmpty && stack.text("judged").isEmpty)
  }

  private static func rounded(_ line: String) -> String {
    line.hasPrefix("delay 7 ") ? "delay 7" : line
  }

  @Test("where a module behind us asks, the delay is the one that it wants")
  func delay() throws {
    let stack = try Self.blocked("required")
    #expect(try Self.seen("right", stack).contains("delay 7 0"))
  }

  @Test("what a module in front has asked for becomes junk, too, and nothing more is asked")
  func token() throws {
    let stack = try Self.blocked(
      "required", "auth optional \(Stack.check) password=right", behind: nil)
    let wrong = try Self.seen("wrong", stack)
    #expect(try Self.seen("right", stack) == wrong)
    #expect(wrong.filter { $0.hasPrefix("message prompt") }.count == 1, "\(wrong)")
    let given = try stack.text("given")
    #expect(given.contains("INCORRECT") && !given.contains("right"), "\(given)")
    #expect(try stack.text("again").isEmpty)
  }

  @Test("an answer that is the junk itself is replaced as well")
  func junkAsAnswer() throws {
    let stack = try Self.blocked("required")
    _ = try Self.seen("%08%0A%0D%7FINCORRECT%08%0A%0D%7F", stack)
    let given = try stack.text("given")
    #expect(given.contains("DIFFERENT") && !given.contains("INCORRECT"), "\(given)")
  }

  @Test("an empty answer becomes junk, too: no module is given nothing")
  func empty() throws {
    let stack = try Self.blocked("required")
    _ = try Self.seen("", stack)
    #expect(try stack.text("given").contains("INCORRECT"))
  }

  @Test("a binary prompt is not put")
  func binary() throws {
    let stack = try Self.blocked(
      "required", behind: ["auth required \(Stack.check) password=right binary"])
    let seen = try Self.seen("right", stack)
    #expect(!seen.contains { $0.hasPrefix("message prompt") }, "\(seen)")
    #expect(try Self.seen("right", stack, user: "alice").contains("auth 0 SUCCESS"))
  }

  @Test("a block that begins between the prompt and the answer refuses at the answer")
  func blockedMeanwhile() throws {
    let stack = try Self.blocked("required")
    let ablctl = Repository.build.appendingPathComponent("release/ablctl").path
    let fail =
      "\(ablctl) fail --config \(stack.path("pam_abl.conf")) -U carol -s t >/dev/null"
    try stack.configure("user_rule=*:1/1h\n")
    let outcome = try stack.drive(
      "during:\(fail)", "auth:right", "end", user: "carol", options: ["--no-delay", "--prompts"])
    #expect(outcome.lines.filter { $0.hasPrefix("message prompt") }.count == 1, "\(outcome)")
    #expect(!outcome.lines.contains { $0.hasPrefix("auth 0") }, "\(outcome)")
    #expect(!(try stack.text("given").contains("right")))
    #expect(try stack.text("again").isEmpty)
    #expect(
      try stack.log.filter { $0.contains("pam_abl") } == [
        "pam_abl: refusing user 'carol' from 192.0.2.7 for t: user 'carol' is blocked by *:1/1h"
      ])
    #expect(try stack.failures(of: "user") == 2, "of bob and of carol one each")
  }

  @Test("everything is put back for the next attempt on the same handle")
  func putBack() throws {
    let stack = try Self.blocked("required")
    let outcome = try stack.drive("auth:right", "user:alice", "auth:right", "acct", "end")
    #expect(outcome.lines.contains { $0.hasPrefix("auth 0") }, "\(outcome)")
    #expect(outcome.lines.contains { $0.hasPrefix("acct 0") }, "\(outcome)")
  }

  @Test("a second line of the module in the same pass refuses, too, and says it once")
  func twice() throws {
    let stack = try Stack("user_rule=bob:1/1h\n")
    let line = "auth required \(Stack.module) config=\(stack.path("pam_abl.conf"))"
    try stack.services([line, line, "auth required pam_permit.so"])
    _ = try stack.ablctl("fail", "-U", "bob", "-s", "t")
    #expect(try stack.attempts(1, "right") == ["7"])
    #expect(try stack.log.count == 1)
  }
}
