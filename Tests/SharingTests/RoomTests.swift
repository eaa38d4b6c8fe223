import Testing

@testable import Sharing

/// What a hostile broker, or a courier that was taken over, has an honest machine keep in memory.
@Suite("Machines that are made up take a bounded part of the memory") struct RoomTests {
  private let fleet = Fleet(machines: 2, brokers: 1)
  private var victim: Machine { fleet.machines[0] }
  private var honest: Machine { fleet.machines[1] }

  init() {
    honest.block(.v4(1), for: 3600)
    fleet.heal()
  }

  private func records(_ count: Int) -> [Record] {
    (0..<UInt32(count)).map {
      Record(.block, .v4($0), failures: 1, made: fleet.now, until: fleet.now + 3600)
    }
  }

  private func stamp(_ number: Int) -> Stamp {
    Stamp(Origin("x\(number)")!, epoch: 1, sent: fleet.now)
  }

  private func tell(_ message: Message) {
    _ = victim.map.receive(message.encoded, under: message.topic, at: fleet.now)
  }

  /// Of all copies, one by one.
  private var weight: Int { victim.map.copies.values.reduce(0) { $0 + $1.weight } }

  /// All places of many are taken, those that are shared evenly as well, and no more.
  private func expectFull() {
    #expect(weight <= FleetMap.mostRecords && weight > FleetMap.mostRecords * 3 / 4)
    #expect(victim.map.weight == weight)
    let refused = victim.map.refusals.values.reduce(0) { $0 + ($1[.tooMany] ?? 0) }
    #expect(refused > 0)
  }

  @Test("by changes that come before those that stand in front of them")
  func early() {
    let records = records(2000)
    for number in 0..<200 { tell(.live(Live(stamp(number), first: 1000, records))) }
    expectFull()
    #expect(victim.map.copies.values.reduce(0) { $0 + $1.count } == 1)
  }

  @Test("by heads whose documents never come")
  func heads() {
    let records = records(2000)
    let versions = Array(repeating: 5 as UInt64, count: Topic.shards)
    for number in 0..<200 {
      tell(.head(Head(stamp(number), base: 5, versions: versions, tail: records)))
    }
    expectFull()
  }

  @Test("by documents, and by a few blocks of each of very many")
  func documents() {
    let records = records(70_000).filter { $0.prefix.shard == 3 }
    for number in 0..<80 {
      tell(.state(ShardDocument(stamp(number), shard: 3, version: 1, Array(records.prefix(4000)))))
    }
    expectFull()
    for number in 80..<6000 {
      tell(.state(ShardDocument(stamp(number), shard: 3, version: 1, Array(records.prefix(100)))))
    }
    expectFull()
  }

  @Test("and an honest machine has room for some blocks, and for the end of them")
  func share() {
    let records = records(70_000).filter { $0.prefix.shard == 3 }
    for number in 0..<80 {
      tell(.state(ShardDocument(stamp(number), shard: 3, version: 1, Array(records.prefix(4000)))))
    }
    for number in 2..<500 as Range<UInt32> { honest.block(.v4(number), for: 3600) }
    honest.unblock(.v4(1))
    honest.flush()
    fleet.deliverAll()
    #expect(victim.map.copies[honest.name]?.blocks(at: fleet.now) == honest.blocks)
    // What has ended makes room for all.
    fleet.now += 3600
    victim.map.forgetEnded(at: fleet.now + 86_400)
    #expect(weight == 0 && victim.map.weight == 0)
    tell(.state(ShardDocument(stamp(500), shard: 3, version: 1, Array(records.prefix(4000)))))
    #expect(weight == 4000)
  }

  @Test("and a map that was large gives its memory back when its blocks are withdrawn")
  func withdrawn() {
    let records = records(40_000)
    let name = stamp(0).origin
    var number: UInt64 = 1
    tell(.head(Head(stamp(0), base: 0, versions: Array(repeating: 0, count: 16), tail: [])))
    for kind in [Record.Kind.block, .withdrawn] {
      for start in stride(from: 0, to: records.count, by: 2000) {
        let part = records[start..<(start + 2000)].map { record in
          let end = kind == .block ? record.until : 0
          return Record(kind, record.prefix, failures: 1, made: record.made, until: end)
        }
        tell(.live(Live(stamp(0), first: number, part)))
        number += 2000
      }
      #expect(victim.map.copies[name]?.count == (kind == .block ? 40_000 : 0))
    }
    #expect(victim.map.copies[name]?.capacity ?? .max <= 16 * 64)
  }
}
