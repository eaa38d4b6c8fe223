import Harness
import Policy
import Testing

@testable import Firewall

private func hold(
  _ table: KernelTable, _ elements: [Element], allowed: [Prefix] = [], rate: PacketRate? = nil
) throws {
  let until = Moment(milliseconds: Moment.now.milliseconds + 3_600_000)
  var layout = Layout()
  (layout.allowed, layout.rate, layout.ratePorts) = (allowed, rate, [22])
  let all = Dictionary(uniqueKeysWithValues: elements.map { ($0, until) })
  var wanted = Wanted()
  wanted = Wanted(
    elements.map { Candidate($0.prefix, ports: [$0.port], until: until, origin: .byHand) },
    Protection(), at: .now, most: 100)
  _ = layout.widen(for: wanted)
  _ = try table.replace(by: all, layout, at: .now, atomically: true)
}

/// Real packets over a cable between two networks of the test's own.
@Suite(.enabled(if: OwnNetwork.isAvailable, "needs root, for a network of its own"), .serialized)
struct PacketTests {
  /// Whether a connection was dropped is told by the kernel's counter, not by time.
  private static func isDropped(
    _ peer: Peer, _ table: KernelTable, from source: String, to port: Int = 22,
    options: Bool = false
  ) throws -> Bool {
    let before = try table.dropped() ?? 0
    let connects = try peer.connects(from: source, to: port, patience: 1, options: options)
    return try !connects && eventually { try table.dropped() ?? 0 > before }
  }

  @Test("IPv4: an address or a network is kept from the port, its neighbours aren't") func v4()
    throws
  {
    try OwnNetwork.run {
      let (peer, listener, table) = (try Peer(), try Listener([22, 80]), try KernelTable())
      defer { withExtendedLifetime(listener) {} }
      for address in ["10.9.7.1/16", "10.9.7.99/16", "10.9.8.1/16", "10.9.16.1/16"] {
        try peer.add(address)
      }
      try hold(
        table,
        [
          Element(prefix("10.9.7.1"), port: 22), Element(prefix("10.9.8.0", 24), port: 22),
          Element(prefix("10.9.16.0", 22), port: 0),
        ])
      #expect(try Self.isDropped(peer, table, from: "10.9.7.1"))
      #expect(try peer.connects(from: "10.9.7.1", to: 80))
      #expect(try peer.connects(from: "10.9.7.99", to: 22))
      #expect(try Self.isDropped(peer, table, from: "10.9.8.1"))
      #expect(try Self.isDropped(peer, table, from: "10.9.16.1"))
      #expect(try Self.isDropped(peer, table, from: "10.9.16.1", to: 80))
    }
  }

  @Test(
    "IPv6 of each length, also behind extension headers",
    arguments: [128, 64, 48, 56, 40] as [UInt8])
  func v6(length: UInt8) throws {
    try OwnNetwork.run {
      let (peer, listener, table) = (try Peer(), try Listener([22]), try KernelTable())
      defer { withExtendedLifetime(listener) {} }
      let inside = "2001:db8:aaaa:bbbb::7"
      try peer.add(inside + "/32")
      try peer.add("2001:db8:cccc::9/32")
      try hold(table, [Element(prefix(inside, length), port: 22)])
      #expect(try Self.isDropped(peer, table, from: inside))
      #expect(try Self.isDropped(peer, table, from: inside, options: true))
      #expect(try peer.connects(from: "2001:db8:cccc::9", to: 22))
      #expect(try peer.connects(from: "2001:db8:cccc::9", to: 22, options: true))
    }
  }

  @Test("ICMP, ICMPv6 with its neighbour discovery, DNS and NTP of a blocked prefix go on")
  func others() throws {
    try OwnNetwork.run {
      let (peer, listener, table) = (try Peer(), try Listener([22]), try KernelTable())
      defer { withExtendedLifetime(listener) {} }
      try hold(
        table,
        [Element(prefix("10.9.0.2"), port: 0), Element(prefix("2001:db8:9::", 64), port: 0)])
      #expect(try Self.isDropped(peer, table, from: "10.9.0.2"))
      #expect(try Self.isDropped(peer, table, from: "2001:db8:9::2"))
      try peer.run("ip neigh flush all")
      #expect(try peer.hearsEcho(of: "10.9.0.1"))
      #expect(try peer.hearsEcho(of: "2001:db8:9::1"))
      // A port of a service, and one that both sides have, as servers of NTP do among themselves.
      for (target, port) in [
        ("10.9.0.1", 53), ("2001:db8:9::1", 53), ("10.9.0.1", 123), ("2001:db8:9::1", 123),
      ] {
        let family = target.contains(":") ? "AF_INET6" : "AF_INET"
        let answer = try peer.run(
          """
          python3 -c "
          import socket
          s = socket.socket(socket.\(family), socket.SOCK_DGRAM); s.settimeout(30)
          if \(port) == 123: s.bind((\\"\\", 123))
          s.sendto(b\\"question\\", (\\"\(target)\\", \(port))); print(s.recv(99).decode())
          "
          """)
        #expect(answer == "question\n")
      }
    }
  }

  @Test("a connection that is there goes on; one that is ended, ends at both ends") func live()
    throws
  {
    try OwnNetwork.run {
      let (peer, table) = (try Peer(), try KernelTable())
      let (server, port) = (try EchoServer(), 2222)
      let client = try EchoClient(peer, port)
      #expect(try client.says("one"))
      let element = Element(prefix("10.9.0.2"), port: UInt16(port))
      try hold(table, [element])
      #expect(try client.says("two"))
      let ended = try LiveConnections().end([element])
      #expect(ended >= 1)
      #expect(try client.isAtEnd())
      withExtendedLifetime(server) {}
    }
  }

  @Test("what is allowed is let through a block around it; and the rate is for others only")
  func allowed() throws {
    try OwnNetwork.run {
      let (peer, listener, table) = (try Peer(), try Listener([22]), try KernelTable())
      defer { withExtendedLifetime(listener) {} }
      try peer.add("10.9.7.1/16")
      try peer.add("10.9.7.2/16")
      try hold(table, [Element(prefix("10.9.7.0", 24), port: 0)], allowed: [prefix("10.9.7.2")])
      #expect(try Self.isDropped(peer, table, from: "10.9.7.1"))
      #expect(try peer.connects(from: "10.9.7.2", to: 22))
    }
  }

  @Test("a rate lets so many connections begin, then none for a while; but who is allowed")
  func rate() throws {
    try OwnNetwork.run {
      let (peer, listener, table) = (try Peer(), try Listener([22]), try KernelTable())
      defer { withExtendedLifetime(listener) {} }
      try peer.add("10.9.7.2/16")
      let rate = PacketRate(packets: 2, seconds: 3600, burst: 3)
      try hold(table, [], allowed: [prefix("10.9.7.2")], rate: rate)
      for _ in 0..<3 { #expect(try peer.connects(from: "10.9.0.2", to: 22)) }
      for _ in 0..<2 { #expect(try !peer.connects(from: "10.9.0.2", to: 22, patience: 1)) }
      for _ in 0..<6 { #expect(try peer.connects(from: "10.9.7.2", to: 22)) }
    }
  }

  @Test(
    "rules of others beside it: theirs hold, and ours do",
    arguments: ["ufw", "firewalld", "docker"])
  func beside(_ style: String) throws {
    try OwnNetwork.run {
      let rules = [
        "ufw": """
        table ip filter { chain INPUT { type filter hook input priority filter; policy drop;
          ct state established,related accept
          iif lo accept
          tcp dport { 22, 80 } accept
        }
        }
        """,
        "firewalld": """
        table inet firewalld { chain raw_PREROUTING { type filter hook prerouting priority raw + 10; policy accept;
          icmpv6 type { nd-router-advert, nd-neighbor-solicit } accept
        }
        chain filter_INPUT { type filter hook input priority filter + 10; policy accept;
          ct state { established, related } accept
          tcp dport { 22, 80 } accept
          reject with icmpx admin-prohibited
        }
        }
        """,
        "docker": """
        table ip nat { chain PREROUTING { type nat hook prerouting priority dstnat; policy accept;
          fib daddr type local tcp dport 8022 dnat to 10.9.0.1:22
        }
        }
        """,
      ]
      let (peer, listener, table) = (try Peer(), try Listener([22, 80, 9999]), try KernelTable())
      defer { withExtendedLifetime(listener) {} }
      try peer.add("10.9.7.1/16")
      try shell("nft -f - <<'END'\n\(rules[style] ?? "")\nEND")
      try hold(
        table, [Element(prefix("10.9.7.1"), port: 22), Element(prefix("10.9.7.1"), port: 8022)])
      #expect(try Self.isDropped(peer, table, from: "10.9.7.1"))
      #expect(try peer.connects(from: "10.9.0.2", to: 22))
      #expect(try peer.connects(from: "10.9.7.1", to: 80))
      if style == "ufw" { #expect(try !peer.connects(from: "10.9.0.2", to: 9999, patience: 1)) }
      if style == "docker" {
        #expect(try Self.isDropped(peer, table, from: "10.9.7.1", to: 8022))
        #expect(try peer.connects(from: "10.9.0.2", to: 8022))
      }
    }
  }
}
