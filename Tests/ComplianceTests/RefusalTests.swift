import Testing

extension Compliance {
  /// For how long who is blocked is refused, for what, and what becomes of others meanwhile.
  @Suite("Refusals")
  struct Refusals {
    @Test("who is refused, and for how long", arguments: Module.allCases, refusals)
    func isRefused(_ module: Module, _ scenario: Scenario) throws { try scenario.hold(on: module) }

    static let refusals: [Scenario] = [
      Scenario(
        "who goes on stays blocked", "user_rule=*:3/100s",
        events: [
          .guess(at: 0, 1, 2, is: .wrong), .guess(at: 20, 40, 60, 80, 100, is: .refused),
          .enter(at: 110, is: .refused),
        ]),
      Scenario(
        "who waits is let in", "user_rule=*:3/100s",
        events: [
          .guess(at: 0, 1, 2, is: .wrong), .enter(at: 100, is: .refused),
          .enter(at: 201, is: .passed),
        ]),
      Scenario(
        "a blocked host does not lock users out", "host_rule=*:2/1h", "user_rule=*:4/1h",
        events: [
          .guess(at: 0, 10, host: "192.0.2.7", is: .wrong),
          .guess(at: 20, 600, host: "192.0.2.7", is: .refused),
          .enter(at: 700, host: "192.0.2.8", is: .passed).butAncestor(.refused, because: oneSide),
        ]),
      Scenario(
        "a blocked user does not lock hosts out", "host_rule=*:3/1h", "user_rule=*:2/1h",
        events: [
          .guess(at: 0, 10, host: "192.0.2.7", is: .wrong),
          .enter(at: 20, 30, 1000, host: "192.0.2.8", is: .refused),
          .enter(at: 1100, user: "alice", host: "192.0.2.8", is: .passed)
            .butAncestor(.refused, because: oneSide),
        ]),
      Scenario(
        "no clause exempts anybody", "user_rule=bob:10/1h *:3/1h",
        events: [.history(), .enter(at: 10, is: .refused)]),
      Scenario(
        "failed for su, refused for sshd", "user_rule=*/sshd:3/1h",
        events: [
          .guess(at: 0, 1, 2, service: "su", is: .wrong), .enter(at: 3, service: "su", is: .passed),
          .enter(at: 4, is: .refused),
        ]),
      Scenario(
        "failed for sshd, free for su", "user_rule=*/sshd:3/1h",
        events: [
          .guess(at: 0, 1, 2, is: .wrong), .enter(at: 3, is: .refused),
          .enter(at: 4, service: "su", is: .passed),
        ]),
      Scenario(
        "all services but one", "user_rule=!*/su:3/1h",
        events: [
          .guess(at: 0, 1, 2, is: .wrong), .enter(at: 3, service: "su", is: .passed),
          .enter(at: 4, is: .refused),
        ]),
      Scenario(
        "a limit for each service", "user_rule=*/su:2/1h *:4/1h",
        events: [
          .guess(at: 0, 1, is: .wrong), .enter(at: 2, service: "su", is: .refused),
          .enter(at: 3, service: "login", is: .passed), .guess(at: 4, is: .wrong),
          .enter(at: 5, service: "login", is: .passed)
            .butAncestor(.refused, because: "refusals are written down as often as is needed"),
        ]),
      Scenario(
        "the clock is set back", "user_rule=*:1/1m",
        events: [.guess(at: 5000, is: .wrong), .enter(at: 0, is: .refused)]),
    ]

    private static let oneSide = "a refusal is written down for the subject that blocks only"
  }
}
