import Testing

extension Compliance {
  /// What is kept of a subject: limits and purges.
  @Suite("Histories")
  struct Histories {
    @Test("limits", arguments: Module.allCases, limits)
    func hasLimits(_ module: Module, _ scenario: Scenario) throws { try scenario.hold(on: module) }

    @Test("a purge", arguments: Module.allCases, purges)
    func isPurged(_ module: Module, _ scenario: Scenario) throws { try scenario.hold(on: module) }

    static let limits: [Scenario] = [
      Scenario(
        "2-5 under 5/1h: who is blocked stays so", "user_rule=*:5/1h", "limits=2-5",
        complaints: ["raised to 5, the largest number of failures in a rule"],
        events: [
          .guess(at: 0, 60, 120, 180, 240, is: .wrong),
          .guess(at: 300, is: .refused),
          .guess(at: 360, is: .refused).butAncestor(.wrong, because: raised),
          .guess(at: 420, is: .refused).butAncestor(.wrong, because: raised),
          .guess(at: 480, is: .refused).butAncestor(.wrong, because: raised),
          .guess(at: 540, is: .refused),
          .guess(at: 600, is: .refused).butAncestor(.wrong, because: raised),
        ]),
      Scenario(
        "1-10 is too low", "user_rule=*:8/1h", "limits=1-10", complaints: [tooLow],
        events: [
          .history(at: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
          .guess(at: 10, is: .refused),
          .enter(at: 11, is: .refused).butAncestor(
            .passed, because: "the lower limit is at least 2"),
        ]),
      Scenario(
        "0-10 is too low", "user_rule=*:8/1h", "limits=0-10", complaints: [tooLow],
        events: [
          .history(at: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
          .guess(at: 10, is: .refused),
          .enter(at: 11, is: .refused).butAncestor(
            .passed, because: "the lower limit is at least 2"),
        ]),
      Scenario(
        "10-10 slides", "user_rule=*:10/1h", "limits=10-10",
        events: [
          .history(at: Array(0..<12)), .guess(at: 12, 13, 14, is: .refused),
          .enter(at: 15, is: .refused),
        ]),
      Scenario(
        "0-0 is none", "user_rule=*:12/1h", "limits=0-0",
        events: [.history(at: Array(0..<12)), .enter(at: 12, is: .refused)]),
      Scenario(
        "Debian's 1000-1200", "user_rule=*:12/1h", "limits=1000-1200",
        events: [.history(at: Array(0..<12)), .enter(at: 12, is: .refused)]),
      Scenario(
        "5-2 is the wrong way round, and left out", "user_rule=*:5/1h", "limits=5-2",
        complaints: ["the lower limit is above the upper one"],
        events: [.history(), .enter(at: 10, is: .refused)]),
      Scenario(
        "no limits at all", "user_rule=*:5/1h", "limits=",
        complaints: ["expected 'lower-upper', like '1000-1200'"],
        events: [.history(), .enter(at: 10, is: .refused)]),
    ]

    static let purges: [Scenario] = [
      Scenario(
        "an hour at least is kept", "user_rule=*:2/1h", "user_purge=60s",
        complaints: ["raised to 1h, the least"],
        events: [.guess(at: 0, 3000, is: .wrong), .enter(at: 3001, is: .refused)]),
      Scenario(
        "no unit is seconds", "user_rule=*:2/1d", "user_purge=86400",
        events: [.guess(at: 0, 86_000, is: .wrong), .enter(at: 86_001, is: .refused)]),
      Scenario(
        "what is older goes when the subject fails again", "user_rule=*:2/2h", "user_purge=2h",
        events: [.guess(at: 0, 7201, is: .wrong), .enter(at: 7202, is: .passed)]),
      Scenario(
        "shorter than the window of the rule", "user_rule=*:3/1d", "user_purge=1h",
        complaints: ["raised to 1d, the longest time in 'user_rule'"],
        events: [
          .guess(at: 0, 4000, 8000, is: .wrong),
          .enter(at: 8001, is: .refused).butAncestor(.passed, because: longEnough),
        ]),
      Scenario(
        "of hosts likewise", "host_rule=*:3/1d", "host_purge=1h",
        complaints: ["raised to 1d, the longest time in 'host_rule'"],
        events: [
          .guess(at: 0, 4000, 8000, host: "192.0.2.7", is: .wrong),
          .enter(at: 8001, host: "192.0.2.7", is: .refused).butAncestor(
            .passed, because: longEnough),
        ]),
      Scenario(
        "by default, under a rule of two days", "user_rule=*:2/2d",
        events: [
          .guess(at: 0, 100_000, is: .wrong),
          .enter(at: 100_001, is: .refused).butAncestor(.passed, because: longEnough),
        ]),
      purge("an unknown unit", "1x", complaint: "unknown unit; use 's', 'm', 'h' or 'd'"),
      purge("weeks", "1w", complaint: "unknown unit; use 's', 'm', 'h' or 'd'"),
      purge("in capitals", "1H", complaint: "unknown unit; use 's', 'm', 'h' or 'd'"),
      purge("two units", "1h30m", complaint: "unknown unit; use 's', 'm', 'h' or 'd'"),
      purge(
        "negative", "-1", complaint: "expected a length of time, like '90s', '15m', '1h' or '2d'"),
      purge("nothing", "", complaint: "expected a length of time, like '90s', '15m', '1h' or '2d'"),
      Scenario(
        "everybody's, by the tool", "user_purge=1h",
        events: [
          .guess(at: 0, 2, 4, 6, 8, is: .wrong), .purge(at: 5000), .configure("user_rule=*:5/1d"),
          .enter(at: 5001, is: .passed),
        ]),
      Scenario(
        "everybody's, by the tool, after less than what it was when they failed", "user_purge=2d",
        events: [
          .guess(at: 0, 2, 4, 6, 8, is: .wrong), .configure("user_purge=1h"), .purge(at: 5000),
          .configure("user_rule=*:5/1d"),
          .enter(at: 5001, is: .passed),
        ]),
      Scenario(
        "nobody's who stays away", "user_purge=1h",
        events: [
          .guess(at: 0, 2, 4, 6, 8, is: .wrong), .configure("user_rule=*:5/1d"),
          .enter(at: 5001, is: .refused),
        ]),
      Scenario(
        "by the tool, of what is as old as that exactly", "user_purge=1h",
        events: [
          .guess(at: 0, is: .wrong), .purge(at: 3600), .configure("user_rule=*:1/1d"),
          .enter(at: 3601, is: .refused),
        ]),
    ]

    private static let raised = "the lower limit is raised to what the rule counts"
    private static let tooLow = "the lower limit must be at least 2"
    private static let longEnough = "what the rule looks back at is kept"

    /// Two failures, more than an hour apart.
    private static func purge(_ description: String, _ value: String, complaint: String) -> Scenario
    {
      Scenario(
        "no length of time: \(description)", "user_rule=*:2/1d", "user_purge=\(value)",
        complaints: [complaint],
        events: [
          .guess(at: 0, 4000, is: .wrong),
          .enter(at: 4001, is: .refused)
            .butAncestor(
              .passed, because: "a mistake leaves the default; the old one takes an hour"),
        ])
    }
  }
}
