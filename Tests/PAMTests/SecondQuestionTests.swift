import Foundation
import Harness
import Testing

/// Stacks in which a second module asks once more: that it does may tell that the first answer was
/// wrong.
@Suite("A second question, through the real libpam")
struct SecondQuestionTests {
  /// - Parameter control: of the module that asks first.
  private static func stack(_ control: String) throws -> Stack {
    let stack = try Stack("host_rule=*:10/1h\n")
    try stack.write("", to: "again")
    try stack.services(
      "auth requisite \(Stack.module) config=\(stack.path("pam_abl.conf"))",
      "auth \(control) \(Stack.check) password=right log=\(stack.path("judged"))",
      "auth required \(Stack.check) password=right log=\(stack.path("again")) again",
      "account required pam_permit.so")
    return stack
  }

  @Test("who leaves at it has made a guess: ten are judged")
  func left() throws {
    let stack = try Self.stack("sufficient")
    let options = ["--no-delay", "--attempts", "30"]
    _ = try stack.drive("leave:2", "auth:wrong", options: options)
    #expect(try stack.judged == 10)
    #expect(try stack.failures(of: "host") == 10)
    #expect(try stack.attempts(1, "right") == ["7"])
  }

  @Test("who leaves at the first has made none")
  func leftAtFirst() throws {
    let stack = try Self.stack("sufficient")
    let options = ["--no-delay", "--attempts", "30"]
    _ = try stack.drive("leave:1", "auth:wrong", options: options)
    #expect(try stack.attempts(1, "right") == ["0"])
    #expect(try stack.failures(of: "host") == 0)
  }

  @Test("right answers to both are not counted, and wrong ones are one failure")
  func both() throws {
    let stack = try Self.stack("required")
    #expect(try stack.attempts(12, "right") == Array(repeating: "0", count: 12))
    #expect(try stack.failures(of: "host") == 0)
    #expect(try stack.attempts(3) == ["7", "7", "7"])
    #expect(try stack.failures(of: "host") == 3)
  }

  @Test("is not asked any more once the answer to the first was refused")
  func afterRefusal() throws {
    let stack = try Self.stack("sufficient")
    #expect(try stack.attempts(9) == Array(repeating: "7", count: 9))
    // At its open prompt somebody else makes the tenth failure.
    let tenth = stack.command("--no-delay", "--quiet", "auth:wrong", "end")
    let late = try stack.drive(
      "during:\(tenth)", "auth:right", "end", options: ["--no-delay", "--prompts"])
    #expect(late.lines.filter { $0.hasPrefix("message prompt") }.count == 1, "\(late)")
    #expect(late.lines.contains { $0.hasPrefix("auth 19") }, "\(late)")
    #expect(try stack.judged == 10)
    #expect(try stack.text("again").split(separator: "\n").count == 10)
    #expect(try stack.log.contains { $0.hasPrefix("pam_abl: refusing user 'bob' from ") })
  }
}
