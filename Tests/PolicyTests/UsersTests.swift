import Policy
import Testing

/// Whose guesses a clause of `host_rule` counts.
@Suite struct UsersTests {
  /// A clause, and which of eight attempts it counts.
  struct Counted: CustomTestStringConvertible {
    let users: String
    let those: [String]

    init(_ users: String, _ those: String...) { (self.users, self.those) = (users, those) }

    var testDescription: String { users }
  }

  /// Those that stand in a row of the table: a '?' behind a name is no such user, a '~' that it is
  /// not known yet.
  private static let all = ["root", "bob", "eve", "eve?", "bob~", "root~", "", "?"]

  private static func tried(_ word: String) -> Tried {
    let name = word.filter { $0 != "~" }
    guard word.utf8.count > 1, word.last == "?" else {
      return Tried(Array(name.utf8), isUnknown: word.last == "~" ? nil : false)
    }
    return Tried(Array(word.dropLast().utf8), isUnknown: true)
  }

  @Test(
    "counts the users that it names, `?` those that don't exist; what isn't known, for either",
    arguments: [
      Counted("root", "root", "root~"),
      Counted("root|bob", "root", "bob", "bob~", "root~"),
      Counted("!root", "bob", "eve", "eve?", "bob~", "", "?"),
      Counted("?", "eve?", "bob~", "root~"),
      Counted("!?", "root", "bob", "eve", "bob~", "root~", "", "?"),
      Counted("!root|?", "bob", "eve", "bob~", "", "?"),
      Counted("root|?", "root", "eve?", "bob~", "root~"),
      Counted("*", "root", "bob", "eve", "eve?", "bob~", "root~", "", "?"),
      Counted("!*"),
    ])
  func counts(_ row: Counted) throws {
    let rule = try Rule(parsing: Array("\(row.users)@*:1/1h".utf8)[...], for: .host)
    let now = Timestamp(seconds: 1000)
    let host = Subject.host(.name("h"))
    #expect(rule.text.description == "\(row.users)@*:1/1h")
    let counted = Self.all.filter { word in
      rule.block(
        of: host, using: nil, after: [Guess(now, Self.tried(word))], inFlight: 0, at: now) != nil
    }
    #expect(counted == row.those)
    // In flight it is the same, for an attempt that counts.
    let waited = Self.all.filter { word in
      rule.isBlocking(
        host, using: nil, after: [], inFlight: [Self.tried(word)], before: Self.tried(word),
        at: now)
    }
    #expect(waited == row.those)
  }

  @Test("an attempt that a clause doesn't count doesn't wait for those that it does")
  func others() throws {
    let rule = try Rule(parsing: Array("root@*:1/1d".utf8)[...], for: .host)
    let host = Subject.host(.name("h"))
    let isHeld = ["root", "bob"].map { name in
      rule.isBlocking(
        host, using: nil, after: [], inFlight: [Self.tried("root~")],
        before: Self.tried(name + "~"), at: Timestamp(seconds: 0))
    }
    #expect(isHeld == [true, false])
  }

  @Test(
    "reads users in front of the last '@', and hosts and services behind it as ever",
    arguments: [
      "root@*:1/1d", "?@*:5/1h", "!?|root|admin@*/sshd:10/1h,30/1d", "root@!192.0.2.7|a:1/1d",
      "a@b@*:1/1d", "root@[2001:db8::1]:2/1h", "*@*:1/1d",
    ])
  func reading(_ text: String) throws {
    #expect(
      try Rule(parsing: Array(text.utf8)[...], for: .host).text.description == text)
  }

  @Test("of several clauses each counts its own; the block that lasts longest is told")
  func several() throws {
    let text = "root@*:1/25d !root|?@*:10/5d ?@*:5/10d"
    let rule = try Rule(parsing: Array(text.utf8)[...], for: .host)
    let now = Timestamp(seconds: 1000)
    func told(_ words: [String]) -> String? {
      let attempts = words.map { Guess(now, Self.tried($0)) }
      return rule.block(
        of: .host(.name("h")), using: nil, after: attempts, inFlight: 0, at: now
      )?.ruleText.description
    }
    let (bob, nobody) = (["bob"], ["eve?"])
    func times(_ count: Int, _ words: [String]) -> [String] {
      Array(repeating: words[0], count: count)
    }
    #expect(told(times(9, bob) + times(4, nobody)) == nil)
    #expect(told(times(10, bob)) == "!root|?@*:10/5d")
    #expect(told(times(5, nobody)) == "?@*:5/10d")
    #expect(told(times(5, nobody) + ["root"]) == "root@*:1/25d")
  }

  @Test("a rule for networks has users, too; one for users or callers has none")
  func kinds() throws {
    let networks = try Rule(parsing: Array("?@/24|/48:50/1h".utf8)[...], for: .network)
    #expect(networks.text.description == "?@/24|/48:50/1h" && networks.asksForUnknown)
    let users = try Rule(parsing: Array("a@b:1/1h".utf8)[...], for: .user)
    #expect(users.clauses[0].users == nil && users.clauses[0].patterns[0].name == "a@b")
    // As ever: a name that begins with one.
    for text in ["@wheel:1/1h", "!@wheel:1/1h", "a|@wheel:1/1h"] {
      let hosts = try Rule(parsing: Array(text.utf8)[...], for: .host)
      #expect(hosts.clauses[0].users == nil && hosts.text.description == text)
    }
  }

  @Test(
    "says what is wrong with the users, and where",
    arguments: [
      ("root||eve@*:1/1d", SyntaxError.Problem.nameExpected, "|eve"),
      ("|root@*:1/1d", .nameExpected, "|root"),
      ("root/sshd@*:1/1d", .userExpected, "/sshd@*:1/1d"),
      ("a=b@*:1/1d", .equalsInName, "a=b"),
      ("root@:1/1d", .nameExpected, ":1/1d"),
      ("root@*", .colonExpected, ""),
      ("root@*:0/1d", .countZero, "0"), ("or@:1/28,/9!@o:1/25d", .userExpected, "or@"),
    ])
  func mistakes(_ text: String, _ problem: SyntaxError.Problem, _ place: String) {
    let bytes = Array(text.utf8)
    var mistakes: [SyntaxError] = []
    let rule = Rule(recovering: bytes[...], for: .host, mistakes: &mistakes)
    #expect(rule.clauses.isEmpty && mistakes.map(\.problem) == [problem])
    #expect(mistakes.map { String(decoding: bytes[$0.range], as: UTF8.self) } == [place])
  }
}
