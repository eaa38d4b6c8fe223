import Harness
import Policy
import Testing
import Text

@testable import Firewall

private func after(_ seconds: Int64) -> Moment {
  Moment(milliseconds: Moment.now.milliseconds + seconds * 1000)
}

private func element(_ number: UInt32, port: UInt16 = 22) -> Element {
  Element(Prefix(.v4(0xCB00_7100 + number)), port: port)
}

private func wanted(_ count: UInt32, until: Moment) -> [Element: Moment] {
  Dictionary(uniqueKeysWithValues: (0..<count).map { (element($0), until) })
}

/// The kernel itself, in a network of the test's own.
@Suite(.enabled(if: OwnNetwork.isAvailable, "needs root, for a network of its own"), .serialized)
struct KernelTableTests {
  @Test(
    "holds what it was told, of each kind and length, and nothing else", arguments: [true, false])
  func holding(atomically: Bool) throws {
    try OwnNetwork.run {
      let table = try KernelTable()
      let kinds = [
        Element(prefix("192.0.2.7"), port: 22), Element(prefix("192.0.2.7"), port: 0),
        Element(prefix("198.51.100.0", 24), port: 80), Element(prefix("2001:db8::7"), port: 22),
        Element(prefix("2001:db8:1:2::", 64), port: 0),
        Element(prefix("2001:db8:3::", 48), port: 443),
      ]
      let all = Dictionary(uniqueKeysWithValues: kinds.map { ($0, after(3600)) })
      let refused = try table.replace(by: all, Layout(), at: .now, atomically: atomically)
      #expect(refused.isEmpty && table.held == all)
      for kind in kinds { #expect(try table.holds(kind)) }
      #expect(try !table.holds(Element(prefix("192.0.2.8"), port: 22)))
      #expect(try !table.holds(Element(prefix("192.0.2.7"), port: 23)))
      _ = try table.apply(Difference(from: table.held, to: [:], at: .now), at: .now)
      for kind in kinds { #expect(try !table.holds(kind)) }
    }
  }

  @Test("an end that moves is moved in the kernel, later and earlier") func times() throws {
    try OwnNetwork.run {
      let table = try KernelTable()
      _ = try table.replace(by: wanted(3, until: after(3600)), Layout(), at: .now, atomically: true)
      for seconds: Int64 in [7200, 600] {
        let goal = wanted(3, until: after(seconds))
        _ = try table.apply(Difference(from: table.held, to: goal, at: .now), at: .now)
        let left = try #require(try table.remaining(element(1)))
        #expect(abs(Int64(left) - seconds * 1000) < 60_000, "\(left) ms of \(seconds) s")
      }
    }
  }

  @Test("two thousand are built, changed and removed; each is asked for") func many() throws {
    try OwnNetwork.run {
      let table = try KernelTable()
      _ = try table.replace(
        by: wanted(2000, until: after(3600)), Layout(), at: .now, atomically: false)
      let goal = wanted(1000, until: after(7200))
      _ = try table.apply(Difference(from: table.held, to: goal, at: .now), at: .now)
      #expect(table.held == goal)
      for number: UInt32 in 0..<2000 {
        #expect(try table.holds(element(number)) == (number < 1000))
      }
    }
  }

  @Test("what a full set has no room for is told, and the others are in it") func full() throws {
    try OwnNetwork.run {
      let table = try KernelTable()
      var layout = Layout()
      layout.setSize = 10
      let refused = try table.replace(
        by: wanted(25, until: after(3600)), layout, at: .now, atomically: true)
      #expect(refused.count == 15 && refused.allSatisfy { $0.error.isFull })
      #expect(table.held.count == 10)
      for number: UInt32 in 0..<25 {
        #expect(try table.holds(element(number)) == (table.held[element(number)] != nil))
      }
      // It can be emptied, though it is full.
      _ = try table.apply(Difference(from: table.held, to: [:], at: .now), at: .now)
      for number: UInt32 in 0..<25 { #expect(try !table.holds(element(number))) }
    }
  }

  @Test("a listing of it that was saved can be loaded again") func saved() throws {
    try OwnNetwork.run {
      let table = try KernelTable()
      var layout = Layout()
      layout.allowed = [prefix("10.0.0.0", 8), prefix("2001:db8:f::", 48), prefix("10.1.2.3")]
      layout.rate = PacketRate(packets: 5, seconds: 120, burst: 5)
      layout.ratePorts = [22, 80]
      let kinds = [Element(prefix("192.0.2.7"), port: 0), Element(prefix("2001:db8::7"), port: 22)]
      let all = Dictionary(uniqueKeysWithValues: kinds.map { ($0, after(3600)) })
      _ = try table.replace(by: all, layout, at: .now, atomically: true)
      let file = try TemporaryDirectory().file("ruleset").path
      try shell(
        """
        mkdir -p "$(dirname \(file))"
        nft list ruleset >\(file)
        nft flush ruleset
        nft -f \(file)
        rm -r "$(dirname \(file))"
        """)
      for kind in kinds { #expect(try table.holds(kind)) }
    }
  }

  @Test("the watch hears of a change by others, not of ours, and it is known who it was")
  func watch()
    throws
  {
    try OwnNetwork.run {
      let (table, watch) = (try KernelTable(), try TableWatch())
      _ = try table.replace(
        by: wanted(100, until: after(3600)), Layout(), at: .now, atomically: true)
      #expect(watch.read(ownedBy: table) == TableWatch.Finding())
      try shell("nft add table inet other; nft add chain inet other c; nft delete table inet other")
      #expect(watch.read(ownedBy: table) == TableWatch.Finding())
      try shell("nft delete element inet abl port4_32 '{ 203.0.113.5 . 22 }'")
      try expectProgram("nft", watch.read(ownedBy: table))
      // What others change after it, and what we change, is not what has touched it.
      let place = try TemporaryDirectory()
      let other = place.file("nft-of-another").path
      try shell("cp /usr/sbin/nft '\(other)'; '\(other)' flush ruleset")
      #expect(try !table.isThere())
      try shell("nft add table inet other; nft delete table inet other")
      _ = try table.replace(
        by: wanted(100, until: after(3600)), Layout(), at: .now, atomically: false)
      try expectProgram("nft-of-another", watch.read(ownedBy: table))
    }
  }

  private func expectProgram(_ name: Text, _ finding: TableWatch.Finding) throws {
    let program = try #require(finding.program)
    #expect(finding.isTouched && !finding.isIncomplete)
    #expect(program.name == name && program.process != 0)
  }

  @Test("a watch that was told too much knows that it doesn't know") func overflow() throws {
    try OwnNetwork.run {
      let (table, watch, other) = (try KernelTable(), try TableWatch(), try KernelTable())
      for _ in 0..<4 {
        _ = try other.replace(
          by: wanted(30_000, until: after(99)), Layout(), at: .now, atomically: true)
      }
      let finding = watch.read(ownedBy: table)
      #expect(finding.isIncomplete && finding.isTouched)
      // And goes on.
      _ = watch.read(ownedBy: table)
      try shell("nft flush ruleset")
      #expect(watch.read(ownedBy: table).isTouched)
    }
  }

  @Test("removal leaves no trace, and what others have stays") func removal() throws {
    try OwnNetwork.run {
      try shell("nft add table inet other")
      let table = try KernelTable()
      _ = try table.replace(by: wanted(9, until: after(99)), Layout(), at: .now, atomically: true)
      try table.remove()
      try table.remove()
      #expect(try shell("nft list ruleset | tr -d ' \\n'") == "tableinetother{}")
    }
  }

  @Test("own addresses and gateways are found") func surroundings() throws {
    try OwnNetwork.run {
      try shell(
        """
        ip link add lan0 type veth peer name lan1
        ip link set lan1 up
        ip link set lan0 up
        ip addr add 192.0.2.1/24 dev lan0
        ip -6 addr add 2001:db8::1/64 dev lan0 nodad
        ip route add default via 192.0.2.254
        ip -6 route add default via 2001:db8::fe
        ip route add 198.51.100.0/24 nexthop via 192.0.2.252 nexthop via 192.0.2.253
        """)
      let surroundings = try Surroundings()
      let own = try surroundings.ownAddresses().map { Prefix($0) }
      for address in ["127.0.0.1", "::1", "192.0.2.1", "2001:db8::1"] {
        #expect(own.contains(prefix(address)), "\(address)")
      }
      let gateways = try surroundings.gateways().map { Prefix($0) }
      for address in ["192.0.2.254", "2001:db8::fe", "192.0.2.252", "192.0.2.253"] {
        #expect(gateways.contains(prefix(address)), "\(address)")
      }
    }
  }
}
