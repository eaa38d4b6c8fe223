import Testing

extension Compliance {
  /// What an application may do that the old one does not count, or counts wrongly.
  /// They were found by running 0.6.0.
  @Suite("Holes")
  struct Holes {
    @Test("what an application does with its handle", arguments: Module.allCases, habits)
    func habit(_ module: Module, _ habit: Habit) throws {
      let counted = try habit.counted(on: Machine(module))
      #expect(counted == (module == .ours ? habit.ours : habit.ancestor), "\(habit.reason)")
    }

    @Test("who it is that tries", arguments: Module.allCases, names)
    func name(_ module: Module, _ scenario: Scenario) throws { try scenario.hold(on: module) }

    static let habits: [Habit] = [
      Habit("a wrong password", 1, "auth:wrong", "end:7"),
      Habit("three wrong ones on one handle", 3, "auth:wrong", "auth:wrong", "auth:wrong", "end:7"),
      Habit("a right one", 0, "auth:right", "end:0"),
      Habit("a right one, and setcred", 0, "auth:right", "setcred", "end:0"),
      Habit(
        "a right one, setcred, and an end that says failure", 0, "auth:right", "setcred", "end:7"),
      Habit("a wrong one, then a right one", 1, "auth:wrong", "auth:right", "setcred", "end:0"),
      Habit("the user is changed before the end", 1, "auth:wrong", "user:alice", "end:7"),
      Habit("two handles", 2, "auth:wrong", "end:7", "start", "auth:wrong", "end:7"),
      Habit("a wrong one, and an end that says success", 1, "auth:wrong", "end:0")
        .butAncestor(0, because: judged),
      Habit("killed before the end", 1, "auth:wrong", "abort")
        .butAncestor(0, because: judged),
      Habit(
        "killed before the end, three times wrong", 3, "auth:wrong", "auth:wrong", "auth:wrong",
        "abort"
      )
      .butAncestor(2, because: judged),
      Habit(
        "in a forked child, as sshd's keyboard-interactive", 1, "fork{", "auth:wrong", "}", "end:0"
      )
      .butAncestor(0, because: judged),
      Habit("a right one, and the account is refused", 0, "auth:right", "end:13")
        .butAncestor(1, because: judged),
      Habit("a right one, and an end that is silent", 0, "auth:right", "end:0x40000000")
        .butAncestor(1, because: judged),
      Habit("the prompt is left without an answer", 0, "eof", "end:19")
        .butAncestor(1, because: "nothing was guessed"),
    ]

    @Test("the handle is ended in a forked child too, as su does", arguments: Module.allCases)
    func endedTwice(_ module: Module) throws {
      let login = Login(password: "wrong", user: "bob", service: "sshd")
      let steps = ["auth:wrong", "forkend:0", "end:7"]
      // The old one shares its Berkeley DB with the child, and never comes back.
      let outcome = try Machine(module, ["user_rule=*:9/1h"])
        .drive(steps, login, patience: module == .ours ? 120 : 2)
      #expect((outcome.status == 0) == (module == .ours), "\(outcome)")
    }

    static let names: [Scenario] = [
      Scenario(
        "the user is asked for by a later module", "user_rule=*:1/1h",
        events: [
          // Prompts are answered with the password, that for the name too.
          .guess(at: 0, user: nil, is: .wrong),
          .enter(at: 1, user: "wrong", is: .refused)
            .butAncestor(.passed, because: "it asks for the name itself"),
        ]),
      Scenario(
        "an empty name", "user_rule=*:1/1h",
        events: [.guess(at: 0, 1, user: "", is: .wrong), .enter(at: 2, user: "", is: .passed)]),
      Scenario(
        "an empty host", "host_rule=*:1/1h",
        events: [.guess(at: 0, host: "", is: .wrong), .enter(at: 1, host: "", is: .passed)]),
      Scenario(
        "no host", "host_rule=*:1/1h",
        events: [.guess(at: 0, is: .wrong), .enter(at: 1, is: .passed)]),
      Scenario(
        "the host that sshd calls UNKNOWN", "host_rule=*:1/1h",
        events: [
          .guess(at: 0, host: "UNKNOWN", is: .wrong),
          .enter(at: 1, host: "UNKNOWN", is: .passed)
            .butAncestor(.refused, because: "who can't be told apart is not one host"),
        ]),
      Scenario(
        "a name that sshd has looked up", "host_rule=*:1/1h",
        events: [
          .guessOverSSH(at: 0, host: "a.example", address: "192.0.2.7", is: .wrong),
          .enter(at: 1, host: "192.0.2.7", is: .refused)
            .butAncestor(.passed, because: "his name is the attacker's to choose"),
        ]),
      Scenario(
        "an address that was mapped into IPv6", "host_rule=*:1/1h",
        events: [
          .guess(at: 0, host: "::ffff:192.0.2.7", is: .wrong),
          .enter(at: 1, host: "192.0.2.7", is: .refused)
            .butAncestor(.passed, because: spelling),
        ]),
      Scenario(
        "an address that is spelt otherwise", "host_rule=*:1/1h",
        events: [
          .guess(at: 0, host: "2001:db8:0::1", is: .wrong),
          .enter(at: 1, host: "2001:DB8::1", is: .refused)
            .butAncestor(.passed, because: spelling),
        ]),
      Scenario(
        "a name in capitals", "host_rule=*:1/1h",
        events: [
          .guess(at: 0, host: "A.Example", is: .wrong),
          .enter(at: 1, host: "a.example", is: .refused)
            .butAncestor(.passed, because: "names of hosts have no case"),
        ]),
      Scenario(
        "users have their case", "user_rule=*:1/1h",
        events: [.guess(at: 0, user: "Bob", is: .wrong), .enter(at: 1, is: .passed)]),
      Scenario(
        "a long name", "user_rule=*:1/1h",
        events: [
          .guess(at: 0, user: long + "a", is: .wrong), .enter(at: 1, user: long + "b", is: .passed),
          .enter(at: 2, user: long + "a", is: .refused),
        ]),
      Scenario(
        "a name with a newline", "user_rule=*:1/1h",
        events: [
          .guess(at: 0, user: "a%0Ab", is: .wrong), .enter(at: 1, user: "a%0Ab", is: .refused),
        ]),
    ]

    private static let spelling = "one host, however its address is spelt"
    private static let judged = "what counts is how the password was judged"
    private static let long = String(repeating: "x", count: 1000)
  }
}

/// What an application does with its handle, and how many failures that is.
struct Habit: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let steps: [String]
  let ours: Int
  private(set) var ancestor: Int
  private(set) var reason = ""

  init(_ description: String, _ failures: Int, _ steps: String...) {
    (testDescription, self.steps) = (description, steps)
    (ours, ancestor) = (failures, failures)
  }

  /// The same, but the old one counts otherwise, for a reason.
  func butAncestor(_ failures: Int, because reason: String) -> Habit {
    var habit = self
    (habit.ancestor, habit.reason) = (failures, reason)
    return habit
  }

  /// Does it where there is no rule, and finds the largest limit that it reaches.
  func counted(on machine: Machine) throws -> Int {
    let login = Login(password: "right", user: "bob", service: Machine.unruledService)
    _ = try machine.at(0) { try machine.drive(steps, login) }
    for limit in stride(from: 5, to: 0, by: -1) {
      try machine.configure(["user_rule=*:\(limit)/1h"])
      let next = Login(password: "right", user: "bob", service: "sshd")
      if try machine.at(1, { try machine.verdict(on: next) }) == .refused { return limit }
    }
    return 0
  }
}
