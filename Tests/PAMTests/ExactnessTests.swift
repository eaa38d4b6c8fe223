import Foundation
import Harness
import Testing

/// Ten means ten, and a right password never counts, however many come at once.
@Suite("Exactness, through the real libpam", .serialized)
struct ExactnessTests {
  /// Here their turns and the lock are waited for, however busy the machine is.
  private static let patient = "pending_wait=60s\nlock_timeout=60s\n"

  @Test(
    "64 processes with 20 wrong guesses each: exactly 10 reach the password check",
    arguments: [0, 50, 500])
  func guesses(_ milliseconds: Int) throws {
    for round in 1...20 {
      let stack = try Stack(Stack.rules + Self.patient, check: "delay=\(milliseconds)")
      let outcome = try stack.drive(
        "auth:wrong", "end",
        options: ["--no-delay", "--quiet", "--tally", "--parallel", "64", "--attempts", "20"])
      #expect(outcome.output == "tally AUTH_ERR 1280\n", "round \(round): \(outcome)")
      #expect(try stack.judged == 10, "round \(round)")
      #expect(try stack.failures(of: "host") == 10, "round \(round)")
      let others = try stack.log.filter { !$0.contains("refusing user") }
      #expect(others == [], "round \(round)")
    }
  }

  @Test("64 right passwords at once all get in, and none is counted", arguments: [0, 300])
  func crowd(_ milliseconds: Int) throws {
    let stack = try Stack(Stack.rules + Self.patient, check: "delay=\(milliseconds)")
    let outcome = try stack.drive(
      "auth:right", "acct", "setcred", "end",
      options: ["--no-delay", "--quiet", "--tally", "--parallel", "64"])
    #expect(outcome.output == "tally SUCCESS 64\n", "\(outcome)")
    #expect(try stack.ablctl("list", "--json").output.isEmpty)
  }

  /// When a crowd could only wait for 5 s, 44 of them were refused.
  @Test("64 right passwords, judged for 3 s each by a push to a phone, all get in by the defaults")
  func slowCrowd() throws {
    let stack = try Stack(check: "delay=3000")
    let outcome = try stack.drive(
      "auth:right", "acct", "setcred", "end",
      options: ["--no-delay", "--quiet", "--tally", "--parallel", "64"])
    #expect(outcome.output == "tally SUCCESS 64\n", "\(outcome)")
    #expect(try stack.ablctl("list", "--json").output.isEmpty)
  }

  @Test("with 3 wrong ones among them exactly 3 are counted, and the rest gets in")
  func mixedCrowd() async throws {
    let stack = try Stack(Stack.rules + Self.patient, check: "delay=300")
    async let wrong = Self.crowd(of: 3, "wrong", stack)
    async let right = Self.crowd(of: 64, "right", stack)
    #expect(try await wrong == "tally AUTH_ERR 3\n")
    #expect(try await right == "tally SUCCESS 64\n")
    #expect(try stack.failures(of: "host") == 3)
    #expect(try stack.failures(of: "user") == 3)
  }

  private static func crowd(of size: Int, _ password: String, _ stack: Stack) async throws -> String
  {
    try stack.drive(
      "auth:\(password)", "end",
      options: ["--no-delay", "--quiet", "--tally", "--parallel", "\(size)"]
    ).output
  }

  @Test("a newcomer waits for those in flight for 'pending_wait', and is refused uncounted then")
  func pendingWait() throws {
    let stack = try Stack(
      "host_rule=*:2/1h\npending_wait=300ms\nlock_timeout=60s\n", check: "delay=15000")
    let outcome = try stack.drive(
      "auth:wrong", "end",
      options: ["--no-delay", "--quiet", "--tally", "--parallel", "5"])
    // Where its question fails, a judge has no verdict, but an error of its own.
    #expect(outcome.output == "tally AUTH_ERR 2\ntally AUTHTOK_ERR 3\n")
    #expect(try stack.judged == 2)
    #expect(try stack.failures(of: "host") == 2)
    #expect(
      try stack.log.filter { $0.hasSuffix("has as many attempts in flight as may still fail") }
        .count
        == 3)
  }
}

/// Ended at any moment of an attempt: what got its verdict is counted, and nobody after it suffers.
@Suite("Killing, through the real libpam", .serialized)
struct KillingTests {
  @Test(
    "logins ended at 1000 random moments: no verdict is uncounted, no lock and no slot stays",
    arguments: [(SIGKILL, 600), (SIGTERM, 200), (SIGALRM, 200)])
  func storm(_ signal: Int32, _ count: Int) throws {
    let stack = try Stack("host_rule=*:9999/1h\nlimits=10000-10000\n")
    let script = "exec \(stack.command("delayfn", "auth:wrong", "end")) >>\(stack.path("verdicts"))"
    var verdicts = 0
    // Where the machine has become busier meanwhile, all may have ended too early: then once more.
    for _ in 1...5 where verdicts == 0 {
      let life = try lifeOfAnAttempt(stack)
      let outcome = try stack.run(
        Stack.support("storm"), ["\(count)", "\(signal)", "\(life * 2)", "sh", "-c", script],
        patience: 600)
      #expect(outcome.output.hasPrefix("storm \(count) ended"), "\(outcome)")
      verdicts = try stack.lines("verdicts").count { $0.hasPrefix("delay 7") }
    }
    #expect(verdicts > 0)
    // The next look writes the failures of those who died between their verdict and the store.
    #expect(try stack.attempts(1, "right") == ["0"])
    let counted = try stack.failures(of: "host")
    #expect(verdicts <= counted)
    #expect(try counted <= stack.judged)
    let shown = try stack.ablctl("show", "192.0.2.7", "--json").output
    #expect(!shown.contains("inFlight"))
    #expect(try stack.log.isEmpty)
  }

  /// Microseconds that one takes here and now, process and all.
  private func lifeOfAnAttempt(_ stack: Stack) throws -> Int {
    let start = Date()
    for _ in 1...10 {
      _ = try stack.run("sh", ["-c", "exec \(stack.command("delayfn", "auth:wrong", "end"))"])
    }
    return Int(Date().timeIntervalSince(start) * 100_000)
  }
}
