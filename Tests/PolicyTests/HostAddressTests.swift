import Harness
import Policy
import Testing

@Suite("The address of a host")
struct HostAddressTests {
  @Test(
    "has one form",
    arguments: [
      ("192.0.2.1", "192.0.2.1"),
      ("0.0.0.0", "0.0.0.0"),
      ("255.255.255.255", "255.255.255.255"),
      ("010.001.000.099", "10.1.0.99"),
      ("::", "::"),
      ("::1", "::1"),
      ("1::", "1::"),
      ("2001:DB8::1", "2001:db8::1"),
      ("2001:db8:0:0:0:0:0:1", "2001:db8::1"),
      ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
      ("2001:db8::0:1", "2001:db8::1"),
      // RFC 5952: a single zero stays, the longest run is cut, of two the first.
      ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
      ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
      ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
      ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
      ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
      ("0:0:3:4:5:6:0:0", "::3:4:5:6:0:0"),
      ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
      ("1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"),
      ("::1.2.3.4", "::102:304"),
      ("::ffff:1.2.3.4", "1.2.3.4"),
      ("::FFFF:102:304", "1.2.3.4"),
      ("0:0:0:0:0:ffff:1.2.3.4", "1.2.3.4"),
      ("fe80::1%eth0", "fe80::1"),
      ("fe80::1%3", "fe80::1"),
      ("FE80:0::0001%ETH0", "fe80::1"),
      ("2001:db8::1%eth0", "2001:db8::1"),
      ("::ffff:1.2.3.4%eth0", "1.2.3.4"),
      ("0000:0000:0000:0000:0000:FFFF:0102:0304", "1.2.3.4"),
      ("0::FfFf:001.002.003.004", "1.2.3.4"),
      // What looks like a mapped address, and is none.
      ("::ffff:0:1.2.3.4", "::ffff:0:102:304"),
      ("::fffe:1.2.3.4", "::fffe:102:304"),
      ("1::ffff:1.2.3.4", "1::ffff:102:304"),
      // 6to4 of 192.0.2.4: an address of IPv6, and not the one of IPv4 that is in it.
      ("2002:c000:204::", "2002:c000:204::"),
      ("2002:c000:204::1", "2002:c000:204::1"),
      ("2002:C000:0204::0001", "2002:c000:204::1"),
      ("2002:c000:204:0:0:0:0:1", "2002:c000:204::1"),
      ("2002:C000:0204:0000:0000:0000:0000:0001", "2002:c000:204::1"),
      ("2002:c000:204::0.0.0.1", "2002:c000:204::1"),
      ("2002:c000:204::192.0.2.4", "2002:c000:204::c000:204"),
      ("2002:c000:204::1%sit0", "2002:c000:204::1"),
      ("2002::192.0.2.4", "2002::c000:204"),
      ("::2002:c000:204", "::2002:c000:204"),
      ("::ffff:2002:c000", "32.2.192.0"),
    ])
  func canonical(_ text: String, _ form: String) throws {
    let address = try #require(HostAddress(parsing: text.bytes))
    #expect(address.text.description == form)
    #expect(HostAddress(parsing: address.text.bytes[...]) == address)
    #expect(HostAddress(octets: address.octets[...]) == address)
  }

  @Test(
    "is refused",
    arguments: [
      "", ".", "....", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3.4", "1..2.3", "1.2.3.256",
      "1.2.3.0004", "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4", "+1.2.3.4", "0x1.2.3.4", "1.2.3.4%eth0",
      "1.2.3.4/24", "1.2.3.a", "16909060", "localhost", ":", ":::", "1", ":1", "1:",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1::2::3", "1:::2", "12345::",
      "g::", "::1.2.3", "::1.2.3.4.5", "::1.2.3.4:5", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4",
      "::1%", "%eth0", "::1 ", "[::1]", "::1/64", "-::1", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7:8",
    ])
  func refusedAddress(_ text: String) {
    #expect(HostAddress(parsing: text.bytes) == nil)
  }

  @Test("has as many octets as its kind, the most significant first")
  func octets() {
    #expect(HostAddress.v4(0xC000_0201).octets == [192, 0, 2, 1])
    let address = HostAddress.v6(high: 0x2001_0db8_0000_0000, low: 0x0102)
    #expect(address.octets == [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2])
    for count in 0...20 where count != 4 && count != 16 {
      #expect(HostAddress(octets: [UInt8](repeating: 1, count: count)[...]) == nil)
    }
  }

  @Test("stays the same through octets and text")
  func roundTrips() {
    var random = SeededRandom(seed: 1)
    for round in 0..<10_000 {
      // Ever more groups are zero.
      let mask: UInt64 = [.max, 0xFFFF_0000_FFFF_0000, 0xFFFF, 0][round % 4]
      let octets = HostAddress.v6(high: random.next() & mask, low: random.next() & mask).octets
      let address = HostAddress(octets: octets[...])
      #expect(address?.octets == octets)
      #expect(address.flatMap { HostAddress(parsing: $0.text.bytes[...]) } == address)
    }
  }

  @Test("is a host by address or by name, or none at all")
  func hosts() {
    #expect(Host("".bytes) == nil)
    #expect(Host("UNKNOWN".bytes) == nil)
    #expect(Host("unknown".bytes) == .name("unknown"))
    #expect(Host("::ffff:192.0.2.1".bytes) == .address(.v4(0xC000_0201)))
    #expect(Host("Mail.EXAMPLE.com".bytes) == .name("mail.example.com"))
    #expect(Host("a\nb".bytes)?.text == "a\\x0ab")
    #expect(Host("fe80::1%eth0".bytes)?.text == "fe80::1")
  }

  @Test(
    "counts for one host by its prefix, however it is spelled: what has an address in it is itself",
    arguments: [
      ("192.0.2.4", "::ffff:192.0.2.4 ::FFFF:C000:204 0:0:0:0:0:ffff:192.0.2.4%lo 192.000.002.004"),
      ("2002:c000:204::/64", "2002:c000:204::1 2002:C000:0204:0:0:0:192.0.2.4 2002:c000:204::%s"),
      ("2002:c000:204:7::/64", "2002:c000:204:7::1 2002:C000:0204:0007:0000::f%1"),
      ("64:ff9b::/64", "64:ff9b::192.0.2.4 64:FF9B::c000:204"),
      ("2001:db8:1:2::/64", "2001:db8:1:2::1 2001:DB8:0001:0002:ffff::%eth0"),
      ("fe80::1", "fe80::1%eth0 FE80:0::0001%lo fe80::0.0.0.1"),
    ])
  func counted(_ text: String, _ spellings: String) throws {
    for spelling in spellings.split(separator: " ") {
      let host = try #require(Host(String(spelling).bytes))
      let subjects = Configuration().subjects(of: Attempt(user: nil, host: host, service: "sshd"))
      #expect(subjects.map(\.text.description) == [text], "\(spelling)")
    }
  }

  @Test("counts for the host, then for the user")
  func subjects() throws {
    let host = try #require(Host("192.0.2.1".bytes))
    let plain = Configuration()
    let both = plain.subjects(of: Attempt(user: "bob", host: host, service: "sshd"))
    #expect(both == [.host(host), .user("bob")])
    #expect(both.map(\.kind) == [.host, .user])
    #expect(both.map(\.text) == ["192.0.2.1", "bob"])
    let attempts = [
      Attempt(user: "", host: host, service: "sshd"),
      Attempt(user: "bob", host: nil, service: "su"),
      Attempt(user: nil, host: nil, service: "su"),
    ]
    #expect(attempts.map { plain.subjects(of: $0) } == [[.host(host)], [.user("bob")], []])
  }
}
