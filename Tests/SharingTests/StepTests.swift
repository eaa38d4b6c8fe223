import Testing

@testable import Sharing

@Suite("A step of the wall clock hides no gap") struct StepTests {
  private let fleet = Fleet(machines: 2, brokers: 1)
  private var reader: Machine { fleet.machines[0] }
  private var writer: Machine { fleet.machines[1] }

  init() {
    writer.block(.v4(1), for: 90_000)
    fleet.heal()
  }

  /// A change that the reader misses, and one that shows it the gap.
  private func makeGap(_ number: UInt32) {
    writer.block(.v4(number), for: 90_000)
    writer.flush()
    reader.exchanges[0].inbox = []
    writer.block(.v4(number + 1), for: 90_000)
    writer.flush()
  }

  @Test(
    "one that shows after a step back is asked about at once", arguments: [3, 7200] as [UInt32])
  func gap(step: UInt32) {
    makeGap(2)
    fleet.deliverAll()
    fleet.now -= step
    makeGap(4)
    fleet.deliverAll()
    #expect(fleet.difference == nil)
  }

  @Test("a question whose answer is lost, and all heads, are asked for again after a step back")
  func question() {
    makeGap(2)
    reader.exchanges[0].handOver(at: 0)
    reader.exchanges[0].inbox = []
    #expect(reader.map.copies[writer.name]?.need == .head)
    fleet.now -= 7200
    let fetches = reader.map.repair(at: fleet.now, chance: 0)
    #expect(fetches == [.head(writer.name), .documents(writer.name), .allHeads])
    #expect(reader.map.repair(at: fleet.now + 1, chance: 0) == [])
    // After a step ahead, too.
    for now in [fleet.now + 90_000, .max] {
      #expect(reader.map.repair(at: now, chance: 0) == fetches)
    }
  }
}
