import DenyList
import Policy
import Testing

@testable import Firewall

private func blocked(_ prefix: Prefix, _ seconds: Int64) -> Candidate {
  let until = Moment(seconds: seconds)
  return Candidate(prefix, ports: [Element.allPorts], until: until, origin: .evidence)
}

private func text(_ list: DenyList, at seconds: Int64 = 0) -> String {
  String(decoding: list.text(at: Moment(seconds: seconds)), as: UTF8.self)
}

/// What a list file for TCP wrappers has.
@Suite struct DenyListTests {
  @Test("addresses and networks stand as libwrap reads them, in their order") func forms() {
    let hosts = [
      blocked(prefix("2001:db8::7"), 9), blocked(prefix("192.0.2.7"), 9),
      blocked(prefix("2001:db8:1::", 64), 9), blocked(prefix("192.0.3.0", 24), 9),
    ]
    let list = DenyList(hosts, Protection(), at: Moment(seconds: 0))
    #expect(text(list) == "192.0.2.7\n192.0.3.0/24\n[2001:db8::7]\n[2001:db8:1::]/64\n")
  }

  @Test("a host leaves it when its block ends, and one that is allowed never gets in")
  func ends() {
    let hosts = [
      blocked(prefix("192.0.2.7"), 9), blocked(prefix("192.0.2.8"), 5),
      blocked(prefix("192.0.2.9"), 9), blocked(prefix("127.0.0.1"), 9),
    ]
    let protection = Protection(vital: Protection.loopback, allowed: [prefix("192.0.2.9")])
    let list = DenyList(hosts, protection, at: Moment(seconds: 0))
    #expect(text(list) == "192.0.2.7\n192.0.2.8\n")
    #expect(list.nextEnd(after: Moment(seconds: 0)) == Moment(seconds: 5))
    #expect(text(list, at: 5) == "192.0.2.7\n")
    #expect(text(list, at: 9) == "" && list.nextEnd(after: Moment(seconds: 9)) == nil)
  }

  @Test("of more than 10 000 hosts those that last longest get in") func most() {
    let hosts = (0..<10_003).map { blocked(Prefix(.v4(0x0A00_0000 + UInt32($0))), 100 + Int64($0)) }
    let list = DenyList(hosts, Protection(), at: Moment(seconds: 0))
    #expect(list.count(at: Moment(seconds: 0)) == 10_000 && list.leftOut == 3)
    #expect(text(list).hasPrefix("10.0.0.3\n"))
  }

  @Test("what has something else than addresses is no list") func others() {
    let list = "192.0.2.7\n192.0.3.0/24\n[2001:db8:1::]/64\n"
    for text in ["", list, list + "192.0"] { #expect(DenyList.canBegin(with: Array(text.utf8))) }
    for text in ["x", "\n", "ALL: ALL\n", "# c\n" + list, list + "root:*:1:\n", "ff\n", "1.2.3.4"] {
      #expect(!DenyList.canBegin(with: Array(text.utf8)), "\(text)")
    }
  }
}
