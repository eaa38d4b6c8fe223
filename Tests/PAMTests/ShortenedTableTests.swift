import Foundation
import Harness
import Testing

/// A table of attempts in flight that something shortens while a login has it mapped.
@Suite("A shortened table, through the real libpam")
struct ShortenedTableTests {
  /// Where it happens: before the answer, or between that and the verdict.
  enum Moment: CaseIterable {
    case prompt, judging
  }

  private static func stack(_ moment: Moment, _ length: String) throws -> Stack {
    let stack = try Stack("user_rule=*:3/1h\n")
    _ = try stack.attempts(1, user: "alice")
    try stack.write(
      "#!/bin/sh\nexec truncate -s \(length) \(stack.path("run"))/in-flight*\n", to: "shorten")
    chmod(stack.path("shorten"), 0o755)
    let shorten = "auth optional pam_exec.so quiet \(stack.path("shorten"))"
    let judge = "\(Stack.check) password=right log=\(stack.path("judged"))"
    try stack.services(
      ["auth required \(Stack.module) config=\(stack.path("pam_abl.conf"))"]
        + (moment == .prompt
          ? [shorten, "auth required \(judge)"]
          : ["auth optional \(judge)", shorten, "auth required \(judge) noprompt"]))
    return stack
  }

  @Test(
    "a login goes on with a new one", arguments: Moment.allCases, ["0", "100", "1000000", "-1"])
  func shortened(_ moment: Moment, _ length: String) throws {
    let stack = try Self.stack(moment, length)
    #expect(try stack.attempts(1, "right") == ["0"])
    #expect(try stack.attempts(1) == ["7"])
    try stack.services(
      "auth required \(Stack.module) config=\(stack.path("pam_abl.conf"))",
      "auth required \(Stack.check) password=right log=\(stack.path("judged"))")
    try stack.write("", to: "judged")
    #expect(try stack.attempts(4) == ["7", "7", "7", "7"])
    // With the one before.
    #expect(try stack.judged == 2)
    #expect(try stack.failures(of: "user") == 4, "alice's, too")
  }
}
