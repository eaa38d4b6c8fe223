import Policy
import Testing
import Text

/// One account of a directory, however it is spelled.
@Suite struct SpellingTests {
  private func configuration(_ lines: String) -> Configuration {
    let reader = ConfigurationReader()
    reader.read(Array(lines.utf8), file: "abl.conf")
    return reader.finish()
  }

  typealias Row = (
    typed: StaticString, case: StaticString, domain: StaticString, both: StaticString
  )

  /// How a user is spelled, and what that is counted as: by case, by domain, by both.
  static let rows: [Row] = [
    ("alice", "alice", "alice", "alice"), ("ALICE", "alice", "ALICE", "alice"),
    ("CORP\\Alice", "corp\\alice", "Alice", "alice"),
    ("Alice@corp.example", "alice@corp.example", "Alice", "alice"),
    ("CORP\\alice@corp.example", "corp\\alice@corp.example", "alice", "alice"),
    ("a\\b\\C", "a\\b\\c", "C", "c"), ("a@b\\c@d@e", "a@b\\c@d@e", "c", "c"),
    // Nothing would be left.
    ("@Wheel", "@wheel", "@Wheel", "@wheel"), ("CORP\\", "corp\\", "CORP\\", "corp\\"),
    ("A\\@b", "a\\@b", "A\\@b", "a\\@b"), ("\\", "\\", "\\", "\\"), ("", "", "", ""),
    // No case but that of ASCII.
    ("JÜRGEN", "jÜrgen", "JÜRGEN", "jÜrgen"), ("root", "root", "root", "root"),
  ]

  @Test("a user is counted as the keys say, and what that gives stays so", arguments: rows.indices)
  func names(_ index: Int) {
    let row = Self.rows[index]
    let typed = Name(Text(stringLiteral: row.typed))
    for (lines, expected) in [
      ("", row.typed), ("user_case=keep\nuser_domain=keep", row.typed),
      ("user_case=ignore", row.case), ("user_domain=strip", row.domain),
      ("user_domain=strip\nuser_case=ignore", row.both),
    ] {
      let configuration = configuration(lines)
      let counted = configuration.counted(typed)
      #expect(counted == Name(Text(stringLiteral: expected)), "\(lines): \(typed.escaped)")
      #expect(configuration.counted(counted) == counted)
    }
  }

  @Test("rules and lists mean whom their names are counted as, wherever the keys stand")
  func lists() {
    let configuration = configuration(
      """
      user_rule=!Root|CORP\\Admin:3/1h
      host_rule=ROOT|eve@corp.example@*:1/1d !Bob@192.0.2.7:2/1h
      network_rule=?|Eve@/24:9/1h
      user_whitelist=Backup@corp.example;CORP\\Monitor
      user_case=ignore
      user_domain=strip
      """)
    #expect(configuration.userRule.text == "!root|admin:3/1h")
    #expect(configuration.hostRule.text == "root|eve@*:1/1d !bob@192.0.2.7:2/1h")
    #expect(configuration.networkRule.text == "?|eve@/24:9/1h")
    for name in ["backup", "monitor"] as [Name] { #expect(configuration.isAllowed(.user(name))) }
  }

  @Test("an attempt counts for its account, at home too, and keeps what was typed")
  func attempts() {
    let configuration = configuration("user_case=ignore\nuser_domain=strip\nuser_known=1d")
    let attempt = Attempt(
      user: "CORP\\Alice", host: .address(.v4(0xC000_0207)), service: "sshd", port: 9)
    let home = Network(.v4(0xC000_0200), prefixLength: 24)
    let expected: [Subject] = [
      .host(.address(.v4(0xC000_0207))), .user("alice"), .home("alice", home),
    ]
    #expect(configuration.subjects(of: attempt) == expected)
    let counted = configuration.counted(attempt)
    #expect(counted.user == "alice" && counted.typed == "CORP\\Alice" && counted.port == 9)
    #expect(configuration.counted(counted).typed == "CORP\\Alice")
    #expect(configuration.subjects(of: counted) == expected)
  }
}
