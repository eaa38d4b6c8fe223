import Testing

extension Compliance {
  /// host_whitelist and user_whitelist: one failure is too many; who is listed may fail.
  @Suite("White lists")
  struct Lists {
    @Test("a white list", arguments: Module.allCases, hosts + users)
    func list(_ module: Module, _ scenario: Scenario) throws { try scenario.hold(on: module) }

    static let hosts: [Scenario] = [
      host("an address", "192.0.2.7", from: "192.0.2.7", .passed),
      host("not another address", "192.0.2.7", from: "192.0.2.70", .refused),
      host("a network", "10.0.0.0/8", from: "10.9.9.9", .passed),
      host("a network, given by one of its hosts", "192.0.2.77/24", from: "192.0.2.7", .passed),
      host("not another network", "192.0.2.0/24", from: "192.0.3.7", .refused),
      host("a network of one", "192.0.2.7/32", from: "192.0.2.7", .passed),
      host("everybody", "0.0.0.0/0", from: "192.0.2.7", .passed),
      host("the last of a list", "10.0.0.1;a.example;192.0.2.0/24", from: "192.0.2.7", .passed),
      host("leading zeros are decimal", "010.0.0.1", from: "10.0.0.1", .passed),
      host("a name", "a.example", from: "a.example", .passed),
      host("no wildcard", "*", from: "a.example", .refused, complaint: entry),
      host("localhost, so called", "localhost", from: "localhost", .passed),
      host("an IPv6 address as it is written", "2001:db8::1", from: "2001:db8::1", .passed),
      host("a prefix too long", "192.0.2.7/33", from: "192.0.2.7", .refused, complaint: prefix),
      host("no prefix", "192.0.2.7/", from: "192.0.2.7", .refused, complaint: prefix),
      host("a range, which is a name", "192.0.2.1-9", from: "192.0.2.7", .refused),
      host("three numbers", "192.0.2", from: "192.0.2.7", .refused, complaint: entry),
      host("an empty list", "", from: "192.0.2.7", .refused),
      host(
        "blanks around ';'", "10.0.0.1; 192.0.2.7", from: "192.0.2.7", .passed,
        ancestor: .refused, because: "blanks around an entry don't matter"),
      host(
        "a name in capitals", "A.Example", from: "a.example", .passed,
        ancestor: .refused, because: "names of hosts have no case"),
      host(
        "localhost, by its IPv4 address", "localhost", from: "127.0.0.1", .passed,
        ancestor: .refused, because: "localhost means 127.0.0.0/8 and ::1 too"),
      host(
        "localhost, by its IPv6 address", "localhost", from: "::1", .passed,
        ancestor: .refused, because: "localhost means 127.0.0.0/8 and ::1 too"),
      host(
        "an IPv6 address, spelt otherwise", "2001:db8:0::1", from: "2001:db8::1", .passed,
        ancestor: .refused, because: "addresses compare as addresses"),
      host(
        "an IPv4 address that was mapped into IPv6", "192.0.2.7", from: "::ffff:192.0.2.7", .passed,
        ancestor: .refused, because: "addresses compare as addresses"),
      host(
        "an IPv6 network", "2001:db8::/32", from: "2001:db8:1::7", .passed,
        ancestor: .refused, because: "networks may be IPv6"),
      Scenario(
        "a host that is blocked already", "host_rule=*:1/1h", "host_whitelist=192.0.2.7",
        events: [
          .history(at: [0], host: "192.0.2.7"),
          .enter(at: 10, host: "192.0.2.7", is: .passed)
            .butAncestor(.refused, because: "who is listed is neither counted nor refused"),
        ]),
      Scenario(
        "a listed host does not protect the user", "host_rule=*:1/1h", "user_rule=*:1/1h",
        "host_whitelist=192.0.2.7",
        events: [
          .guess(at: 0, host: "192.0.2.7", is: .wrong),
          .enter(at: 10, user: "alice", host: "192.0.2.7", is: .passed),
          .enter(at: 10, host: "192.0.2.7", is: .refused),
        ]),
    ]

    static let users: [Scenario] = [
      user("a user", "bob", "bob", .passed),
      user("not another user", "bob", "alice", .refused),
      user("one of a list", "root;bob", "bob", .passed),
      user("users have their case", "Bob", "bob", .refused),
      user("no wildcard", "*", "bob", .refused),
      user("an empty list", "", "bob", .refused),
      user(
        "blanks around ';'", "root; bob", "bob", .passed,
        ancestor: .refused, because: "blanks around an entry don't matter"),
      Scenario(
        "a listed user does not protect his host", "host_rule=*:1/1h", "user_rule=*:1/1h",
        "user_whitelist=bob",
        events: [
          .guess(at: 0, host: "192.0.2.7", is: .wrong),
          .enter(at: 10, host: "192.0.2.8", is: .passed),
          .enter(at: 10, host: "192.0.2.7", is: .refused),
        ]),
    ]

    private static let entry = "expected a host name, an address or a network; ';' separates them"
    private static let prefix = "expected a prefix length from 0 to 32"

    private static func host(
      _ description: String, _ list: String, from host: String, _ ours: Verdict,
      complaint: String..., ancestor: Verdict? = nil, because reason: String = ""
    ) -> Scenario {
      var last = Event.enter(at: 10, host: host, is: ours)
      if let ancestor { last = last.butAncestor(ancestor, because: reason) }
      return Scenario(
        "hosts, \(description): \(list)", "host_rule=*:1/1h", "host_whitelist=\(list)",
        complaints: complaint, events: [.guess(at: 0, host: host, is: .wrong), last])
    }

    private static func user(
      _ description: String, _ list: String, _ user: String, _ ours: Verdict,
      ancestor: Verdict? = nil, because reason: String = ""
    ) -> Scenario {
      var last = Event.enter(at: 10, user: user, is: ours)
      if let ancestor { last = last.butAncestor(ancestor, because: reason) }
      return Scenario(
        "users, \(description): \(list)", "user_rule=*:1/1h", "user_whitelist=\(list)",
        events: [.guess(at: 0, user: user, is: .wrong), last])
    }
  }
}
