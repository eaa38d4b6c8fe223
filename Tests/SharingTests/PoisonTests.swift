import Harness
import Policy
import Testing

@testable import Sharing

@Suite("A machine that was taken over harms its own map only")
struct PoisonTests {
  /// Two honest machines and a hostile one, all of which know each other.
  private let fleet = Fleet(machines: 3, brokers: 1)
  private var victim: Machine { fleet.machines[0] }
  private var honest: Machine { fleet.machines[1] }
  private var hostile: Machine { fleet.machines[2] }

  init() {
    honest.block(.v4(1), for: 3600)
    honest.block(.v6(2), for: 3600)
    fleet.heal()
  }

  private func expectUnharmed() {
    fleet.deliverAll()
    #expect(victim.map.copies[honest.name]?.blocks(at: fleet.now) == honest.blocks)
  }

  @Test("another's topic is not taken by the exchange, and another's name not by the reader")
  func forgedOrigin() {
    let stamp = Stamp(honest.name, epoch: .max - 1, sent: fleet.now)
    let empty = Message.head(
      Head(stamp, base: 0, versions: Array(repeating: 0, count: 16), tail: []))
    hostile.exchanges[0].put(empty.encoded, under: empty.topic)
    #expect(hostile.exchanges[0].status.denied == 1)
    // The exchange is hostile itself, but the topic tells whose it is.
    for kind in [Topic.Kind.head, .live, .state] {
      _ = victim.map.receive(empty.encoded, under: Topic(kind, hostile.name), at: fleet.now)
    }
    #expect(victim.map.refusals[hostile.name]?[.malformed(.otherOrigin)] == 3)
    expectUnharmed()
  }

  @Test("replays and logs that were replaced change nothing")
  func replays() {
    let old = honest.exchanges.map(\.status).count
    #expect(old == 1)
    let kept = fleet.brokers[0].file
    honest.restart()
    honest.block(.v4(3), for: 3600)
    fleet.heal()
    for (topic, bytes) in kept { _ = victim.map.receive(bytes, under: topic, at: fleet.now) }
    #expect(victim.map.refusals[honest.name]?[.stale] == 17)
    expectUnharmed()
  }

  @Test("a log of the far future is the hostile machine's own trouble")
  func farEpoch() {
    let stamp = Stamp(hostile.name, epoch: .max, sent: .max)
    let head = Message.head(
      Head(stamp, base: .max - 2, versions: Array(repeating: 0, count: 16), tail: []))
    _ = victim.map.receive(head.encoded, under: head.topic, at: fleet.now)
    let live = Message.live(
      Live(stamp, first: .max - 2, [Record(.block, .v4(9), failures: 1, made: .max, until: .max)]))
    _ = victim.map.receive(live.encoded, under: live.topic, at: fleet.now)
    victim.repair()
    expectUnharmed()
  }

  @Test("a flood of changes takes no more memory than a map may have")
  func flood() {
    let stamp = Stamp(hostile.name, epoch: hostile.log.epoch, sent: fleet.now)
    var number = hostile.log.last
    for batch in 0..<100 as Range<UInt32> {
      let records = (0..<2000 as Range<UInt32>).map {
        Record(
          .block, Prefix(.v4(batch * 2000 + $0)), failures: 1, made: fleet.now,
          until: fleet.now + 3600)
      }
      let live = Message.live(Live(stamp, first: number + 1, records))
      number += 2000
      _ = victim.map.receive(live.encoded, under: live.topic, at: fleet.now)
    }
    let copy = victim.map.copies[hostile.name]!
    #expect(copy.count + copy.overflow == 200_000 && copy.count <= 16 * OriginCopy.mostHeld)
    expectUnharmed()
    let enforcement = FleetPolicy().enforcement(
      of: victim.map, sanctuary: Sanctuary(), at: fleet.now)
    #expect(enforcement.blocks.filter { $0.prefix == .v4(1) }.count == 1)
    #expect(enforcement.blocks.count <= 602)
  }

  @Test("gaps without an end take no more memory than is meant for them, and the next head helps")
  func gaps() {
    let stamp = Stamp(hostile.name, epoch: hostile.log.epoch, sent: fleet.now)
    for number in 0..<20_000 as Range<UInt64> {
      let record = Record(
        .block, .v4(UInt32(number)), failures: 1, made: fleet.now, until: fleet.now + 9)
      let live = Message.live(Live(stamp, first: 1000 + 2 * number, [record]))
      _ = victim.map.receive(live.encoded, under: live.topic, at: fleet.now)
    }
    #expect(victim.map.copies[hostile.name]?.need == .head)
    hostile.block(.v4(5), for: 60)
    hostile.flush()
    expectUnharmed()
  }

  @Test("garbage under every topic is refused and counted")
  func garbage() {
    var (random, count) = (SeededRandom(seed: 5), 0)
    for topic in fleet.brokers[0].file.keys.sorted(by: { $0.text < $1.text }) {
      for _ in 0..<50 {
        let bytes = random.bytes(Int.random(in: 0..<100, using: &random))
        _ = victim.map.receive(bytes, under: topic, at: fleet.now)
        count += 1
      }
    }
    let refused = victim.map.refusals.values.reduce(0) { $0 + $1.values.reduce(0, +) }
    #expect(refused == count)
    expectUnharmed()
  }

  @Test("a hostile exchange invents machines: a bounded number of them is taken over")
  func inventedMachines() {
    for number in 0..<6000 {
      let stamp = Stamp(Origin("x\(number)")!, epoch: 1, sent: fleet.now)
      let live = Message.live(
        Live(stamp, first: 1, [Record(.block, .v4(1), failures: 1, made: 1, until: .max)]))
      _ = victim.map.receive(live.encoded, under: live.topic, at: fleet.now)
    }
    #expect(victim.map.copies.count == FleetMap.mostOrigins)
    expectUnharmed()
  }
}

extension PoisonTests {
  @Test("a machine that tells of changes that there aren't has others ask less and less")
  func falseAnnouncements() {
    let stamp = Stamp(hostile.name, epoch: hostile.log.epoch, sent: fleet.now)
    var asked = 0
    for second in 0..<3600 as Range<UInt32> {
      let live = Message.live(Live(stamp, first: .max - 10 + UInt64(second % 2), []))
      if victim.map.receive(live.encoded, under: live.topic, at: fleet.now + second) != nil {
        asked += 1
      }
      asked += victim.map.repair(at: fleet.now + second, chance: 0).filter { $0 != .allHeads }.count
    }
    #expect(asked < 40)
  }
}
