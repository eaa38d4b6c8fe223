import BlockList
import Foundation
import Harness
import Platform
import Policy
import Testing
import Upkeep

@testable import Daemon
@testable import Firewall

/// abld while the clock on the wall steps: the store's ends are by that clock, the kernel's time-outs by
/// one that never steps. The clock is Tests/Support/testshim.c's, which abld takes for the system's.
@Suite(.enabled(if: OwnNetwork.isAvailable, "needs root, for a network of its own"), .serialized)
struct ClockStepTests {
  private static func daemon() throws -> RunningDaemon {
    let daemon = try RunningDaemon()
    daemon.stop()
    try daemon.step(to: 0)
    daemon.wrapper += [
      "/usr/bin/env", "LD_PRELOAD=" + Repository.file(".build/support/testshim.so"),
      "ABL_TEST_CLOCK=" + daemon.path("clock"),
    ]
    try daemon.start()
    return daemon
  }

  @Test("after each step, ahead or back, the kernel's time-out is what is left of the block")
  func timeouts() throws {
    try OwnNetwork.run {
      let daemon = try Self.daemon()
      try daemon.fail("192.0.2.7")
      #expect(try daemon.comes("192.0.2.7"))
      for (number, shift) in ([600, 3000, -600, -86_400, 0, 1800, 0] as [Int64]).enumerated() {
        try daemon.step(to: shift)
        #expect(eventually { daemon.steps.count == number + 1 }, "\(daemon.log)")
        #expect(try eventually { try daemon.agrees("192.0.2.7", shift) }, "\(shift): \(daemon.log)")
      }
      // It is told how far, in whole seconds.
      for (told, step) in zip(daemon.steps, [600, 2400, -3600, -85_800, 86_400, 1800, -1800]) {
        #expect(abs(told - step) <= 1)
      }
    }
  }

  @Test("a step beyond a block's end takes it out of the kernel, and the step back brings it back")
  func beyond() throws {
    try OwnNetwork.run {
      let daemon = try Self.daemon()
      try daemon.fail("192.0.2.7")
      #expect(try daemon.comes("192.0.2.7"))
      for round in 0..<3 {
        try daemon.step(to: 4000)
        #expect(try daemon.goes("192.0.2.7"), "\(daemon.log)")
        #expect(try daemon.left("192.0.2.7", 4000) == nil)
        #expect(eventually { daemon.steps.count == 2 * round + 1 }, "\(daemon.log)")
        try daemon.step(to: 0)
        #expect(try daemon.comes("192.0.2.7"), "\(daemon.log)")
        #expect(eventually { daemon.steps.count == 2 * round + 2 }, "\(daemon.log)")
      }
    }
  }

  /// A step may come at any moment of a look, before abld has compared its clocks.
  @Test("what is over by a clock that has stepped unheard is taken out of the kernel all the same")
  func unheard() throws {
    try OwnNetwork.run {
      let (layer, table, now) = (FirewallLayer { _, _ in }, try KernelTable(), Moment.now)
      let element = Element(prefix("192.0.2.7"), port: 22)
      let until = Moment(milliseconds: now.milliseconds + 3_600_000)
      let block = Candidate(element.prefix, ports: [22], until: until, origin: .byHand)
      let clock = Int64(ProcessInfo.processInfo.systemUptime * 1000)
      layer.hold(Wanted([block], Protection(), at: now, most: 9), Layout(), at: now, clock)
      #expect(try table.holds(element))
      let later = Moment(milliseconds: now.milliseconds + 4_000_000)
      layer.hold(Wanted([], Protection(), at: later, most: 9), Layout(), at: later, clock)
      #expect(try !table.holds(element))
    }
  }

  @Test(
    "what a clock a year ahead blocks is in the kernel, and what is over by it is not"
  )
  func year() throws {
    try OwnNetwork.run {
      let daemon = try Self.daemon()
      try daemon.fail("192.0.2.7")
      #expect(try daemon.comes("192.0.2.7"))
      let year: Int64 = 365 * 86_400
      try daemon.step(to: year)
      #expect(try daemon.goes("192.0.2.7"))
      try daemon.fail("192.0.2.8", shift: year)
      #expect(try daemon.comes("192.0.2.8"))
      #expect(try daemon.agrees("192.0.2.8", year), "\(daemon.log)")
      #expect(try daemon.left("192.0.2.8", year) ?? 0 > 3000)
    }
  }

  @Test("a list ends by a clock that steps, and holds again once it has stepped back") func list()
    throws
  {
    try OwnNetwork.run {
      let daemon = try Self.daemon()
      try daemon.put(["203.0.113.7"])
      #expect(try daemon.comes("203.0.113.7", port: 0))
      for _ in 0..<2 {
        try daemon.step(to: 4000)
        #expect(try daemon.goes("203.0.113.7", port: 0), "\(daemon.log)")
        try daemon.step(to: 0)
        #expect(try daemon.comes("203.0.113.7", port: 0), "\(daemon.log)")
      }
    }
  }

  @Test("a clock that is adjusted by less than its time-outs tell is no step") func adjusted()
    throws
  {
    try OwnNetwork.run {
      let daemon = try Self.daemon()
      try daemon.fail("192.0.2.7")
      #expect(try daemon.comes("192.0.2.7"))
      try daemon.step(to: 1)
      try daemon.fail("192.0.2.8")
      #expect(try daemon.comes("192.0.2.8") && daemon.holds("192.0.2.7"))
      #expect(!daemon.log.contains("the clock has stepped"), "\(daemon.log)")
    }
  }
}

extension RunningDaemon {
  /// Has its clock go as many seconds before the machine's.
  fileprivate func step(to shift: Int64) throws {
    try replace("clock", by: "\(shift)\n", mode: 0o644)
  }

  /// The steps that it has told of, in seconds.
  fileprivate var steps: [Int] {
    log.matches(of: /stepped by (-?[0-9]+) s/).compactMap { Int($0.1) }
  }

  /// For how many seconds the store says that `host` is blocked; nil if it isn't.
  fileprivate func left(_ host: String, _ shift: Int64) throws -> Int64? {
    guard let host = Host(Array(host.utf8)[...]) else { return nil }
    let now = Clock.now + shift
    let block = try blockList.block(
      of: .host(host), using: Name(Array("sshd".utf8)), at: Timestamp(seconds: now))
    return block.map { $0.until.seconds - now }
  }

  /// Whether the kernel keeps `host` out for as long as the store says, three seconds more or less,
  /// however long it takes to ask both.
  fileprivate func agrees(_ host: String, _ shift: Int64) throws -> Bool {
    guard let before = try left(host, shift), let told = try timeout(host),
      let after = try left(host, shift)
    else { return false }
    return told >= after - 3 && told <= before + 3
  }

  /// After how many seconds the kernel lets `host` connect to port 22 again; nil if it does now.
  fileprivate func timeout(_ host: String) throws -> Int64? {
    let listing = try shell("nft -j list set inet abl port4_32 2>/dev/null || echo '{}'")
    let object = try JSONSerialization.jsonObject(with: Data(listing.utf8)) as? [String: Any]
    for entry in object?["nftables"] as? [[String: Any]] ?? [] {
      let elements = (entry["set"] as? [String: Any])?["elem"] as? [[String: Any]] ?? []
      for case let element as [String: Any] in elements.map({ $0["elem"] }) {
        let words = (element["val"] as? [String: Any])?["concat"] as? [Any] ?? []
        if words.first as? String == host { return (element["expires"] as? NSNumber)?.int64Value }
      }
    }
    return nil
  }
}
