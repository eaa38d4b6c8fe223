import Foundation
import Harness
import Testing

@Suite("Counting, through the real libpam")
struct CountingTests {
  @Test("ten wrong passwords are judged, the eleventh try is refused")
  func tenAreJudged() throws {
    let stack = try Stack()
    for count in 1...10 {
      #expect(try stack.ablctl("check", "-H", "192.0.2.7", "-U", "bob").status == 0)
      #expect(try stack.attempts() == ["7"])
      #expect(try stack.judged == count)
      #expect(try stack.failures(of: "host") == count)
    }
    #expect(try stack.ablctl("check", "-H", "192.0.2.7").status == 2)
    #expect(try stack.ablctl("check", "-U", "bob").status == 2)
    #expect(try stack.attempts(1, "right") == ["7"])
    #expect(
      try stack.log.last == """
        refusing user 'bob' from 192.0.2.7 for t: host '192.0.2.7' is blocked by *:10/1h
        """)
    #expect(try stack.failures(of: "host") == 10)
  }

  @Test("another host and another user are untouched")
  func othersAreUntouched() throws {
    let stack = try Stack()
    _ = try stack.attempts(10)
    #expect(try stack.attempts(1, "right", user: "alice", host: "192.0.2.8") == ["0"])
    #expect(try stack.attempts(1, "right", user: "alice", host: nil) == ["0"])
    #expect(try stack.attempts(1, "right", user: "alice", host: "192.0.2.7") == ["7"])
    #expect(try stack.attempts(1, "right", user: "bob", host: "192.0.2.8") == ["7"])
  }

  @Test("it may try again when its failures have left the window")
  func windowEnds() throws {
    let stack = try Stack()
    _ = try stack.attempts(10)
    try stack.setClock(3500)
    #expect(try stack.attempts(1, "right", user: "alice") == ["7"])
    #expect(try stack.ablctl("check", "-H", "192.0.2.7").status == 2)
    // That try has prolonged nothing: nine more like it would have been needed.
    try stack.setClock(3700)
    #expect(try stack.ablctl("check", "-H", "192.0.2.7").status == 0)
    #expect(try stack.attempts(1, "right", user: "alice") == ["0"])
  }

  @Test("who goes on trying while blocked stays blocked")
  func hammering() throws {
    let stack = try Stack()
    _ = try stack.attempts(10)
    for minute in stride(from: 3, through: 90, by: 3) {
      try stack.setClock(minute * 60)
      #expect(try stack.attempts(1, "right", user: "alice") == ["7"], "after \(minute) min")
    }
  }

  @Test("a right password leaves nothing behind, not even a store")
  func rightPassword() throws {
    let stack = try Stack()
    let outcome = try stack.drive("auth:right", "acct", "setcred", "end")
    #expect(outcome.lines.filter { !$0.contains(" 0 SUCCESS") }.isEmpty)
    #expect(try stack.ablctl("list", "--json").output.isEmpty)
    #expect(!stack.exists("store/data.mdb"))
  }

  @Test(
    "the count is exact, whatever the application does with the handle",
    arguments: [
      Sequence("a wrong password, and no pam_end", 1, "auth:wrong", "abort"),
      Sequence(
        "three wrong ones on one handle", 3, "auth:wrong", "auth:wrong", "auth:wrong", "end"),
      Sequence(
        "a wrong one, then the right one", 1, "auth:wrong", "auth:right", "acct", "setcred", "end"),
      Sequence("pam_end says success after a wrong one", 1, "auth:wrong", "end:0"),
      Sequence("in a forked child that leaves by _exit", 1, "fork{", "auth:wrong", "}", "end:0"),
      Sequence(
        "twice in forked children, then the right one", 2, "fork{", "auth:wrong", "}",
        "fork{", "auth:wrong", "}", "fork{", "auth:right", "acct", "}", "setcred", "end:0"),
      Sequence(
        "a wrong one, then in by a key: acct and setcred", 1, "auth:wrong", "acct", "setcred",
        "end:0"),
      Sequence(
        "wrong by password, wrong in a child", 2, "auth:wrong", "fork{", "auth:wrong", "}",
        "end:0"),
      Sequence("right, and setcred twice", 0, "auth:right", "acct", "setcred", "setcred", "end:0"),
      Sequence("right, and neither acct nor setcred", 0, "auth:right", "end:0"),
      Sequence("right, and only acct", 0, "auth:right", "acct", "end:0"),
      Sequence(
        "right, and a forked child ends the handle too", 0, "auth:right", "acct", "setcred",
        "forkend:0", "end:0"),
      Sequence(
        "wrong, and a forked child ends the handle too", 1, "auth:wrong", "forkend:0", "end:0"),
      Sequence(
        "right, and the user is changed before setcred", 0, "auth:right", "user:root", "setcred",
        "end"),
      Sequence(
        "wrong, and the user is changed before the end", 1, "auth:wrong", "user:root", "end"),
      Sequence("the prompt is left without an answer", 0, "eof", "end"),
      Sequence(
        "the application has a delay function of its own", 1, "delayfn", "auth:wrong", "end"),
      Sequence(
        "the handle is used again after pam_end", 2, "auth:wrong", "end", "start", "auth:wrong",
        "end"),
    ])
  func sequences(_ sequence: Sequence) throws {
    let stack = try Stack()
    _ = try stack.drive(sequence)
    #expect(try stack.failures(of: "host") == sequence.failures)
    #expect(try stack.failures(of: "user") == sequence.failures)
    let shown = try stack.ablctl("show", "192.0.2.7", "--json").output
    #expect(!shown.contains("inFlight"))
  }

  @Test("the application's own delay function is called, with what libpam would have said")
  func chaining() throws {
    let stack = try Stack(check: "fail_delay=1000")
    let outcome = try stack.drive("delayfn", "auth:wrong", "auth:right", "end", options: [])
    let delays = outcome.lines.filter { $0.hasPrefix("delay") }.map { $0.split(separator: " ")[1] }
    // libpam calls it after each, with the verdict; the first is what pamdrive says of itself.
    #expect(delays.suffix(2) == ["7", "0"])
  }

  @Test("a stack that lists the module twice makes one attempt of it")
  func listedTwice() throws {
    let stack = try Stack()
    let line = "auth required \(Stack.module) config=\(stack.path("pam_abl.conf"))"
    try stack.services(
      line, line, "auth required \(Stack.check) password=right log=\(stack.path("judged"))")
    #expect(try stack.attempts() == ["7"])
    #expect(try stack.failures(of: "host") == 1)
    #expect(try stack.attempts(1, "right") == ["0"])
    #expect(try stack.attempts(11).count == 11)
    #expect(try stack.failures(of: "host") == 10)
  }

  @Test("it never lets anybody in: behind it, 'sufficient' still asks for the password")
  func neverSuccess() throws {
    let stack = try Stack()
    try stack.services(
      "auth required \(Stack.module) config=\(stack.path("pam_abl.conf"))",
      "auth sufficient \(Stack.check) password=right")
    #expect(try stack.attempts(1, "wrong") != ["0"])
    #expect(try stack.attempts(1, "right") == ["0"])
  }
}

/// Steps of an application, and how many failures they are.
struct Sequence: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let failures: Int
  let steps: [String]

  init(_ description: String, _ failures: Int, _ steps: String...) {
    (testDescription, self.failures, self.steps) = (description, failures, steps)
  }
}

extension Stack {
  func drive(_ sequence: Sequence) throws -> Ended {
    try Command(
      Stack.support("pamdrive"),
      ["--confdir", path("pam.d"), "--service", "t", "--user", "bob", "--rhost", "192.0.2.7"]
        + (sequence.steps.contains("delayfn") ? [] : ["--no-delay"]) + sequence.steps
    ).run()
  }
}
