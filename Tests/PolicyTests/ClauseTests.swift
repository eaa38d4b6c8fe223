import Policy
import Testing

/// Whether a pattern list is for a subject that logs in to a service.
struct Match: CustomTestStringConvertible {
  var patterns: String
  var subject: Subject
  var service: String?
  var isExpected: Bool

  init(
    _ patterns: String, host: String, using service: String? = "sshd", _ isExpected: Bool
  ) throws {
    let host = try #require(Host(host.bytes))
    (self.patterns, subject) = (patterns, .host(host))
    (self.service, self.isExpected) = (service, isExpected)
  }

  init(_ patterns: String, user: String, using service: String? = "sshd", _ isExpected: Bool) {
    (self.patterns, subject) = (patterns, .user(Name(user)))
    (self.service, self.isExpected) = (service, isExpected)
  }

  var testDescription: String { "\(patterns) for \(subject.text) using \(service ?? "any")" }
}

@Suite("A clause")
struct ClauseTests {
  @Test(
    "is for whom it names",
    arguments: try [
      // Addresses compare as addresses.
      Match("2001:db8::1", host: "2001:db8::1", true),
      Match("[2001:db8::1]", host: "2001:db8::1", true),
      Match("[2001:DB8:0::1]", host: "2001:db8::1", true),
      Match("2001:db8:0:0::1", host: "2001:db8::1%eth0", true),
      Match("2001:db8::2", host: "2001:db8::1", false),
      Match("::1|2001:db8::1/sshd", host: "2001:db8::1", true),
      Match("[::1]/su|[2001:db8::1]/sshd", host: "2001:db8::1", true),
      Match("::", host: "::", true),
      Match("::ffff:192.0.2.1", host: "192.0.2.1", true),
      Match("192.0.2.1", host: "::ffff:c000:201", true),
      Match("192.000.002.001", host: "192.0.2.1", true),
      // The last colon ends the patterns, so the fifth group is no limit.
      Match("2001:db8::1:5", host: "2001:db8::1:5", true),
      Match("2001:db8::1:5", host: "2001:db8::1", false),
      // Names of hosts: without case. Of users: as they are.
      Match("Mail.Example.COM", host: "mail.example.com", true),
      Match("mail.example.com", host: "MAIL.example.com", true),
      Match("mail", host: "mail.example.com", false),
      Match("192.0.2.1", user: "192.0.2.1", true),
      Match("192.0.2.01", user: "192.0.2.1", false),
      Match("[2001:db8::1]", user: "2001:db8::1", true),
      Match("Root", user: "root", false),
      Match("жук", user: "жук", true),
      // Services.
      Match("root/sshd", user: "root", using: "sshd", true),
      Match("root/sshd", user: "root", using: "su", false),
      Match("root/*", user: "root", using: "su", true),
      Match("root/su|root/sshd", user: "root", using: "sshd", true),
      Match("!root/sshd", user: "root", using: "sshd", false),
      Match("!root/sshd", user: "root", using: "su", true),
      Match("!root/sshd", user: "bob", using: "sshd", true),
      Match("!root|admin", user: "admin", false),
      // Any service: is there one for which it would match?
      Match("root/sshd", user: "root", using: nil, true),
      Match("root/sshd", user: "bob", using: nil, false),
      Match("!root/sshd", user: "root", using: nil, true),
      Match("!root/*", user: "root", using: nil, false),
      Match("!root", user: "root", using: nil, false),
      Match("!root/sshd|root", user: "root", using: nil, false),
      Match("!root/sshd", user: "bob", using: nil, true),
    ])
  func matches(_ match: Match) throws {
    let rule = try Rule(parsing: (match.patterns + ":1/1h").bytes)
    let now = Timestamp(seconds: 0)
    let service = match.service.map { Name($0) }
    let block = rule.block(
      of: match.subject, using: service, after: [Guess(now)], inFlight: 0, at: now)
    #expect((block != nil) == match.isExpected)
  }

  @Test(
    "is written as it is read",
    arguments: [
      "", "*:10/1h", "*:10/1h,30/1d", "!root|admin/sshd:1/90s", "!root:3/15m *:5/2d",
      "[2001:db8::1]:5/1h", "[::1]/sshd|10.0.0.1:5/1h", "жук:1/1s",
    ])
  func ruleText(_ text: String) throws {
    #expect(try Rule(parsing: text.bytes).text.description == text)
  }

  @Test("knows its largest count and its longest window")
  func extremes() throws {
    let rule = try Rule(parsing: "a:10/1h,30/1d *:40/15m b:2/3d".bytes)
    #expect(rule.largestCount == 40)
    #expect(rule.longestWindow == 259_200)
    #expect(Rule().largestCount == 0)
    #expect(Rule().longestWindow == 0)
  }

  @Test("throws the first of several mistakes, at its place in the whole")
  func firstMistake() {
    let line = Array("user_rule=a:1/1h b:0/1h c".utf8)
    let error = #expect(throws: SyntaxError.self) { try Rule(parsing: line[10...]) }
    #expect(error == SyntaxError(.countZero, at: 19..<20))
  }
}
