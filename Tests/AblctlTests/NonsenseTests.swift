import Policy
import Testing

@testable import Administration

/// What is asked about nobody gets no comfort.
@Suite struct NonsenseTests {
  private let machine = Machine()

  @Test(
    "check and explain refuse what can be nobody, and say why",
    arguments: [
      (["check", "-H", "300.1.1.1"], "No host can be '300.1.1.1': it is neither an address nor"),
      (["check", "-H", "1.2.3"], "No host can be '1.2.3': it is neither"),
      (["check", "-H", "192.0.2.7,192.0.2.8"], "No host can be '192.0.2.7,192.0.2.8': it is a l"),
      (["check", "--quiet", "-H", "192.0.2.7;192.0.2.8"], "No host can be"),
      (["check", "-H", "192.0.2.7 192.0.2.8"], "No host can be"),
      (["check", "-H", "192.0.2.0/24"], "No host can be '192.0.2.0/24': it is a network"),
      (["check", "-H", "2001:db8::/32"], "No host can be '2001:db8::/32': it is a network"),
      (["check", "-H", "192.0.2.7:22"], "No host can be '192.0.2.7:22': it is neither"),
      (["check", "-H", "2001:db8:::1"], "No host can be '2001:db8:::1': it is neither"),
      (["check", "-H", "*.example.com"], "No host can be '*.example.com': it is neither"),
      (["check", "-H", "192.0.2.8", "-H", "300.1.1.1", "--json"], "No host can be '300.1.1.1'"),
      (["check", "-U", "alice,bob"], "No user can be 'alice,bob': it is a list"),
      (["check", "-U", "192.0.2.7"], "No user can be '192.0.2.7': it is an address"),
      (["check", "-U", "*"], "No user can be '*': there are no patterns"),
      (["check", "-H", "a'b\u{1B}", "-c", "x"], #"No host can be 'a\x27b\x1b': it is neither"#),
      (["explain", "300.1.1.1"], "No host can be '300.1.1.1': it is neither"),
      (["explain", "192.0.2.0/24", "--json"], "No host can be '192.0.2.0/24': it is a network"),
      (["explain", "alice,bob", "--user"], "No user can be 'alice,bob': it is a list"),
    ] as [([String], String)])
  func refuses(words: [String], message: String) {
    let ended = machine.run(words.map { Array($0.utf8) })
    #expect(ended.status == 64)
    #expect(ended.output == "")
    #expect(ended.error.hasPrefix("Error: " + message))
  }

  /// What was typed for an address, and is none.
  private static let addresses = [
    "2001:db8:1:2::9]", "[2001:db8:1:2::9", "2001:db8:1:2:", ":::", "2001:db8:::1", "[192.0.2.256]",
    "192.0.2.1-192.0.2.9", "192.0.2.1 - 192.0.2.9", "[2001:db8::]/129", "2001:db8::-2001:db8::9",
    "192.0.2.1.", "[::ffff:192.0.2.1", "192.0.2.7]",
  ]

  @Test(
    "no command takes a mistyped address for a user", arguments: addresses,
    [
      ["check"], ["check", "-U"], ["explain"], ["block"], ["allow", "--for", "1h"], ["disallow"],
      ["show"], ["unblock"], ["unblock", "--strict", "192.0.2.7"],
    ])
  func mistyped(name: String, command: [String]) {
    let ended = machine.run((command + [name]).map { Array($0.utf8) })
    #expect(ended.status == 64)
    #expect(ended.error.contains("can be '\(name)'") || ended.error.contains("can't be decreed"))
    #expect(machine.ablctl("list", "decrees").output == "nothing is decreed\n")
  }

  /// As above, where no word says that it is a user: then it is a name, whatever it is like.
  private static let bareAddresses = [
    "192.0.2.9 192.0.2.10", "192.0.2.9\n192.0.2.10", "192.0.2.9-", "192.0.2.1:22",
    "[2001:db8::1]:22", "2001:db8::zz", "2001:db8::g/64", "20o1:db8::1", "2001:db8:0:0:0:0:0:g",
    "fe80::1g%eth0", "192.0.2.9:22 [2001:db8::1]:22", "\t192.0.2.1:22",
  ]

  @Test(
    "no command takes a list of addresses, a port or a wrong letter for a user",
    arguments: bareAddresses,
    [
      ["check"], ["explain"], ["block"], ["allow", "--for", "1h"], ["disallow"], ["show"],
      ["unblock"],
    ])
  func mistypedBare(name: String, command: [String]) {
    let ended = machine.run((command + [name]).map { Array($0.utf8) })
    #expect(ended.status == 64, "\(ended)")
    #expect(ended.error.contains(" can be ") || ended.error.contains("can't be decreed"))
    #expect(machine.ablctl("list", "decrees").output == "nothing is decreed\n")
    let said = machine.run(["check", "--quiet", "-U", name].map { Array($0.utf8) })
    #expect(said.status == 0)
  }

  @Test(
    "takes for a user what an account may be called",
    arguments: [
      "two words", #"EXAMPLE\john"#, "john@example.org", "300", "a-b", "v1.0",
      "host/gate.example.org", "john:22", "NODE1::JOHN", "urn:uuid:1", "10-20", "-",
      "std::string", "c:0-.f|x",
    ])
  func account(name: String) {
    let ended = machine.run(["check", "--quiet", name].map { Array($0.utf8) })
    #expect(ended.status == 0, "\(ended)")
  }

  @Test("a stranger's user that is called like an address doesn't hide that address")
  func hidden() throws {
    try machine.fail(host: "2001:db8:0:9::1", user: nil, at: .now, times: 3)
    try machine.fail(host: nil, user: "[2001:db8:0:9::1]", at: .now)
    let checked = machine.ablctl("check", "[2001:db8:0:9::1]")
    #expect(checked.status == 2 && checked.output.hasPrefix("host 2001:db8:0:9::/64: blocked"))
    #expect(machine.ablctl("block", "2001:db8:0:8::1").status == 0)
    try machine.fail(host: nil, user: "[2001:db8:0:8::1]", at: .now)
    try machine.fail(host: nil, user: "[2001:db8:0:7::1]", at: .now)
    #expect(machine.ablctl("check", "--quiet", "[2001:db8:0:8::1]").status == 2)
    let other = machine.ablctl("check", "[2001:db8:0:7::1]")
    #expect(other.lines.contains("host 2001:db8:0:7::/64: clear") && other.lines.count == 2)
    let explained = machine.ablctl("explain", "[2001:db8:0:7::1]").lines
    #expect(explained.contains("host 2001:db8:0:7::/64: clear"))
    #expect(explained.contains(#"user [2001:db8:0:7::1]: clear"#))
  }

  @Test(
    "a network with a decree on it is known, and one without is refused by all",
    arguments: ["check", "explain", "show"])
  func decreed(command: String) {
    _ = machine.ablctl("block", "198.51.100.0/24", "--for", "2d")
    let ended = machine.ablctl(command, "198.51.100.0/24")
    #expect(ended.status == (command == "check" ? 2 : 0))
    #expect(
      ended.output.hasPrefix("network 198.51.100.0/24: blocked by decree 198.51.100.0/24 until"))
    let other = machine.ablctl(command, "203.0.113.0/24")
    #expect(other.status == 64)
    #expect(other.error.hasPrefix("Error: No host can be '203.0.113.0/24': it is a network;"))
  }

  @Test(
    "knows an address in brackets, and with blanks around it",
    arguments: [
      "[192.0.2.7]", "[::ffff:192.0.2.7]", " 192.0.2.7", "192.0.2.7\n", "\t[192.0.2.7] \r\n",
      "[192.0.2.7]/32",
    ])
  func spelled(name: String) throws {
    try machine.fail(host: "192.0.2.7", user: nil, at: .now, times: 5)
    // A stranger may give what is typed as the name of a user.
    try machine.fail(host: nil, user: name, at: .now)
    #expect(machine.ablctl("check", name).output.hasPrefix("host 192.0.2.7: blocked by "))
    #expect(machine.ablctl("check", "--quiet", "-H", name).status == 2)
    #expect(machine.ablctl("explain", name).output.hasPrefix("host 192.0.2.7: blocked by "))
    #expect(machine.ablctl("unblock", name).output == "host 192.0.2.7: unblocked\n")
    #expect(machine.ablctl("block", name).output == "host 192.0.2.7: blocked for ever\n")
    #expect(machine.ablctl("check", "--quiet", name).status == 2)
  }

  @Test("knows a network in brackets") func network() throws {
    let blocked = machine.ablctl("block", "[2001:db8::]/32")
    #expect(blocked.output == "network 2001:db8::/32: blocked for ever\n")
    #expect(machine.ablctl("check", "--quiet", "2001:db8:1::5").status == 2)
  }

  @Test("what is on record or decreed is known, whatever its name is like") func mac() throws {
    try machine.fail(host: nil, user: "aa:bb:cc:dd:ee:ff", at: .now, times: 5)
    #expect(machine.ablctl("check", "aa:bb:cc:dd:ee:ff").status == 2)
    #expect(machine.ablctl("block", "aa:bb:cc:dd:ee:ff").status == 0)
    #expect(machine.ablctl("unblock", "aa:bb:cc:dd:ee:ff").status == 0)
  }

  @Test(
    "takes what there may be",
    arguments: [
      ["-H", "192.0.2.7"], ["-H", "[2001:db8::2]"], ["-H", "2001:db8::2"], ["-H", "gate"],
      ["-H", "Gate.example.org"], ["-H", "gate_1"], ["-H", "bücher.example"], ["-U", "bob"],
      ["-U", #"EXAMPLE\john"#], ["-U", "two words"], ["-U", "john@EXAMPLE.ORG"], ["-U", "300"],
    ])
  func takes(words: [String]) {
    #expect(machine.run((["check", "--quiet"] + words).map { Array($0.utf8) }).status == 0)
  }

  @Test("tells of a name that is known, whatever it is") func known() throws {
    for (host, user) in [("300.1.1.1", "alice,bob"), ("a, b", "192.0.2.7")] {
      try machine.fail(host: host, user: user, at: .now, times: 5)
      #expect(machine.ablctl("check", "--quiet", "-H", host).status == 2)
      #expect(machine.ablctl("check", "--quiet", "-U", user).status == 2)
    }
    #expect(machine.ablctl("explain", "a, b").lines.first?.hasPrefix("host a, b: blocked") == true)
  }

  @Test(
    "no command tells of anybody by a file that is no configuration, nor shows its lines",
    arguments: ["list", "check -U bob", "explain bob", "check-config", "store", "show bob"])
  func foreign(command: String) {
    let file = machine.directory + "/shadow"
    Machine.write("root:$y$secret:20000:0:99999:7:::\nbob:$y$secret:1:0::::\n", to: file)
    let words = command.split(separator: " ").map { Array($0.utf8) } + [Array("-c".utf8)]
    let ended = Machine.spawn(Machine.program, words + [Array(file.utf8)], environment: [])
    #expect(ended.status == 1)
    #expect(ended.output == "")
    #expect(
      ended.error == """
        ablctl: '\(file)' is no configuration of abl: no line of it is a setting (the first: line 1)

        """)
  }

  @Test("says that there is no rule to whoever asks who is blocked") func noRule() throws {
    machine.configure("db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\n")
    try machine.fail(host: "192.0.2.7", user: nil, at: .now, times: 9)
    let remark = "ablctl: '\(machine.config)' sets no rule: no host and no user is ever blocked\n"
    for command in ["list", "show 192.0.2.7", "explain 192.0.2.7", "check -U x"] {
      let words = command.split(separator: " ").map { Array($0.utf8) }
      #expect(machine.run(words).error == remark)
    }
    #expect(machine.ablctl("purge").error == "")
  }

  @Test("shows five mistakes with another command, and how many more there are") func bounded() {
    machine.configure(
      "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\nhost_rule = *:1/1h\n"
        + String(repeating: "x\n", count: 7))
    let shown = machine.ablctl("store").error.split(separator: "\n")
    #expect(shown.prefix(15).count { $0.hasSuffix(": error: unknown key") } == 5)
    #expect(
      shown.dropFirst(15).first
        == "ablctl: 2 more mistakes in the configuration; 'ablctl check-config' shows all")
    let all = machine.ablctl("check-config").error.split(separator: "\n")
    #expect(all.count { $0.hasSuffix(": error: unknown key") } == 7)
  }
}
