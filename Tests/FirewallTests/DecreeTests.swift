import BlockList
import Foundation
import Harness
import Platform
import Policy
import Testing
import Upkeep

@testable import Daemon
@testable import Firewall

private func entry(_ text: String) -> AllowList.Entry {
  var mistakes: [SyntaxError] = []
  return AllowList(hosts: Array(text.utf8)[...], mistakes: &mistakes).entries[0]
}

extension RunningDaemon {
  /// `block 192.0.2.0/24`, for so many seconds; nil: for ever.
  fileprivate func decree(_ texts: String..., for seconds: Int64? = nil) throws {
    let now = Timestamp(seconds: Clock.now)
    let orders = texts.map { text in
      let words = text.split(separator: " ").map { String($0) }
      return DecreeOrder(
        words[0] == "allow" ? .allow : .block, entry(words[1]),
        until: seconds.map { now.adding($0) } ?? .never, by: "root", at: now)
    }
    try blockList.decree(orders, at: now)
  }

  fileprivate func end(_ kind: Decree.Kind, _ texts: String...) throws {
    let now = Timestamp(seconds: Clock.now)
    _ = try blockList.end(kind, on: texts.map { entry($0) }, at: now)
  }

  /// Whether the kernel keeps all addresses of a prefix from all ports by that element.
  fileprivate func holds(_ text: String, _ length: UInt8) throws -> Bool {
    try table.holds(Element(prefix(text, length), port: Element.allPorts))
  }

  fileprivate func comes(_ text: String, _ length: UInt8) throws -> Bool {
    try eventually { try holds(text, length) }
  }

  fileprivate func goes(_ text: String, _ length: UInt8) throws -> Bool {
    try eventually { try !holds(text, length) }
  }
}

@Suite struct PrefixWithoutTests {
  @Test("has every address but those, and no other") func exact() {
    var random = SeededRandom(seed: 8)
    for _ in 0..<200 {
      let whole = prefix("10.1.2.0", UInt8.random(in: 24...28, using: &random))
      let others = (0..<Int.random(in: 0...4, using: &random)).map { _ in
        Prefix(
          .v4(0x0A01_0200 + UInt32.random(in: 0..<256, using: &random)),
          length: UInt8.random(in: 24...32, using: &random))
      }
      let parts = whole.without(others)
      for last in UInt32(0)..<256 {
        let address = Prefix(.v4(0x0A01_0200 + last))
        let isWanted = whole.contains(address) && !others.contains { $0.contains(address) }
        #expect(parts.count { $0.contains(address) } == (isWanted ? 1 : 0))
      }
    }
  }

  @Test("takes an address out of a network of IPv6, in as few parts as may be") func v6() {
    let parts = prefix("2001:db8::", 32).without([prefix("2001:db8::1")])
    #expect(parts.count == 96 && Set(parts).count == 96)
    #expect(!parts.contains { $0.contains(prefix("2001:db8::1")) })
    #expect(parts.contains { $0.contains(prefix("2001:db8:ffff::1")) })
    #expect(parts.contains(prefix("2001:db8::")) && prefix("::1").without([prefix("::", 0)]) == [])
  }
}

/// abld, and what is decreed by hand.
@Suite(.enabled(if: OwnNetwork.isAvailable, "needs root, for a network of its own"), .serialized)
struct DaemonDecreeTests {
  @Test("a block by hand comes into the kernel, of an address and of a network, and leaves it")
  func blocks() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.decree("block 192.0.2.7", "block 203.0.113.0/24", "block 2001:db8:7::/48")
      #expect(try daemon.comes("192.0.2.7", 32) && daemon.comes("203.0.113.0", 24))
      #expect(try daemon.comes("2001:db8:7::", 48))
      try daemon.end(.block, "203.0.113.0/24")
      #expect(try daemon.goes("203.0.113.0", 24) && daemon.holds("192.0.2.7", 32))
    }
  }

  @Test("an allow takes out what evidence has put there, and keeps it out") func allows() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.fail("192.0.2.7")
      try daemon.fail("192.0.3.7")
      #expect(try daemon.comes("192.0.2.7") && daemon.comes("192.0.3.7"))
      try daemon.decree("allow 192.0.2.0/24")
      #expect(try daemon.goes("192.0.2.7") && daemon.holds("192.0.3.7"))
      try daemon.fail("192.0.2.8")
      try daemon.fail("192.0.3.8")
      #expect(try daemon.comes("192.0.3.8") && !daemon.holds("192.0.2.8"))
      daemon.stop()
      try daemon.start()
      #expect(try daemon.comes("192.0.3.8") && !daemon.holds("192.0.2.7"))
      try daemon.end(.allow, "192.0.2.0/24")
      #expect(try daemon.comes("192.0.2.7"))
    }
  }

  @Test("an allow within a block is no part of it, and what is blocked within that is again")
  func nested() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.decree("block 10.128.0.0/10", "allow 10.130.0.0/16", "block 10.130.7.0/24")
      #expect(try daemon.comes("10.130.7.0", 24) && daemon.comes("10.160.0.0", 11))
      func holds(_ address: String) throws -> Bool {
        try (UInt8(10)...32).contains { try daemon.holds(address, $0) }
      }
      #expect(try !holds("10.130.8.1") && holds("10.131.0.1") && holds("10.130.7.1"))
      #expect(try holds("10.129.255.255") && !holds("10.192.0.0"))
      try daemon.end(.allow, "10.130.0.0/16")
      #expect(try daemon.comes("10.128.0.0", 10))
      try daemon.decree("allow 10.128.0.0/10")
      #expect(try daemon.goes("10.128.0.0", 10) && daemon.holds("10.130.7.0", 24))
    }
  }

  @Test("decrees end in the kernel when they end in the store") func expiry() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.fail("192.0.3.7")
      #expect(try daemon.comes("192.0.3.7"))
      // On a busy machine they may be over before they are seen: then there are others.
      let areSeen = try eventually {
        try daemon.decree("block 192.0.2.0/24", "allow 192.0.3.0/24", for: 4)
        return try eventually(within: 3) {
          try daemon.holds("192.0.2.0", 24) && !daemon.holds("192.0.3.7")
        }
      }
      #expect(areSeen)
      #expect(try daemon.goes("192.0.2.0", 24) && daemon.comes("192.0.3.7"))
    }
  }

  @Test("the machine's own addresses stay out of a block that has them, and the rest is in")
  func vital() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.decree("block 127.0.0.0/7")
      #expect(try daemon.comes("126.0.0.0", 8) && !daemon.holds("126.0.0.0", 7))
      #expect(try !daemon.holds("127.0.0.0", 8))
    }
  }
}
