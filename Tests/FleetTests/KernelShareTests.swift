import BlockList
import Harness
import Policy
import Testing
import Upkeep

@testable import Daemon
@testable import Firewall

/// What the kernel is told, if others say more than it can hold.
@Suite("The kernel's places") struct KernelShareTests {
  private let now = Moment(seconds: 1_800_000_000)

  private func advice(_ count: UInt32) -> [Candidate] {
    (0..<count).map { number in
      Candidate(
        Prefix(.v4(0x2000_0000 + number)), ports: [Element.allPorts],
        until: Moment(seconds: 1_900_000_000), origin: .advice)
    }
  }

  private func hosts(_ count: UInt32) -> [BlockedHost] {
    (0..<count).map { number in
      BlockedHost(
        Prefix(.v4(0x0A00_0000 + number)), [], until: Timestamp(seconds: 1_800_000_100),
        origin: .evidence)
    }
  }

  @Test(
    "with 200 000 blocks of others every block of this machine has its place",
    arguments: [0, 1, 1000, 32_768, 60_000, 65_536] as [UInt32])
  func local(count: UInt32) {
    let settings = Settings()
    let candidates = Candidates(hosts(count), settings, advice: advice(200_000))
    let wanted = Wanted(candidates.all, Protection(), at: now, most: settings.most)
    let local = wanted.elements.keys.count { $0.prefix.address.octets[0] == 10 }
    #expect(local == Int(count) && wanted.leftOut == 0)
    let others = wanted.elements.count - local
    #expect(others == candidates.advised)
    #expect(others == min(32_768, 65_536 - Int(count)))
  }

  @Test("advice never gets in that is ours, or allowed")
  func protected() {
    let protection = Protection(
      vital: [Prefix(.v4(0x2000_0001))], allowed: [Prefix(.v4(0x2000_0100), length: 24)])
    let candidates = Candidates([], Settings(), advice: advice(1000))
    let wanted = Wanted(candidates.all, protection, at: now, most: 65_536)
    #expect(wanted.elements.count == 1000 - 1 - 256 && wanted.exempt == 257)
  }

  @Test("a login of wtmp keeps its address free for 30 days, an older one and what is none doesn't")
  func known() {
    func record(
      _ kind: UInt8, _ time: UInt32, _ address: [UInt8]
    ) -> LoginRecord? {
      var bytes = [UInt8](repeating: 0, count: LoginRecord.length)
      bytes[0] = kind
      for place in 0..<4 { bytes[340 + place] = UInt8(truncatingIfNeeded: time >> (8 * place)) }
      bytes.replaceSubrange(348..<(348 + address.count), with: address)
      return LoginRecord(bytes[...])
    }
    let v6: [UInt8] = [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]
    #expect(record(7, 2000, [192, 0, 2, 7])?.source(since: 1000)?.text == "192.0.2.7")
    #expect(record(7, 2000, v6)?.source(since: 1000)?.text == "2001:db8::/64")
    #expect(record(7, 999, [192, 0, 2, 7])?.source(since: 1000) == nil)
    #expect(record(8, 2000, [192, 0, 2, 7])?.source(since: 1000) == nil)
    #expect(record(7, 2000, [])?.source(since: 1000) == nil)
  }
}
