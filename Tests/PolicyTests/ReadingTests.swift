import Policy
import Testing

@Suite("The reading of a configuration")
struct ReadingTests {
  @Test("reports all mistakes in one run, and keeps all that is right")
  func allMistakes() {
    let reader = ConfigurationReader()
    let text = """
      # rules
      user_rule = root:1/1h \\
        admin:2/1hour \\
        bob:3/1h
      user_rule2
      \tpurge = 2d
      limits=x
      host_purge=12h
      host_rule=*:20/1d oops *:5/15m
      """
    reader.read(Array(text.utf8), file: "/etc/security/pam_abl.conf")
    let configuration = reader.finish()
    #expect(configuration.userRule.text == "root:1/1h bob:3/1h")
    #expect(configuration.hostRule.text == "*:20/1d *:5/15m")
    #expect(configuration.limits.lower == 1000)
    #expect(configuration.hostPurge == 86400)
    #expect(
      reader.diagnostics.map(\.rendered.description).joined(separator: "\n") == """
        /etc/security/pam_abl.conf:3:12: error: unknown unit; use 's', 'm', 'h' or 'd'
          admin:2/1hour \\
                   ^~~~
        /etc/security/pam_abl.conf:5:1: error: unknown key; did you mean 'user_rule'?
        user_rule2
        ^~~~~~~~~~
        /etc/security/pam_abl.conf:6:2: error: unknown key
        \tpurge = 2d
        \t^~~~~
        /etc/security/pam_abl.conf:7:8: error: expected 'lower-upper', like '1000-1200'
        limits=x
               ^
        /etc/security/pam_abl.conf:9:23: error: expected ':' and a limit, like ':10/1h'
        host_rule=*:20/1d oops *:5/15m
                              ^
        /etc/security/pam_abl.conf:8:12: warning: raised to 1d, the longest time in 'host_rule'
        host_purge=12h
                   ^~~
        """)
  }

  @Test("joins lines, and leaves nothing between them")
  func joinedLines() {
    #expect(read("host_ru\\\nle=*:1\\\r\n0/1h\\\n").configuration.hostRule.text == "*:10/1h")
    #expect(read("host_rule=*:10/1h # no \\\nuser_rule=x").configuration.hostRule.text == "*:10/1h")
    #expect(read("host_rule=*:10/1h # no \\\nuser_rule=x").complaints == [])
    #expect(read("user_whitelist=a\\b").configuration.userAllowList.entries == [.user("a\\b")])
    #expect(read("host_rule=*:1/1x\\").complaints.count == 1)
  }

  @Test("points at the line where the mistake begins, however many are joined")
  func joinedPlaces() {
    let text = "debug\nlimits\\\n=\\\n12\\\n00-10\\\n00\ndebgu"
    #expect(
      read(text).complaints == [
        "abl.conf:4:1: error: the lower limit is above the upper one",
        "abl.conf:7:1: error: unknown key; did you mean 'debug'?",
      ])
    #expect(
      read("host_rule=*:10/1h \\\n\\\n  b:\\\n").complaints == [
        "abl.conf:3:5: error: expected a number of failures, as in '10/1h'"
      ])
  }

  @Test("lets the later of two settings hold, unless it is wrong")
  func lastWins() {
    #expect(read("host_purge=2h\nhost_purge=3h").configuration.hostPurge == 10800)
    #expect(read("host_purge=2h\nhost_purge=x").configuration.hostPurge == 7200)
    #expect(read("host_purge=60\nhost_purge=3h").complaints == [])
    #expect(read("host_block_cmd=[/a]\nhost_block_cmd=").configuration.hostBlockCommand == nil)
  }

  @Test("keeps attempts as long and as many as the rules need")
  func crossChecks() {
    let (short, shortComplaints) = read("user_purge=90\nuser_rule=*:5/2h\nhost_purge=90")
    #expect((short.userPurge, short.hostPurge) == (7200, 3600))
    #expect(
      shortComplaints == [
        "abl.conf:3:12: warning: raised to 1h, the least",
        "abl.conf:1:12: warning: raised to 2h, the longest time in 'user_rule'",
      ])
    let (few, fewComplaints) = read("limits=5-10\nhost_rule=*:30/1d")
    #expect(few.limits == HistoryLimits(lower: 30, upper: 30))
    #expect(
      fewComplaints == [
        "abl.conf:1:8: warning: raised to 30, the largest number of failures in a rule"
      ])
    // A default is adapted without a word.
    let (adapted, adaptedComplaints) = read("host_rule=*:2000/7d")
    #expect(adapted.limits == HistoryLimits(lower: 2000, upper: 2000))
    #expect(adapted.hostPurge == 604_800)
    #expect(adaptedComplaints == [])
    #expect(read("limits=0-0").configuration.limits == HistoryLimits(lower: 10000, upper: 10000))
    #expect(
      read("limits=9-99999").configuration.limits == HistoryLimits(lower: 9, upper: 10000))
  }

  @Test(
    "says of a word of a PAM line that begins with only= what a service is",
    arguments: ["only=", "only=sshd,su", "only=SSHD", "only=/etc/pam.d/sshd", "only"])
  func only(_ word: String) {
    let reader = ConfigurationReader()
    reader.read(argument: Array(word.utf8), number: 2)
    _ = reader.finish()
    let marks = "^" + String(repeating: "~", count: word.utf8.count - 1)
    let expected = """
      pam argument:2:1: error: expected 'only=' and one service in small letters, like 'only=sshd', \
      on a PAM line
      \(word)
      \(marks)
      """
    #expect(reader.diagnostics.map(\.rendered.description) == [expected])
  }

  @Test("reads the words of a PAM line as it reads a file")
  func arguments() {
    let reader = ConfigurationReader()
    let words = [
      "debug", "no_warn", "host_rule=*:10/1h *:1#x/1d", "check_host", "user_purge=1w", "",
    ]
    for (index, word) in words.enumerated() {
      reader.read(argument: Array(word.utf8), number: index + 1)
    }
    let configuration = reader.finish()
    #expect(configuration.isDebugging)
    #expect(configuration.actions == .checkHost)
    #expect(configuration.hostRule.text == "*:10/1h")
    #expect(
      reader.diagnostics.map(\.rendered.description) == [
        """
        pam argument:3:22: error: expected '/' and a length of time, as in '10/1h'
        host_rule=*:10/1h *:1#x/1d
                             ^~~~~
        """,
        """
        pam argument:5:13: error: unknown unit; use 's', 'm', 'h' or 'd'
        user_purge=1w
                    ^
        """,
      ])
  }

  @Test("reads what stands before another setting in its line, and that in brackets as it is")
  func joinedSettings() {
    let (configuration, complaints) = read(
      "host_rule=*:10/1h user_rule=*:30/1h\nhost_purge=3d  limits=2-2 # x\nuser_purge= limits=2-2")
    #expect(complaints.count == 4)
    #expect(configuration.hostRule.text == "*:10/1h")
    #expect(configuration.userRule.clauses.isEmpty)
    #expect(configuration.hostPurge == 3 * 86400)
    #expect(configuration.limits.lower == 1000)
    let command = read("host_block_cmd=[/bin/x] [a limits=2-2] [debug =]").configuration
    #expect(command.hostBlockCommand?.arguments.count == 3)
    #expect(read("host_block_cmd=[/bin/x] [a limits=2-2").complaints.count == 1)
    #expect(read("user_whitelist=two words;a debug=b").complaints == [])
  }

  @Test("lets a rule or a list hold that a later line would replace by one that is all wrong")
  func wrongLater() {
    let (configuration, complaints) = read(
      """
      host_rule = *:3/1h
      host_rule = *:1x/1h
      user_rule = *:3/1h
      user_rule =
      host_whitelist = 192.0.2.1
      host_whitelist = 10.0.0.0/33
      """)
    #expect(configuration.hostRule.text == "*:3/1h")
    // That is no mistake.
    #expect(configuration.userRule.clauses.isEmpty)
    #expect(configuration.hostAllowList.entries.count == 1)
    #expect(complaints.count == 2)
  }
}
