import Foundation
import Harness
import Testing

@Suite("A line with only=SERVICE")
struct OnlyTests {
  @Test(
    "is for the services that it names, and for all if it names none",
    arguments: [
      ("only=t", true), ("only=sshd only=t", true), ("only=t only=sshd", true), ("", true),
      ("only=sshd", false), ("only=tt", false), ("only=sshd only=", false),
    ])
  func services(words: String, isMeant: Bool) throws {
    let stack = try Stack("host_rule=*:2/1h\n", words: words)
    #expect(try stack.attempts(3) == ["7", "7", "7"])
    #expect(try stack.judged == (isMeant ? 2 : 3))
    if isMeant {
      #expect(try stack.failures(of: "host") == 2)
      #expect(try stack.log.filter { $0.contains("error:") } == [])
    }
  }

  /// A slip must not turn the module off without a word.
  @Test(
    "that names what can be no service is told, and is for all that no other word leaves out",
    arguments: ["only=", "only=t,sshd", "only=T", "only=/etc/pam.d/t", "[only=t sshd]", "only=a;b"])
  func slips(word: String) throws {
    let stack = try Stack("host_rule=*:2/1h\n", words: word)
    #expect(try stack.attempts(3) == ["7", "7", "7"])
    #expect(try stack.judged == 2 && stack.failures(of: "host") == 2)
    let said = try stack.lines("syslog").filter {
      $0.contains(": error: expected 'only=' and one service in small letters, like 'only=sshd'")
    }
    #expect(said.count == 1, "\(said)")
    #expect(said.first?.contains("pam argument:2:1:") == true, "\(said)")
  }

  @Test("opens nothing for another service, neither configuration nor store, and says nothing")
  func opensNothing() throws {
    let stack = try Stack(words: "only=sshd")
    let trace = stack.path("trace")
    let outcome = try stack.drive(
      "auth:wrong", "acct", "setcred", "end",
      under: ["strace", "-f", "-o", trace, "-e", "trace=file"])
    #expect(outcome.lines.contains { $0.hasPrefix("auth 7") }, "\(outcome)")
    let touched = try stack.text("trace").split(separator: "\n")
    #expect(touched.contains { $0.contains("pam_abl.so") })
    #expect(!touched.contains { $0.contains("pam_abl.conf") || $0.contains(stack.path("store")) })
    #expect(!stack.exists("store") && !stack.exists("run"))
    #expect(try stack.log == [])
  }

  @Test("holds for an account line, too")
  func account() throws {
    let stack = try Stack("host_rule=*:1/1h\n")
    _ = try stack.attempts()
    for (words, code) in [("only=t", "acct 6"), ("only=sshd", "acct 0")] {
      let line = "account required \(Stack.module) config=\(stack.path("pam_abl.conf")) \(words)"
      try stack.services("auth required pam_permit.so", line, "account required pam_permit.so")
      let outcome = try stack.drive("acct", "end")
      #expect(outcome.lines.contains { $0.hasPrefix(code) }, "\(words): \(outcome)")
    }
  }

  @Test("without a configuration is told so, as any line is: the word is no setting")
  func isNoSetting() throws {
    let stack = try Stack()
    let missing = stack.path("missing.conf")
    try stack.services(
      "auth required \(Stack.module) only=t config=\(missing)",
      "auth required \(Stack.check) password=right log=\(stack.path("judged"))")
    #expect(try stack.attempts() == ["7"])
    #expect(try stack.log.contains { $0.contains("letting the stack decide") })
  }
}
