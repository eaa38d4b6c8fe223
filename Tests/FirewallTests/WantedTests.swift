import Policy
import Testing

@testable import Firewall

func prefix(_ text: String, _ length: UInt8 = 128) -> Prefix {
  guard let address = HostAddress(parsing: Array(text.utf8)[...]) else { return Prefix(.v4(0)) }
  return Prefix(address, length: length)
}

private let now = Moment(seconds: 1_000_000)

private func candidate(
  _ text: String, _ length: UInt8 = 128, ports: [UInt16] = [22], seconds: Int64 = 60,
  _ origin: Candidate.Origin = .evidence
) -> Candidate {
  Candidate(
    prefix(text, length), ports: ports, until: Moment(seconds: 1_000_000 + seconds), origin: origin)
}

private func wanted(
  _ candidates: [Candidate], _ protection: Protection = Protection(), most: Int = 100
) -> Wanted { Wanted(candidates, protection, at: now, most: most) }

@Suite struct PrefixTests {
  @Test("has one form, whatever the further bits are") func form() {
    #expect(prefix("192.0.2.7", 24) == prefix("192.0.2.200", 24))
    #expect(String(decoding: prefix("192.0.2.7", 24).text.bytes, as: UTF8.self) == "192.0.2.0/24")
    #expect(prefix("2001:db8:1:2:3::4", 64) == prefix("2001:db8:1:2::", 64))
    #expect(prefix("2001:db8::ffff:1", 112) == prefix("2001:db8::ffff:0", 112))
    #expect(prefix("::ffff:192.0.2.7") == prefix("192.0.2.7", 32))
  }

  @Test("contains what is longer, and nothing of the other family") func containment() {
    #expect(prefix("192.0.2.0", 24).contains(prefix("192.0.2.7")))
    #expect(!prefix("192.0.2.7").contains(prefix("192.0.2.0", 24)))
    #expect(!prefix("0.0.0.0", 0).contains(prefix("::1")))
    #expect(prefix("2001:db8::", 32).contains(prefix("2001:db8:7::", 48)))
  }
}

@Suite struct WantedTests {
  @Test("has an element for each port, and no block that is over") func elements() {
    let found = wanted([
      candidate("192.0.2.1", ports: [22, 80]), candidate("192.0.2.2", seconds: 0),
    ])
    #expect(
      Set(found.elements.keys) == [
        Element(prefix("192.0.2.1"), port: 22), Element(prefix("192.0.2.1"), port: 80),
      ])
  }

  @Test("of two blocks of one prefix the later end holds") func twice() {
    let found = wanted([candidate("192.0.2.1", seconds: 9), candidate("192.0.2.1", seconds: 5)])
    #expect(Array(found.elements.values) == [Moment(seconds: 1_000_009)])
  }

  @Test("admits by hand first, then evidence, then advice; the longest within each") func order() {
    let crowd = [
      candidate("192.0.2.1", seconds: 9000, .advice), candidate("192.0.2.2", seconds: 10),
      candidate("192.0.2.3", seconds: 20), candidate("192.0.2.4", seconds: 5, .byHand),
    ]
    func admitted(_ most: Int) -> Set<String> {
      let found = wanted(crowd, most: most)
      #expect(found.leftOut == 4 - most)
      return Set(found.elements.keys.map { String(decoding: $0.prefix.text.bytes, as: UTF8.self) })
    }
    #expect(admitted(1) == ["192.0.2.4"])
    #expect(admitted(2) == ["192.0.2.4", "192.0.2.3"])
    #expect(admitted(3) == ["192.0.2.4", "192.0.2.3", "192.0.2.2"])
    #expect(admitted(4).count == 4)
  }

  @Test("never has an address of the machine, nor a prefix that holds one") func vital() {
    let protection = Protection(
      vital: Protection.loopback + [prefix("192.0.2.9"), prefix("fe80::1")])
    let found = wanted(
      [
        candidate("192.0.2.9"), candidate("192.0.2.0", 24), candidate("127.0.0.5"),
        candidate("::1"), candidate("fe80::", 64), candidate("0.0.0.0", 0), candidate("192.0.2.8"),
      ], protection)
    #expect(found.elements.keys.map { $0.prefix } == [prefix("192.0.2.8")])
    #expect(found.exempt == 6)
  }

  @Test("has no allowed prefix; but one around it, in which it is let through") func allowed() {
    let protection = Protection(allowed: [prefix("192.0.2.16", 28), prefix("2001:db8:1::", 48)])
    let found = wanted(
      [
        candidate("192.0.2.17"), candidate("192.0.2.16", 28), candidate("192.0.2.0", 24),
        candidate("2001:db8:1:7::", 64), candidate("192.0.2.33"),
      ], protection)
    #expect(
      Set(found.elements.keys.map { $0.prefix }) == [prefix("192.0.2.0", 24), prefix("192.0.2.33")])
    #expect(found.exempt == 3)
  }

  @Test("names the lengths that it needs") func lengths() {
    let found = wanted([candidate("192.0.2.0", 22), candidate("2001:db8::", 56)])
    #expect(found.lengths(isIPv6: false) == [22])
    var layout = Layout()
    let isWider = layout.widen(for: found)
    #expect(isWider)
    #expect(layout.lengths(isIPv6: false) == [32, 24, 22])
    #expect(layout.lengths(isIPv6: true) == [128, 64, 56, 48])
    let again = layout.widen(for: found)
    #expect(!again)
  }
}

@Suite struct DifferenceTests {
  private let one = Element(prefix("192.0.2.1"), port: 22)
  private let two = Element(prefix("192.0.2.2"), port: 22)
  private func after(_ seconds: Int64) -> Moment { Moment(seconds: 1_000_000 + seconds) }

  @Test("is what is new, what ends at another time, and what must go") func all() {
    let difference = Difference(
      from: [one: after(10), two: after(10)], to: [two: after(20)], at: now)
    #expect(difference.removed == [one])
    #expect(difference.asserted.map { $0.element } == [two])
    #expect(difference.asserted.map { $0.until } == [after(20)])
  }

  @Test("is nothing where all is as it should be, or is over by itself") func nothing() {
    #expect(Difference(from: [one: after(10)], to: [one: after(10)], at: now).isEmpty)
    #expect(Difference(from: [one: after(0)], to: [:], at: now).isEmpty)
    #expect(Difference(from: [:], to: [one: after(-1)], at: now).isEmpty)
  }

  @Test("makes any state any other, whatever they are") func convergence() {
    var generator = SystemRandomNumberGenerator()
    func state() -> [Element: Moment] {
      var state: [Element: Moment] = [:]
      for number in 0..<UInt32(20) where Bool.random(using: &generator) {
        let seconds = Int64.random(in: -3...9, using: &generator)
        state[Element(Prefix(.v4(number)), port: 22)] = after(seconds)
      }
      return state
    }
    for _ in 0..<500 {
      let (held, wanted) = (state(), state())
      let difference = Difference(from: held, to: wanted, at: now)
      var result = held
      for element in difference.removed { result[element] = nil }
      for (element, until) in difference.asserted { result[element] = until }
      #expect(result.filter { $0.value > now } == wanted.filter { $0.value > now })
    }
  }
}
