import Harness
import Policy
import Testing

private let user = Subject.user("bob")

extension Rule {
  /// Asks about attempts at these seconds.
  fileprivate func block(_ attempts: [Int64], inFlight: Int = 0, at now: Int64) -> Block? {
    block(
      of: user, using: "sshd", after: attempts.map { Guess(Timestamp(seconds: $0)) },
      inFlight: inFlight,
      at: Timestamp(seconds: now))
  }
}

/// Until when attempts block.
struct Term: CustomTestStringConvertible {
  var rule: String
  var attempts: [Int64]
  var now: Int64
  var until: Int64?

  init(_ rule: String, _ attempts: [Int64], at now: Int64, until: Int64?) {
    (self.rule, self.attempts, self.now, self.until) = (rule, attempts, now, until)
  }

  var testDescription: String { "\(rule) after \(attempts) at \(now)" }
}

@Suite("A block")
struct BlockTests {
  @Test(
    "blocks until the first second at which no limit does",
    arguments: [
      Term("*:1/10s", [100], at: 100, until: 111),
      Term("*:1/10s", [100], at: 110, until: 111),
      Term("*:1/10s", [100], at: 111, until: nil),
      Term("*:2/10s", [100, 105], at: 105, until: 111),
      Term("*:2/10s", [100, 103, 105], at: 105, until: 114),
      Term("*:2/10s", [105, 100, 103], at: 105, until: 114),
      Term("*:2/10s", [0, 100, 105], at: 106, until: 111),
      Term("*:2/10s", [100, 100, 100], at: 100, until: 111),
      Term("*:2/10s", [100, 111], at: 111, until: nil),
      // Whichever limit, of whichever clause, lasts longest.
      Term("*:1/10s,2/1m", [100, 105], at: 105, until: 161),
      Term("*:2/1m,1/10s", [100, 105], at: 105, until: 161),
      Term("*:1/10s bob:2/1m", [100, 105], at: 105, until: 161),
      Term("*:1/10s root:2/1m", [100, 105], at: 105, until: 116),
      Term("*:1/10s,9/1h", [100, 105], at: 105, until: 116),
      // From the future: as if they were of now.
      Term("*:1/10s", [999], at: 100, until: 111),
      Term("*:2/10s", [95, 999], at: 100, until: 106),
      Term("*:2/10s", [999, 9999], at: 100, until: 111),
      Term("*:1/10s", [.max], at: .min, until: .min + 11),
      Term("*:1/10s", [.min], at: .max, until: nil),
      Term("*:1/10s", [.max], at: .max, until: .max),
      Term("*:1/4294967295", [.min], at: .min, until: .min + 4_294_967_296),
    ])
  func term(_ term: Term) throws {
    let rule = try Rule(parsing: term.rule.bytes)
    #expect(rule.block(term.attempts, at: term.now)?.until.seconds == term.until)
  }

  @Test("is over exactly at its end, whatever the attempts")
  func termIsTight() throws {
    let rule = try Rule(parsing: "*:3/20s,5/60s bob:8/200s".bytes)
    var random = SeededRandom(seed: 7)
    for _ in 0..<2000 {
      let attempts = (0..<12).map { _ in Int64(random.next() % 200) }
      guard let until = rule.block(attempts, at: 200)?.until.seconds else { continue }
      #expect(rule.block(attempts, at: until - 1) != nil)
      #expect(rule.block(attempts, at: until) == nil)
    }
  }

  @Test(
    "names the limit that ends last, and of equals the first",
    arguments: [
      ("root:1/1h !root|admin:9/1h,2/15m,1/1d *:1/1h", "!root|admin:1/1d"),
      ("*:2/15m,1/1h bob:2/1d", "bob:2/1d"),
      ("bob:2/1d *:2/15m,1/1h", "bob:2/1d"),
      ("*:1/1h bob:1/60m", "*:1/1h"),
      ("bob:1/60m *:1/1h", "bob:1/1h"),
      // The shorter one needs fewer failures, and so ends later.
      ("*:2/1h,1/1h", "*:1/1h"),
    ])
  func lastLimit(_ text: String, _ named: String) throws {
    let rule = try Rule(parsing: text.bytes)
    let block = try #require(rule.block([0, 1], at: 1))
    #expect(block.ruleText.description == named)
    let alone = try Rule(parsing: named.bytes)
    #expect(alone.block([0, 1], at: 1)?.until == block.until)
  }

  @Test("counts attempts in flight as failures of now")
  func inFlight() throws {
    let rule = try Rule(parsing: "*:3/10s".bytes)
    #expect(rule.block([0, 1], inFlight: 0, at: 5) == nil)
    #expect(rule.block([0, 1], inFlight: 1, at: 5)?.until.seconds == 5)
    #expect(rule.block([0, 1, 2], inFlight: 1, at: 5)?.until.seconds == 11)
    #expect(rule.block([], inFlight: 2, at: 5) == nil)
    #expect(rule.block([], inFlight: 3, at: 5) != nil)
    #expect(rule.block([], inFlight: .max, at: 5) != nil)
    #expect(rule.block([0, 1], inFlight: .min, at: 5) == nil)
  }

  @Test("says how often a refusal must be recorded: as often as the shortest limit needs")
  func refusalInterval() throws {
    #expect(try Rule(parsing: "*:10/1h".bytes).block(Array(0..<10), at: 9)?.refusalInterval == 180)
    #expect(try Rule(parsing: "*:10/5s".bytes).block(Array(0..<10), at: 9)?.refusalInterval == nil)
    #expect(try Rule(parsing: "*:10/9s".bytes).block(Array(0..<10), at: 9)?.refusalInterval == 1)
    let rule = try Rule(parsing: "*:10/1h,3/1m bob:99/1s".bytes)
    #expect(rule.block(Array(0..<10), at: 9)?.refusalInterval == 10)
  }

  @Test(
    "keeps a host out that hammers, however it times its tries",
    arguments: [7, 61, 179, 180, 181, 300, 327, 359, 360] as [Int64])
  func hammering(every period: Int64) throws {
    let rule = try Rule(parsing: "*:10/1h".bytes)
    var recorded = [Int64](repeating: 0, count: 10)
    for now in stride(from: period, through: 3 * 86400, by: Int(period)) {
      guard let block = rule.block(Array(recorded.suffix(20)), at: now) else {
        Issue.record("clear after \(now) s")
        return
      }
      if now - (recorded.last ?? 0) >= block.refusalInterval { recorded.append(now) }
    }
    #expect(recorded.count <= 10 + 3 * 86400 / 180)
  }
}
