import Policy
import Testing

/// Whether a list of hosts has a host.
struct Membership: CustomTestStringConvertible {
  var list: String
  var host: String
  var isMember: Bool

  init(_ list: String, _ host: String, _ isMember: Bool) {
    (self.list, self.host, self.isMember) = (list, host, isMember)
  }

  var testDescription: String { "\(list) has \(host): \(isMember)" }
}

private let upstream = "10.10.10.10/24;1.1.1.1;2.2.2.2/32;blaat;192.168.1.1/24"

@Suite("An allow list")
struct AllowListTests {
  @Test(
    "has the hosts it names",
    arguments: [
      Membership(upstream, "10.10.10.0", true),
      Membership(upstream, "10.10.10.255", true),
      Membership(upstream, "10.10.11.0", false),
      Membership(upstream, "10.10.9.255", false),
      Membership(upstream, "1.1.1.1", true),
      Membership(upstream, "1.1.1.2", false),
      Membership(upstream, "2.2.2.2", true),
      Membership(upstream, "2.2.2.3", false),
      Membership(upstream, "blaat", true),
      Membership(upstream, "BLAAT", true),
      Membership(upstream, "blaa", false),
      Membership(upstream, "blaat1", false),
      Membership(upstream, "192.168.1.77", true),
      Membership(upstream, "::ffff:192.168.1.77", true),
      Membership("0.0.0.0/0", "255.1.2.3", true),
      Membership("0.0.0.0/0", "::1", false),
      Membership("::/0", "2001:db8::1", true),
      Membership("::/0", "10.0.0.1", false),
      Membership("128.0.0.0/1", "127.255.255.255", false),
      Membership("128.0.0.0/1", "200.0.0.1", true),
      Membership("2001:db8::/32", "2001:db8:ffff::1", true),
      Membership("2001:db8::/32", "2001:db9::1", false),
      Membership("2001:db8::/64", "2001:db8::ffff:1:2:3", true),
      Membership("2001:db8::/64", "2001:db8:0:1::", false),
      Membership("2001:db8::/65", "2001:db8::7fff:0:0:1", true),
      Membership("2001:db8::/65", "2001:db8::8000:0:0:1", false),
      Membership("2001:db8::8/127", "2001:db8::9", true),
      Membership("2001:db8::8/127", "2001:db8::a", false),
      Membership("2001:db8::8", "2001:db8:0::8", true),
      Membership("::ffff:10.0.0.0/104", "10.9.9.9", true),
      Membership("::ffff:10.0.0.0/104", "11.0.0.1", false),
      Membership("localhost", "localhost", true),
      Membership("localhost", "127.0.0.53", true),
      Membership("localhost", "::1", true),
      Membership("localhost", "128.0.0.1", false),
      Membership("localhost", "::2", false),
      Membership("  a ; 10.0.0.1\t;;b-c_d.example. ;", "a", true),
      Membership("  a ; 10.0.0.1\t;;b-c_d.example. ;", "10.0.0.1", true),
      Membership("  a ; 10.0.0.1\t;;b-c_d.example. ;", "b-c_d.example.", true),
      Membership("", "a", false),
      Membership(" ; ;", "a", false),
    ])
  func membership(_ membership: Membership) throws {
    var mistakes: [SyntaxError] = []
    let list = AllowList(hosts: membership.list.bytes, mistakes: &mistakes)
    let host = try #require(Host(membership.host.bytes))
    #expect(list.contains(.host(host)) == membership.isMember)
    #expect(mistakes == [])
    #expect(!list.contains(.user(Name(membership.host))))
  }

  @Test("has the users it names, by their bytes")
  func allowedUsers() {
    let list = AllowList(users: " root ; Domain User;; жук".bytes)
    #expect(list.entries == [.user("root"), .user("Domain User"), .user("жук")])
    #expect(list.contains(.user("root")))
    #expect(!list.contains(.user("Root")))
    #expect(!list.contains(.host(.name("root"))))
  }

  @Test("keeps what is right beside what is wrong")
  func partlyWrong() {
    let (configuration, complaints) = read("host_whitelist=10.0.0.0/8; 1.1.1.1/33; b c; mail")
    #expect(configuration.hostAllowList.entries.map(\.text) == ["10.0.0.0/8", "mail"])
    #expect(complaints.count == 2)
  }

  @Test("writes a network with its prefix, an address without")
  func networkText() {
    #expect(Network(.v4(10 << 24), prefixLength: 8).text == "10.0.0.0/8")
    #expect(Network(.v4(10 << 24), prefixLength: 32).text == "10.0.0.0")
    #expect(Network(.v6(high: 0, low: 1), prefixLength: 128).text == "::1")
  }

  @Test("survives a prefix length that no parser lets through")
  func absurdPrefix() {
    #expect(Network(.v4(1), prefixLength: 255).contains(.v4(1)))
    #expect(!Network(.v6(high: 1, low: 1), prefixLength: 255).contains(.v6(high: 1, low: 2)))
  }
}
