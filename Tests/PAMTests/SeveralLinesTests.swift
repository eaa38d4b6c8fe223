import Foundation
import Harness
import Testing

/// Several lines of the module in one stack, in any order: each does what those in front don't.
@Suite("Several lines in one stack, through the real libpam")
struct SeveralLinesTests {
  /// - Parameter words: behind the module of each line; "CHECK" is the module that judges.
  private static func stack(
    _ rules: String, _ words: [String], check: String = ""
  ) throws -> Stack {
    let stack = try Stack(rules + "pending_wait=60s\nlock_timeout=60s\n")
    let judge = "auth required \(Stack.check) password=right log=\(stack.path("judged")) \(check)"
    let own = "auth required \(Stack.module) config=\(stack.path("pam_abl.conf"))"
    try stack.services(words.map { $0 == "CHECK" ? judge : "\(own) \($0)" })
    return stack
  }

  static let pairs = [
    ["log_both", "check_both"], ["log_both", ""], ["", "check_both"], ["check_both", "log_both"],
    ["check_host log_host", "check_user log_user"], ["log_host", "log_user", "check_both"],
    ["check_host", "log_user", "check_user log_host"], ["log_both", "log_both", "check_both"],
    ["", ""],
  ]

  @Test(
    "as many are judged as the limit of either kind says, and each is counted once",
    arguments: pairs, ["", "abandoned=count\n"])
  func order(_ lines: [String], _ abandoned: String) throws {
    for (kind, rules) in [
      ("user", "host_rule=*:100/1h\nuser_rule=*:3/1h\n"),
      ("host", "host_rule=*:3/1h\nuser_rule=*:100/1h\n"),
    ] {
      let stack = try Self.stack(rules + abandoned, lines + ["CHECK"])
      #expect(try stack.attempts(6) == Array(repeating: "7", count: 6))
      #expect(try stack.judged == 3, "\(kind)")
      #expect(try stack.failures(of: "user") == 3, "\(kind)")
      #expect(try stack.failures(of: "host") == 3, "\(kind)")
      #expect(try stack.attempts(1, "right") == ["7"], "\(kind)")
    }
  }

  @Test("at once, too", arguments: pairs, ["", "abandoned=count\n"])
  func crowd(_ lines: [String], _ abandoned: String) throws {
    let rules = "host_rule=*:100/1h\nuser_rule=*:3/1h\n" + abandoned
    let stack = try Self.stack(rules, lines + ["CHECK"], check: "delay=50")
    _ = try stack.drive(
      "auth:wrong", "end", options: ["--no-delay", "--quiet", "--parallel", "20"])
    #expect(try stack.judged == 3)
    #expect(try stack.failures(of: "user") == 3)
    #expect(try stack.failures(of: "host") == 3)
  }

  @Test("behind a module that has asked for the password, too", arguments: pairs)
  func answered(_ lines: [String]) throws {
    let stack = try Self.stack("host_rule=*:100/1h\nuser_rule=*:3/1h\n", ["CHECK"] + lines)
    let check = "auth required \(Stack.check) password=right noprompt"
    try stack.write(
      stack.text("pam.d/t").replacingOccurrences(
        of: "auth required \(Stack.check)",
        with:
          "auth optional \(Stack.check)") + check + "\n", to: "pam.d/t")
    #expect(try stack.attempts(6) == Array(repeating: "7", count: 6))
    #expect(try stack.failures(of: "user") == 3)
    #expect(try stack.failures(of: "host") == 3)
    #expect(try stack.attempts(1, "right") == ["7"])
    #expect(try stack.attempts(1, "right", user: "eve") == ["0"])
    // What is left keeps no other attempt out.
    #expect(try stack.attempts(2, user: "alice") == ["7", "7"])
    #expect(try stack.failures(of: "user") == 5)
  }

  private static func twoStores(_ lines: String) throws -> Stack {
    let stack = try Stack("host_rule=*:4/1h\n" + lines)
    try stack.write(
      "user_rule=*:2/1h\ndb_home=\(stack.path("other"))\nrun_home=\(stack.path("run"))\n" + lines,
      to: "other.conf")
    let judge = "auth required \(Stack.check) password=right log=\(stack.path("judged"))"
    try stack.services(
      ["pam_abl.conf", "other.conf"].map {
        "auth required \(Stack.module) config=\(stack.path($0))"
      } + [judge])
    return stack
  }

  @Test(
    "over two stores, each counts and refuses in its own", arguments: ["", "abandoned=count\n"])
  func twoStores(_ lines: String) throws {
    let stack = try Self.twoStores(lines)
    #expect(try stack.attempts(4) == Array(repeating: "7", count: 4))
    #expect(try stack.judged == 2)
    // A refusal of the second line is nothing that the first one counts.
    #expect(try stack.failures(of: "host") == 2)
    #expect(try stack.attempts(1, "right", user: "eve") == ["0"])
    #expect(try stack.attempts(1, "right", user: "bob", host: "192.0.2.8") == ["7"])
    for user in ["carol", "dave", "erin"] { _ = try stack.attempts(1, user: user) }
    #expect(try stack.judged == 2 + 1 + 2)
    #expect(try stack.failures(of: "host") == 4)
    #expect(try stack.attempts(1, "right", user: "frank") == ["7"])
  }
}
