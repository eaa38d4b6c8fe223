import Harness
import Policy

@testable import Sharing

/// A machine of a simulated fleet: its own log, its map of the others, and a way to each broker.
final class Machine {
  let name: Origin
  var log: OriginLog
  var map: FleetMap
  let exchanges: [MemoryExchange]
  /// What it blocks, whatever becomes of the rest.
  var truth: [Prefix: Record] = [:]
  unowned let fleet: Fleet

  init(_ name: String, in fleet: Fleet) {
    self.name = Origin(name)!
    self.fleet = fleet
    log = OriginLog(self.name, epoch: 1000)
    log.longestTail = fleet.longestTail
    map = FleetMap(own: self.name)
    exchanges = fleet.brokers.map { MemoryExchange($0) }
    for exchange in exchanges {
      exchange.onMessage = { [unowned self, unowned exchange] topic, bytes in
        guard let fetch = map.receive(bytes, under: topic, at: fleet.now) else { return }
        exchange.fetch(fetch)
      }
    }
  }

  func connect(_ index: Int) {
    exchanges[index].connect(as: name)
    publish(log.everything(at: fleet.now))
    map.surveySoon()
  }

  func flush() { publish(log.flush(at: fleet.now)) }

  private func publish(_ publication: Publication) {
    for exchange in exchanges {
      for (topic, bytes) in publication.kept { exchange.put(bytes, under: topic) }
      exchange.put(publication.head, under: Topic(.head, name))
      if let announcement = publication.announcement { exchange.announce(announcement) }
    }
  }

  func block(_ prefix: Prefix, for seconds: UInt32) {
    let record = Record(.block, prefix, failures: 10, made: fleet.now, until: fleet.now + seconds)
    truth[prefix] = record
    log.block(record)
  }

  func unblock(_ prefix: Prefix) {
    truth[prefix] = nil
    log.withdraw(prefix, at: fleet.now)
  }

  /// abld was killed: the store is all it has.
  func restart() {
    log = OriginLog(name, epoch: OriginLog.epoch(after: log.epoch, nanoseconds: 0))
    log.longestTail = fleet.longestTail
    log.replace(with: Array(truth.values), at: fleet.now)
    map = FleetMap(own: name)
    for exchange in exchanges { exchange.disconnect() }
  }

  func repair() {
    for fetch in map.repair(at: fleet.now, chance: 0) {
      for exchange in exchanges { exchange.fetch(fetch) }
    }
  }

  /// What it blocks now.
  var blocks: Set<Record> { Set(truth.values.filter { $0.until > fleet.now }) }
}

/// Some machines and brokers, and a clock.
final class Fleet {
  var now: UInt32 = 1_000_000
  let brokers: [MemoryBroker]
  private(set) var machines: [Machine] = []
  var files: [[Topic: [UInt8]]]
  let longestTail: Int

  init(machines: Int, brokers: Int, longestTail: Int = Message.longestTail) {
    self.longestTail = longestTail
    self.brokers = (0..<brokers).map { _ in MemoryBroker() }
    files = self.brokers.map(\.file)
    for number in 0..<machines { self.machines.append(Machine("m\(number)", in: self)) }
  }

  /// All connections are back; whatever is under way arrives; and time goes on.
  func heal() {
    for machine in machines {
      for index in brokers.indices { machine.connect(index) }
    }
    for round in 0..<8 as Range<UInt32> {
      now += 3 + 10 * round
      for machine in machines { machine.repair() }
      deliverAll()
    }
  }

  func deliverAll() {
    while let exchange = machines.flatMap(\.exchanges).first(where: { !$0.inbox.isEmpty }) {
      exchange.handOver(at: 0)
    }
  }

  /// The first difference between what a machine blocks and what another knows of it.
  var difference: String? {
    for reader in machines {
      for other in machines where other !== reader {
        let known = reader.map.copies[other.name]?.blocks(at: now) ?? []
        let need = reader.map.copies[other.name]?.need
        if known != other.blocks || need != .nothing {
          return "\(reader.name.text) knows \(known.count) of \(other.blocks.count) blocks of "
            + "\(other.name.text), and needs \(String(describing: need))"
        }
      }
    }
    return nil
  }
}

extension Prefix {
  /// An address of a test network.
  static func v4(_ number: UInt32) -> Prefix { Prefix(.v4(0xC633_6400 &+ number)) }

  static func v6(_ number: UInt64) -> Prefix {
    Prefix(.v6(high: 0x2001_0DB8_0000_0000 | number, low: 0), length: 64)!
  }
}
