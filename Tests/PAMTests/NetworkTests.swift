import Foundation
import Harness
import Testing

/// What counts for where a login comes from, however many hosts there are and however many come at
/// once: 64 processes, each of which tries again as soon as its attempt is judged or refused.
@Suite("Networks and prefixes, through the real libpam", .serialized)
struct NetworkTests {
  /// A rule, hosts that guess in one network, and hosts beside them.
  struct Crowd: CustomTestStringConvertible, Sendable {
    let rules: String
    /// See Tests/Benchmarks/attempts.c.
    let hosts: String
    var attempts = 1000
    let judged: Int
    /// The subject that is blocked then.
    let blocked: String
    let neighbour: String
    /// In the network, and on the white list.
    let allowed: String
    var testDescription: String { "\(attempts) attempts from \(hosts), \(rules)" }
  }

  /// Here their turns are waited for, however busy the machine is.
  private static let patient = "\npending_wait=60s\nlock_timeout=60s\n"

  private static func v4(_ rules: String) -> Crowd {
    Crowd(
      rules: rules, hosts: "198.51:250", judged: 50, blocked: "198.51.0.0/24",
      neighbour: "198.51.1.7", allowed: "198.51.0.253")
  }

  private static let crowds = [
    // A /24 has no thousand hosts: 250 of them, four guesses each.
    v4("network_rule=/24:50/1h"),
    v4("network_rule=/24|/48:50/1h /16:9999/1h\nhost_rule=*:10/1h\nuser_rule=*:10/1h"),
    // A thousand hosts of IPv6, one guess each.
    Crowd(
      rules: "network_rule=/24|/64:50/1h\nhost_prefix=32:128\nhost_rule=*:10/1h",
      hosts: "2001:db8:1:2:::1000", judged: 50, blocked: "2001:db8:1:2::/64",
      neighbour: "2001:db8:1:3::7", allowed: "2001:db8:1:2:f::7"),
    // A customer's addresses are one host.
    Crowd(
      rules: "host_rule=*:10/1h", hosts: "2001:db8:1:2:::64", attempts: 64, judged: 10,
      blocked: "2001:db8:1:2::/64", neighbour: "2001:db8:1:3::7", allowed: "2001:db8:1:2:f::7"),
    // So are those of a host of IPv4 that comes by 6to4, whichever way its prefix is spelled.
    Crowd(
      rules: "host_rule=*:10/1h", hosts: "2002:C633:0007:0000:::64", attempts: 64, judged: 10,
      blocked: "2002:c633:7::/64", neighbour: "198.51.0.7", allowed: "2002:c633:7:0:f::7"),
  ]

  private func end(_ crowd: Crowd, processes: Int, _ stack: Stack) throws {
    let users = (1...1000).map { "user\($0)\n" }.joined()
    try stack.write(users, to: "users")
    let outcome = try stack.run(
      Stack.support("attempts"),
      [
        "--confdir", stack.path("pam.d"), "--service", "t", "--password", "wrong",
        "--expect", "7", "--users", stack.path("users"), "--hosts", crowd.hosts,
        "--attempts", String(crowd.attempts), "--processes", String(processes),
        "--patience", "300",
      ])
    #expect(Array(outcome.lines.dropFirst().prefix(2)) == ["errors 0", "hangs 0"], "\(outcome)")
    #expect(try stack.judged == crowd.judged)
    let listed = try JSONLines.decode(
      ListedSubject.self, from: stack.ablctl("list", "--blocked", "--json").output)
    #expect(listed.map(\.name) == [crowd.blocked])
    #expect(listed.map(\.failures) == [crowd.judged])
  }

  @Test("exactly as many guesses are judged as the rule says, with 64 in flight", arguments: crowds)
  func crowd(_ crowd: Crowd) throws {
    let allowed = "host_whitelist=\(crowd.allowed)\n"
    let stack = try Stack(crowd.rules + Self.patient + allowed, check: "delay=20")
    try end(crowd, processes: 64, stack)
    for host in [crowd.neighbour, crowd.allowed] {
      #expect(try stack.attempts(1, "right", user: "bob", host: host) == ["0"], "\(host)")
    }
  }

  @Test("one after the other they are as many", arguments: crowds)
  func series(_ crowd: Crowd) throws {
    let stack = try Stack(crowd.rules + "\n")
    try end(crowd, processes: 1, stack)
    #expect(try stack.attempts(1, "right", user: "bob", host: crowd.neighbour) == ["0"])
  }

  @Test("an address that a clause names has that clause's limit, whatever its prefix has")
  func named() throws {
    let named = "2001:db8:1:2::5"
    let stack = try Stack("host_rule=![\(named)]:10/1h [\(named)]:20/1h\n")
    _ = try stack.attempts(12, host: named)
    #expect(try stack.attempts(1, "right", user: "bob", host: "2001:db8:1:2::6") == ["0"])
    _ = try stack.attempts(12, host: "2001:db8:1:2::6")
    #expect(try stack.judged == 23)
    #expect(try stack.attempts(1, "right", user: "bob", host: named) == ["0"])
    _ = try stack.attempts(12, host: named)
    #expect(try stack.judged == 32)
  }

  @Test("a login from ::1 has the limit that the shipped file has for it") func loopback() throws {
    let shipped = try String(contentsOfFile: Repository.file("conf/pam_abl.conf"), encoding: .utf8)
    let rule = try #require(shipped.split(separator: "\n").first { $0.hasPrefix("host_rule") })
    let stack = try Stack(rule + "\n")
    _ = try stack.attempts(30, host: "::1")
    #expect(try stack.judged == 30)
    #expect(try stack.attempts(1, "right", user: "bob", host: "::1") == ["0"])
  }
}
