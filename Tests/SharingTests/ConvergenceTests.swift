import Harness
import Testing

@testable import Sharing

@Suite("Whatever happens to the messages, all machines come to know the same")
struct ConvergenceTests {
  /// A failure prints the seed, which repeats it. `make test-long` tries 10 000.
  @Test("of thousands of random histories", arguments: 0..<10)
  func randomHistories(part: Int) {
    let count = Effort.isLong ? 1000 : 200
    var known = 0
    for seed in part * count..<(part + 1) * count {
      let fleet = History(seed: UInt64(seed)).run()
      known += fleet.machines.reduce(0) { $0 + $1.blocks.count }
      if let difference = fleet.difference {
        Issue.record("seed \(seed): \(difference)")
        return
      }
    }
    #expect(known > 10 * count, "there was something to compare")
  }

  @Test("a head and documents of two brokers, one of which is behind, make no hole")
  func mixedBrokers() {
    let fleet = Fleet(machines: 2, brokers: 2)
    let (writer, reader) = (fleet.machines[0], fleet.machines[1])
    writer.connect(0)
    writer.connect(1)
    for number in 0..<2500 { writer.block(.v4(UInt32(number)), for: 3600) }
    writer.flush()
    writer.exchanges[1].disconnect()
    for number in 2500..<6000 { writer.block(.v4(UInt32(number)), for: 3600) }
    writer.flush()
    // The reader finds the head of the first broker, and the documents of the second.
    reader.connect(1)
    let head = fleet.brokers[0].file[Topic(.head, writer.name)]!
    _ = reader.map.receive(head, under: Topic(.head, writer.name), at: fleet.now)
    reader.exchanges[1].fetch(.documents(writer.name))
    fleet.deliverAll()
    #expect(reader.map.copies[writer.name]?.applied == nil)
    fleet.heal()
    #expect(fleet.difference == nil)
    #expect(reader.map.copies[writer.name]?.blocks(at: fleet.now).count == 6000)
  }

  @Test("a machine that begins anew replaces its map, which holds until then")
  func newEpoch() {
    let fleet = Fleet(machines: 2, brokers: 1)
    let (writer, reader) = (fleet.machines[0], fleet.machines[1])
    writer.block(.v4(1), for: 3600)
    fleet.heal()
    writer.restart()
    writer.unblock(.v4(1))
    writer.block(.v4(2), for: 3600)
    writer.log.block(writer.truth[.v4(2)]!)
    let live = Message.live(
      Live(
        Stamp(writer.name, epoch: writer.log.epoch, sent: fleet.now), first: 2,
        [Record(.block, .v4(3), failures: 1, made: fleet.now, until: fleet.now + 9)]))
    _ = reader.map.receive(live.encoded, under: live.topic, at: fleet.now)
    #expect(reader.map.copies[writer.name]?.blocks(at: fleet.now).map(\.prefix) == [.v4(1)])
    fleet.heal()
    #expect(fleet.difference == nil)
  }

  @Test("a machine whose clock went back outruns what others know of it")
  func clockBack() {
    let fleet = Fleet(machines: 2, brokers: 1)
    let (writer, reader) = (fleet.machines[0], fleet.machines[1])
    writer.block(.v4(1), for: 3600)
    fleet.heal()
    // The file with the epoch is lost, and the clock says an earlier one.
    writer.log = OriginLog(writer.name, epoch: 5)
    writer.block(.v4(2), for: 3600)
    writer.unblock(.v4(1))
    writer.map.surveySoon()
    writer.repair()
    fleet.deliverAll()
    writer.log.outrun(writer.map.ownEpoch)
    writer.flush()
    fleet.heal()
    #expect(fleet.difference == nil)
    #expect(reader.map.copies[writer.name]?.blocks(at: fleet.now).map(\.prefix) == [.v4(2)])
  }

  @Test(
    "what a document has no room for is left out, the first to end first, on all machines alike")
  func crowdedShards() {
    let fleet = Fleet(machines: 2, brokers: 1)
    let (writer, reader) = (fleet.machines[0], fleet.machines[1])
    fleet.heal()
    for number in 0..<70_000 {
      let until = fleet.now + 1000 + UInt32(number)
      writer.log.block(
        Record(.block, .v4(UInt32(number)), failures: 1, made: fleet.now, until: until))
      if number % 5000 == 0 { writer.flush() }
    }
    writer.flush()
    fleet.deliverAll()
    fleet.heal()
    let known = reader.map.copies[writer.name]?.blocks(at: fleet.now) ?? []
    #expect(known == Set(writer.log.blocks))
    #expect(writer.log.leftOut > 0 && known.count + writer.log.leftOut == 70_000)
    #expect(known.map(\.until).min()! > fleet.now + 1000)
  }
}

/// A history that a seed decides: what happens to machines, brokers and messages.
private struct History {
  private var random: SeededRandom
  private let fleet: Fleet

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
    fleet = Fleet(
      machines: Int.random(in: 2...4, using: &random),
      brokers: Int.random(in: 1...2, using: &random), longestTail: 640)
  }

  func run() -> Fleet {
    var history = self
    for _ in 0..<Int.random(in: 10...80, using: &history.random) { history.step() }
    fleet.heal()
    return fleet
  }

  private mutating func step() {
    let machine = fleet.machines.randomElement(using: &random)!
    let broker = fleet.brokers.indices.randomElement(using: &random)!
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<25: machine.block(prefix, for: duration)
    case 25..<32: machine.unblock(prefix)
    case 32..<45: machine.flush()
    case 45..<50: burst(on: machine)
    case 50..<55: machine.exchanges[broker].disconnect()
    case 55..<62: machine.connect(broker)
    case 62..<64: machine.restart()
    case 64..<66: fleet.files[broker] = fleet.brokers[broker].file
    case 66..<68: stop(broker, with: fleet.files[broker])
    case 68..<69: stop(broker, with: [:])
    case 69..<72: machine.repair()
    case 72..<74: fleet.now += UInt32.random(in: 1...60, using: &random)
    case 74..<75: machine.log.forgetEnded(at: fleet.now)
    case 75..<76: machine.map.forgetEnded(at: fleet.now)
    default: happen(to: machine.exchanges[broker])
    }
  }

  /// Most blocks outlast the history, so that there is something to compare.
  private var duration: UInt32 {
    mutating get {
      Bool.random(using: &random)
        ? UInt32.random(in: 1...200, using: &random)
        : UInt32.random(in: 50_000...90_000, using: &random)
    }
  }

  private var prefix: Prefix {
    mutating get {
      let number = UInt32.random(in: 0..<20, using: &random)
      return number < 15 ? .v4(number) : .v6(UInt64(number))
    }
  }

  /// More than a tail holds, if it comes to two of them.
  private mutating func burst(on machine: Machine) {
    let start = UInt32.random(in: 20..<40, using: &random)
    for number in start..<(start + 25) {
      machine.block(.v4(number), for: duration)
    }
  }

  /// A broker ends, and comes back with what it had at some time.
  private func stop(_ broker: Int, with file: [Topic: [UInt8]]) {
    for machine in fleet.machines { machine.exchanges[broker].disconnect() }
    fleet.brokers[broker].file = file
  }

  /// A message arrives, in whatever order, is lost, or comes twice.
  private mutating func happen(to exchange: MemoryExchange) {
    for _ in 0..<6 {
      guard let position = exchange.inbox.indices.randomElement(using: &random) else { return }
      switch Int.random(in: 0..<8, using: &random) {
      case 0: exchange.inbox.remove(at: position)
      case 1: exchange.inbox.append(exchange.inbox[position])
      case 2...4: exchange.handOver(at: position)
      default: exchange.handOver(at: 0)
      }
    }
  }
}
