import Policy
import Testing

@testable import BlockList
@testable import Upkeep

/// Decrees, an address, and what decides of it.
private struct Nesting: CustomTestStringConvertible, Sendable {
  let decrees: [String]
  let address: String
  /// Which decree decides; nil if none does.
  let decides: String?

  init(_ decrees: [String], _ address: String, _ decides: String?) {
    (self.decrees, self.address, self.decides) = (decrees, address, decides)
  }

  var testDescription: String { "\(decrees) \(address)" }
}

private let three = ["block 10.0.0.0/8", "allow 10.1.0.0/16", "block 10.1.2.0/24"]
private let four = three + ["allow 10.1.2.3"]
private let six = ["block 2001:db8::/32", "allow 2001:db8:1::/48", "block 2001:db8:1:2::/64"]

@Suite("Decrees within decrees") struct NestedDecreeTests {
  @Test(
    "the longest prefix decides, and of one prefix the allow",
    arguments: [
      Nesting(three, "10.9.9.9", "block 10.0.0.0/8"),
      Nesting(three, "10.1.9.9", "allow 10.1.0.0/16"),
      Nesting(three, "10.1.2.9", "block 10.1.2.0/24"),
      Nesting(three, "11.0.0.1", nil),
      Nesting(four, "10.1.2.3", "allow 10.1.2.3"),
      Nesting(four, "10.1.2.4", "block 10.1.2.0/24"),
      Nesting(four.reversed(), "10.1.2.3", "allow 10.1.2.3"),
      Nesting(["block 10.0.0.0/8", "allow 10.0.0.0/8"], "10.0.0.0", "allow 10.0.0.0/8"),
      Nesting(["allow 0.0.0.0/0", "block 128.0.0.0/1"], "127.255.255.255", "allow 0.0.0.0/0"),
      Nesting(["allow 0.0.0.0/0", "block 128.0.0.0/1"], "128.0.0.0", "block 128.0.0.0/1"),
      Nesting(["block 10.1.2.3/31"], "10.1.2.2", "block 10.1.2.2/31"),
      Nesting(["block 10.1.2.3/31"], "10.1.2.4", nil),
      Nesting(["block 10.255.255.255"], "10.255.255.255", "block 10.255.255.255"),
      Nesting(["block 0.0.0.0/0"], "2001:db8::1", nil),
      Nesting(["block ::/0"], "10.0.0.1", nil),
      Nesting(six, "2001:db8:9::1", "block 2001:db8::/32"),
      Nesting(six, "2001:db8:1:9::1", "allow 2001:db8:1::/48"),
      Nesting(six, "2001:db8:1:2::1", "block 2001:db8:1:2::/64"),
      Nesting(["block 2001:db8::/127"], "2001:db8::1", "block 2001:db8::/127"),
      Nesting(["block 2001:db8::/127"], "2001:db8::2", nil),
      Nesting(["block ::ffff:192.0.2.0/120"], "192.0.2.9", "block 192.0.2.0/24"),
      Nesting(["block ::ffff:192.0.2.0/120"], "::ffff:192.0.2.9", "block 192.0.2.0/24"),
    ])
  fileprivate func nesting(_ nesting: Nesting) throws {
    let sample = try Sample(hosts: "*:100/1h")
    for decree in nesting.decrees { try sample.decree(decree) }
    let host = try #require(Host(Array(nesting.address.utf8)[...]))
    let found = try sample.blockList.decree(for: .host(host), at: start)
    #expect(found.map { "\($0.kind) \($0.target.text)" } == nesting.decides)
    let book = try sample.blockList.decrees(at: start)
    #expect(book.decree(for: .host(host), at: start) == found)
    let fate = try sample.fate("bob", from: nesting.address)
    if nesting.decides?.hasPrefix("block") == true {
      #expect(fate.hasSuffix(" is blocked by decree \(found?.target.text ?? "")"))
    } else {
      #expect(fate == "judged")
    }
  }
}
