import Policy
import Testing

/// A rule, asked after attempts at 0, 2, 4, 6 and 8 s.
struct Question: CustomTestStringConvertible {
  enum Answer { case blocks, clears, complains, complainsAndBlocks }

  var answer: Answer
  var rule: String
  var user: String
  var service: String?
  var now: Int64

  init(_ answer: Answer, _ rule: String, _ user: String, _ service: String?, at now: Int64) {
    (self.answer, self.rule, self.user, self.service, self.now) = (answer, rule, user, service, now)
  }

  var testDescription: String { "\(rule) \(answer) \(user) at \(now) s, using \(service ?? "any")" }
}

@Suite("A rule")
struct RuleTests {
  /// What pam_abl 0.6.0 says of each, found by running it; `complains` is where pam_abl goes on without a word.
  /// One thing is otherwise: a limit behind a wrong one still holds.
  @Test(
    "answers as pam_abl does",
    arguments: [
      Question(.clears, "", "user", "service", at: 5),
      Question(.clears, " \t ", "user", "service", at: 5),
      Question(.clears, "*:6/10s", "user", "service", at: 10),
      Question(.clears, "*:10/8s", "user", "service", at: 10),
      Question(.blocks, "*:5/10s", "user", "service", at: 10),
      Question(.blocks, "*:3/10s", "user", "service", at: 10),
      Question(.clears, "*:5/9s", "user", "service", at: 10),
      Question(.clears, "*:4/7s", "user", "service", at: 10),
      Question(.blocks, "*/Service1:5/10s *:10/1h", "MyUser", "Service1", at: 10),
      Question(.clears, "*/Service1:10/1h", "MyUser", "Service1", at: 10),
      Question(.blocks, "*:5/1h", "MyUser", nil, at: 10),
      Question(.blocks, "MyUser:5/10s *:10/1h", "MyUser", "Service1", at: 10),
      Question(.clears, "user2:1/1h *:10/1h", "MyUser", "Service1", at: 10),
      Question(.clears, "!MyUser:1/10s *:10/1h", "MyUser", "Service1", at: 10),
      Question(.blocks, "*:5/1h", "u", "s", at: 3600),
      Question(.clears, "*:5/1h", "u", "s", at: 3601),
      Question(.blocks, "*:1/1d", "u", "s", at: 86408),
      Question(.clears, "*:1/1d", "u", "s", at: 86409),
      Question(.blocks, "*:1/10", "u", "s", at: 18),
      Question(.blocks, "*:1/10,5/1h", "u", "s", at: 19),
      Question(.blocks, "*:99/10 *:5/10s", "u", "s", at: 10),
      Question(.blocks, "root|admin:5/10s", "admin", "sshd", at: 10),
      Question(.clears, "root|admin:5/10s", "bob", "sshd", at: 10),
      Question(.clears, "root|!admin:5/10s", "bob", "sshd", at: 10),
      Question(.blocks, "root|!admin:5/10s", "!admin", "sshd", at: 10),
      Question(.blocks, "!!root:5/10s", "root", "sshd", at: 10),
      Question(.blocks, "!!root:5/10s", "bob", "sshd", at: 10),
      Question(.clears, "!*:1/10s", "bob", "sshd", at: 10),
      Question(.clears, "*/sshd:5/10s", "bob", "SSHD", at: 10),
      Question(.clears, "Bob:5/10s", "bob", "sshd", at: 10),
      Question(.clears, "b*:5/10s", "bob", "sshd", at: 10),
      Question(.clears, "*b:5/10s", "bob", "sshd", at: 10),
      Question(.clears, "**:5/10s", "bob", "sshd", at: 10),
      Question(.blocks, "*|bob:5/10s", "bob", "sshd", at: 10),
      Question(.complains, "|bob:5/10s", "bob", "sshd", at: 10),
      Question(.complains, "bob|:5/10s", "bob", "sshd", at: 10),
      Question(.complains, "bob||x:5/10s", "bob", "sshd", at: 10),
      Question(.complains, ":5/10s", "bob", "sshd", at: 10),
      Question(.complains, "/sshd:5/10s", "bob", "sshd", at: 10),
      Question(.complains, "bob/:5/10s", "bob", "sshd", at: 10),
      Question(.complains, "bob/sshd/x:5/10s", "bob", "sshd", at: 10),
      Question(.complains, "!:5/10s", "bob", "sshd", at: 10),
      Question(.complains, "10.0.0.0/24:5/10s", "10.0.0.1", "sshd", at: 10),
      Question(.complains, "*:10/1h, 5/10s", "u", "s", at: 10),
      Question(.complains, "*: 5/10s", "u", "s", at: 10),
      Question(.complains, "* :5/10s", "u", "s", at: 10),
      Question(.complains, "*:0/1s", "u", "s", at: 10),
      Question(.complains, "*:1/0s", "u", "s", at: 8),
      Question(.complains, "*", "u", "s", at: 10),
      Question(.complains, "*:", "u", "s", at: 10),
      Question(.complains, "*:5", "u", "s", at: 10),
      Question(.complains, "*:5/", "u", "s", at: 10),
      Question(.complains, "*:/10s", "u", "s", at: 10),
      Question(.complains, "*5/10s", "u", "s", at: 10),
      Question(.complains, "*:5x/10s", "u", "s", at: 10),
      Question(.complains, "*:5-10s", "u", "s", at: 10),
      Question(.complains, "*:-5/10s", "u", "s", at: 10),
      Question(.complains, "*:5/-10s", "u", "s", at: 10),
      Question(.complains, "*:5/10x", "u", "s", at: 10),
      Question(.complains, "*:5/10ss", "u", "s", at: 10),
      Question(.complains, "*:5/10s;1/1s", "u", "s", at: 10),
      Question(.complains, "*:5/10s:1/1s", "u", "s", at: 10),
      Question(.complains, "*:5/10s#c", "u", "s", at: 10),
      Question(.complains, "*:5/1w", "u", "s", at: 10),
      Question(.complains, "*:5/1H", "u", "s", at: 10),
      Question(.complainsAndBlocks, "*:x,5/10s", "u", "s", at: 10),
      Question(.complainsAndBlocks, "*:99/10s,x,5/10s", "u", "s", at: 10),
      Question(.complainsAndBlocks, "*:99/10s,,5/10s", "u", "s", at: 10),
      Question(.complainsAndBlocks, "*:99/10sfoo,5/10s", "u", "s", at: 10),
      Question(.complainsAndBlocks, "*:5/10s,x", "u", "s", at: 10),
      Question(.complains, "*:x,99/10s,5/10", "u", "s", at: 19),
      Question(.complainsAndBlocks, "garbage *:5/10s", "u", "s", at: 10),
      Question(.complainsAndBlocks, "*:bad !u:1/1s *:5/10s", "u", "s", at: 10),
      Question(.complains, "*:4294967301/10s", "u", "s", at: 10),
      Question(.complains, "*:18446744073709551621/10s", "u", "s", at: 10),
      Question(.complains, "*:5/99999999999999999999d", "u", "s", at: 10),
    ])
  func answers(_ question: Question) {
    var mistakes: [SyntaxError] = []
    let rule = Rule(recovering: question.rule.bytes, mistakes: &mistakes)
    let block = rule.block(
      of: .user(Name(question.user)), using: question.service.map { Name($0) },
      after: [0, 2, 4, 6, 8].map { Guess(Timestamp(seconds: $0)) }, inFlight: 0,
      at: Timestamp(seconds: question.now))
    let doesBlock = question.answer == .blocks || question.answer == .complainsAndBlocks
    let doesComplain = question.answer == .complains || question.answer == .complainsAndBlocks
    #expect((block != nil) == doesBlock)
    #expect(!mistakes.isEmpty == doesComplain)
  }

  @Test("blocks nobody who has no history")
  func emptyHistory() throws {
    let rule = try Rule(parsing: "*:1/1s".bytes)
    let now = Timestamp(seconds: 10)
    #expect(rule.block(of: .user("u"), using: nil, after: [], inFlight: 0, at: now) == nil)
  }
}
