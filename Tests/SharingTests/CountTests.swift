import Harness
import Policy
import Testing

@testable import Sharing

/// Machines that tell each other what they have counted; a test holds, loses and doubles messages.
final class Counters {
  var now: UInt32 = 1_800_000_000
  let window: UInt32
  let names: [Origin]
  /// What each has counted by its own store.
  var truth: [[Prefix: BucketCounts]]
  var logs: [CountLog]
  var epochs: [UInt64]
  private var clock: UInt64 = 1_000_000

  init(machines: Int, window: UInt32 = 3600) {
    self.window = window
    names = (0..<machines).map { Origin("m\($0)")! }
    truth = Array(repeating: [:], count: machines)
    logs = Array(repeating: CountLog(window: window), count: machines)
    epochs = Array(repeating: 1000, count: machines)
  }

  func fail(_ machine: Int, _ prefix: Prefix, _ times: Int = 1) {
    let old = truth[machine][prefix]?.buckets ?? []
    var all = Array(repeating: now, count: times)
    for bucket in old {
      all += Array(repeating: bucket.number * BucketCounts.seconds, count: Int(bucket.failures))
    }
    truth[machine][prefix] = BucketCounts(times: all)
  }

  /// What a machine tells by now: a second passes for each message.
  func told(_ machine: Int) -> [CountMessage] {
    logs[machine].replace(with: truth[machine], at: now)
    var messages: [CountMessage] = []
    while true {
      let stamp = Stamp(names[machine], epoch: epochs[machine], sent: now)
      clock += CountLog.pause
      guard let message = logs[machine].next(stamp, at: now, clock: clock, chance: 7) else {
        return messages
      }
      messages.append(message)
    }
  }

  func tellAll(_ machine: Int) -> [CountMessage] {
    logs[machine].tellAll()
    return told(machine)
  }

  func restart(_ machine: Int) {
    (logs[machine], epochs[machine]) = (CountLog(window: window), epochs[machine] + 1)
  }

  /// All that all have counted, told once more, to one that knows nothing.
  func newcomer(_ rule: FleetRule) -> FleetCounts {
    var counts = FleetCounts(own: Origin("here")!, window: rule.longestWindow)
    for machine in names.indices {
      for message in tellAll(machine) { counts.take(message, at: now) }
    }
    return counts
  }
}

extension FleetCounts {
  @discardableResult
  mutating func take(_ message: CountMessage, at now: UInt32) -> Bool {
    let message = Message.counts(message)
    return receive(message.encoded, under: message.topic, at: now)
  }
}

extension FleetRule {
  /// What of `counts` is blocked, in one line.
  func blocks(
    _ counts: FleetCounts, _ policy: FleetPolicy = .init(), _ sanctuary: Sanctuary = .init(),
    _ pardons: [Pardon] = [], at now: UInt32
  ) -> [Enforcement.Block] {
    var policy = policy
    policy.rule = self
    return policy.enforcement(
      of: FleetMap(own: counts.own), counts: counts, sanctuary: sanctuary, pardons: pardons, at: now
    ).blocks
  }
}

@Suite("Failures of a source are counted on all machines together")
struct CountTests {
  private func rule(_ text: String) throws -> FleetRule { try FleetRule(parsing: text) }

  @Test("a guess on each of three machines reaches *:3/1h, and says which and how many")
  func spread() throws {
    let (counters, rule) = (Counters(machines: 3), try rule("*:3/1h"))
    for machine in 0..<2 { counters.fail(machine, .v4(1)) }
    counters.fail(2, .v6(1))
    #expect(rule.blocks(counters.newcomer(rule), at: counters.now).isEmpty)
    counters.fail(2, .v4(1))
    let block = try #require(rule.blocks(counters.newcomer(rule), at: counters.now).first)
    #expect(block.prefix == .v4(1) && block.reporters == 3)
    #expect(block.witnesses.map(\.text) == ["m0", "m1", "m2"])
    #expect(block.counted == .init(failures: 3, machines: 3, rule: "*:3/1h"))
  }

  @Test("this machine's own failures count along, and it is no other machine that reports")
  func own() throws {
    let (counters, rule) = (Counters(machines: 2), try rule("*:3/1h"))
    for machine in 0..<2 { counters.fail(machine, .v4(1)) }
    var counts = counters.newcomer(rule)
    counts.ownCounts = [.v4(1): BucketCounts(times: [counters.now])]
    let block = try #require(rule.blocks(counts, at: counters.now).first)
    #expect(block.reporters == 2 && block.counted?.machines == 3)
  }

  @Test("an hour forgets: the sum holds as long as its failures are in the window, and no longer")
  func window() throws {
    let (counters, rule) = (Counters(machines: 2), try rule("*:2/1h"))
    counters.fail(0, .v4(1))
    counters.now += 1800
    counters.fail(1, .v4(1))
    let counts = counters.newcomer(rule)
    let block = try #require(rule.blocks(counts, at: counters.now).first)
    // With the bucket that the first failure was in.
    let first = counters.now - 1800
    #expect(block.until == first - first % 300 + 300 + 3600)
    #expect(rule.blocks(counts, at: block.until - 1).count == 1)
    #expect(rule.blocks(counts, at: block.until).isEmpty)
    #expect(block.since == first - first % 300)
  }

  @Test("of several limits and clauses the one that holds longest is told")
  func limits() throws {
    let (counters, rule) = (Counters(machines: 3), try rule("*:2/10m,3/1d 198.51.100.9:2/1h"))
    for machine in 0..<3 { counters.fail(machine, .v4(1)) }
    for machine in 0..<2 { counters.fail(machine, .v4(9)) }
    let blocks = rule.blocks(counters.newcomer(rule), at: counters.now)
    let rules = Dictionary(uniqueKeysWithValues: blocks.map { ($0.prefix, $0.counted?.rule) })
    #expect(rules == [.v4(1): "*:3/1d", .v4(9): "198.51.100.9:2/1h"])
  }

  @Test("a source that is forgiven where it failed counts no more, elsewhere either")
  func forgiven() throws {
    let (counters, rule) = (Counters(machines: 2), try rule("*:2/1h"))
    for machine in 0..<2 { counters.fail(machine, .v4(1)) }
    var counts = counters.newcomer(rule)
    let old = counters.tellAll(0)
    #expect(rule.blocks(counts, at: counters.now).count == 1)
    counters.truth[0] = [:]
    for message in counters.told(0) { counts.take(message, at: counters.now) }
    #expect(rule.blocks(counts, at: counters.now).isEmpty)
    // What another broker brings late changes nothing.
    for message in old { counts.take(message, at: counters.now) }
    #expect(rule.blocks(counts, at: counters.now).isEmpty)
    #expect(rule.blocks(counters.newcomer(rule), at: counters.now).isEmpty)
  }

  @Test("an operator's pardon voids what was counted before it, and what comes within its time")
  func pardoned() throws {
    let (counters, rule) = (Counters(machines: 2), try rule("*:2/1h"))
    for machine in 0..<2 { counters.fail(machine, .v4(1)) }
    let pardon = Pardon(.v4(1), made: counters.now + 10, until: counters.now + 600)
    counters.now += 500
    for machine in 0..<2 { counters.fail(machine, .v4(1)) }
    let counts = counters.newcomer(rule)
    #expect(rule.blocks(counts, .init(), .init(), [pardon], at: counters.now).isEmpty)
    // Behind its end only the failures behind it count.
    let later = rule.blocks(counts, .init(), .init(), [pardon], at: counters.now + 200)
    #expect(later.first?.counted?.failures == 2)
  }

  @Test("what a machine reports and what is counted is one block, as long as either says")
  func joined() throws {
    let (counters, rule) = (Counters(machines: 2), try rule("*:2/1d"))
    for machine in 0..<2 { counters.fail(machine, .v4(1)) }
    var log = OriginLog(Origin("m7")!, epoch: 1)
    log.block(
      Record(.block, .v4(1), failures: 9, made: counters.now, until: counters.now + 90))
    let publication = log.everything(at: counters.now)
    var map = FleetMap(own: Origin("here")!)
    for (topic, bytes) in publication.kept {
      _ = map.receive(bytes, under: topic, at: counters.now)
    }
    _ = map.receive(publication.head, under: Topic(.head, log.origin), at: counters.now)
    var policy = FleetPolicy()
    policy.rule = rule
    let blocks = policy.enforcement(
      of: map, counts: counters.newcomer(rule), sanctuary: .init(), at: counters.now
    ).blocks
    #expect(blocks.count == 1 && blocks[0].reporters == 2 && blocks[0].counted?.failures == 2)
    #expect(blocks[0].until > counters.now + 86_400)
  }

  @Test("without fleet_rule nothing is told, asked for, or heard")
  func off() {
    let broker = MemoryBroker()
    let exchange = MemoryExchange(broker)
    let node = FleetNode(Origin("m1")!, epoch: 1, release: "", exchange: exchange)
    node.connected(at: 1_800_000_000)
    node.count([.v4(1): BucketCounts(times: [1_800_000_000])], at: 1_800_000_000)
    node.tick(at: 1_800_000_000, milliseconds: 5000, chance: 3)
    let other = MemoryExchange(broker)
    other.connect(as: Origin("m2")!)
    other.announce([1, 2, 3], as: .count)
    #expect(exchange.inbox.allSatisfy { $0.0.kind != .count } && node.counts == nil)
  }
}

/// Who is to hear of it, hears of it.
@Suite("What was counted gets to all machines")
struct CountNodeTests {
  private final class Site {
    var now: UInt32 = 1_800_000_000
    var clock: UInt64 = 1_000_000
    let broker = MemoryBroker()
    var nodes: [FleetNode] = []
    var exchanges: [MemoryExchange] = []
    var messages = 0

    func join(_ name: String) throws {
      let exchange = MemoryExchange(broker)
      let rule = try FleetRule(parsing: "*:3/1h")
      nodes.append(
        FleetNode(Origin(name)!, epoch: 1, release: "", counting: rule, exchange: exchange))
      exchanges.append(exchange)
      connect(nodes.count - 1)
    }

    func connect(_ index: Int) {
      exchanges[index].connect(as: nodes[index].log.origin)
      nodes[index].connected(at: now)
    }

    func run(seconds: Int) {
      for tenth in 0..<seconds * 10 {
        clock += 100
        if tenth % 10 == 0 { now += 1 }
        for (index, node) in nodes.enumerated() {
          node.tick(at: now, milliseconds: clock, chance: UInt64(index) * 7919)
          while !exchanges[index].inbox.isEmpty {
            if exchanges[index].inbox[0].0.kind == .count { messages += 1 }
            exchanges[index].handOver(at: 0)
          }
        }
      }
    }

    func count(_ index: Int, _ prefix: Prefix) {
      nodes[index].count([prefix: BucketCounts(times: [now])], at: now)
    }

    func sum(_ index: Int, _ prefix: Prefix) -> Int {
      let all = nodes[index].counts
      let origins = nodes.map(\.log.origin)
      return origins.reduce(0) { sum, origin in
        let buckets = all?.counts(of: prefix, at: origin)?.buckets ?? []
        return buckets.reduce(sum) { $0 + Int($1.failures) }
      }
    }
  }

  @Test("at once, a message a second at most; a newcomer and one that was cut off know it soon")
  func told() throws {
    let site = Site()
    for name in ["m1", "m2", "m3"] { try site.join(name) }
    site.run(seconds: 3)
    site.messages = 0
    site.count(0, .v4(1))
    site.run(seconds: 1)
    #expect(site.sum(1, .v4(1)) == 1 && site.sum(2, .v4(1)) == 1 && site.messages == 3)
    // Cut off while others count.
    site.exchanges[2].disconnect()
    site.count(1, .v4(1))
    site.run(seconds: 2)
    #expect(site.sum(2, .v4(1)) == 1)
    site.connect(2)
    try site.join("m4")
    site.run(seconds: 65)
    #expect((0..<4).allSatisfy { site.sum($0, .v4(1)) == 2 })
    site.messages = 0
    site.run(seconds: 1500)
    // Two have something to tell, to all four, once in ten to twenty minutes, and nothing in between.
    #expect((8...24).contains(site.messages), "\(site.messages)")
  }
}
