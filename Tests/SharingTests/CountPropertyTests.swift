import Harness
import Policy
import Testing

@testable import Sharing

@Suite("Whatever becomes of the messages, all come to the same sums")
struct CountPropertyTests {
  /// A failure prints the seed, which repeats it.
  @Test("of thousands of random histories", arguments: 0..<8)
  func histories(part: Int) throws {
    let count = Effort.isLong ? 1000 : 120
    let rule = try FleetRule(parsing: "*:4/1h")
    var blocked = 0
    for seed in part * count..<(part + 1) * count {
      var random = SeededRandom(seed: UInt64(seed))
      let counters = Counters(machines: 4)
      var readers = (0..<3).map { FleetCounts(own: Origin("r\($0)")!, window: 3600) }
      var flights: [[CountMessage]] = Array(repeating: [], count: 3)
      for _ in 0..<60 { step(counters, &readers, &flights, &random) }
      // All that is still under way arrives, twice, in any order; then what all machines say once more.
      for index in readers.indices {
        let late = (flights[index] + flights[index]).shuffled(using: &random)
        for message in late { readers[index].take(message, at: counters.now) }
      }
      counters.now += 60
      let last = counters.names.indices.flatMap { counters.tellAll($0) }
      for index in readers.indices {
        for message in last.shuffled(using: &random) {
          readers[index].take(message, at: counters.now)
        }
      }
      let told = readers.map { reader in
        counters.names.map { name in
          (0..<3 as Range<UInt32>).map {
            reader.counts(of: .v4($0), at: name)?.holding(at: counters.now, window: 3600)
              ?? BucketCounts()
          }
        }
      }
      let truth = counters.truth.map { own in
        (0..<3 as Range<UInt32>).map {
          own[.v4($0)]?.holding(at: counters.now, window: 3600) ?? BucketCounts()
        }
      }
      #expect(told.allSatisfy { $0 == truth }, "seed \(seed)")
      // What is blocked is what the truth says, and no single machine is behind it.
      let blocks = rule.blocks(readers[0], at: counters.now)
      for number in 0..<3 as Range<UInt32> {
        let own = truth.map { $0[Int(number)].buckets.reduce(0) { $0 + Int($1.failures) } }
        let sum = own.reduce(0) { $0 + min($1, 3) }
        let isBlocked = blocks.contains { $0.prefix == .v4(number) }
        #expect(isBlocked == (sum >= 4 && own.count { $0 > 0 } > 1), "seed \(seed): \(own)")
        if isBlocked { blocked += 1 }
      }
    }
    #expect(blocked > count / 2, "there was something to compare")
  }

  private func step(
    _ counters: Counters, _ readers: inout [FleetCounts], _ flights: inout [[CountMessage]],
    _ random: inout SeededRandom
  ) {
    let machine = Int.random(in: 0..<4, using: &random)
    let source = Prefix.v4(UInt32.random(in: 0..<3, using: &random))
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<7: counters.fail(machine, source, Int.random(in: 1...3, using: &random))
    case 7: counters.truth[machine][source] = nil
    case 8: counters.restart(machine)
    case 9..<12: counters.now += UInt32.random(in: 0..<400, using: &random)
    default:
      let messages = counters.told(machine)
      for index in flights.indices {
        // One in five is lost.
        flights[index] += messages.filter { _ in Int.random(in: 0..<5, using: &random) > 0 }
      }
    }
    for index in readers.indices where !flights[index].isEmpty {
      let place = Int.random(in: 0..<flights[index].count, using: &random)
      readers[index].take(flights[index][place], at: counters.now)
      // One in three comes again.
      if Int.random(in: 0..<3, using: &random) > 0 { flights[index].remove(at: place) }
    }
  }
}

@Suite("A machine that counts what isn't so")
struct CountPoisonTests {
  private let now: UInt32 = 1_800_000_000

  /// A message of a machine that claims as much as a message can say.
  private func claim(
    _ name: String, _ prefixes: [Prefix], sequence: UInt64 = 1, epoch: UInt64 = 1,
    sent: UInt32? = nil
  ) -> CountMessage {
    let newest = (sent ?? now) / BucketCounts.seconds
    let buckets = (0..<UInt32(BucketCounts.most)).reversed().map {
      BucketCounts.Bucket(newest - $0, failures: .max)
    }
    let records = prefixes.map { CountRecord($0, BucketCounts(buckets)!) }
    return CountMessage(
      Stamp(Origin(name)!, epoch: epoch, sent: sent ?? now), sequence: sequence, records)
  }

  @Test("one that claims millions blocks nobody; with an honest guess elsewhere it does, two do")
  func one() throws {
    let rule = try FleetRule(parsing: "*:20/1h,100/1d")
    var counts = FleetCounts(own: Origin("here")!, window: rule.longestWindow)
    counts.take(claim("evil", [.v4(1), .v4(2)]), at: now)
    #expect(rule.blocks(counts, at: now).isEmpty)
    // The limit less one is what it has to give: that is the price, and docs/fleet.md tells it.
    counts.ownCounts = [.v4(1): BucketCounts(times: [now])]
    #expect(rule.blocks(counts, at: now).map(\.prefix) == [.v4(1)])
    counts.take(claim("worse", [.v4(2)]), at: now)
    #expect(Set(rule.blocks(counts, at: now).map(\.prefix)) == [.v4(1), .v4(2)])
  }

  @Test("with fleet_min_reporters = 3 two that were taken over block nobody")
  func threeReporters() throws {
    let rule = try FleetRule(parsing: "*:20/1h")
    var policy = FleetPolicy()
    policy.minimalReporters = 3
    var counts = FleetCounts(own: Origin("here")!, window: rule.longestWindow)
    for name in ["evil", "worse"] { counts.take(claim(name, [.v4(1)]), at: now) }
    #expect(rule.blocks(counts, policy, at: now).isEmpty)
    counts.ownCounts = [.v4(1): BucketCounts(times: [now])]
    #expect(rule.blocks(counts, policy, at: now).count == 1)
  }

  @Test("nobody is kept out who is allowed, known or ourselves, and no network wider than counts")
  func sanctuary() throws {
    let rule = try FleetRule(parsing: "*:2/1h")
    var counts = FleetCounts(own: Origin("here")!, window: 3600)
    let wide = [0, 8, 24].map { Prefix(.v4(0xC633_6400), length: $0)! }
    for name in ["evil", "worse"] {
      counts.take(claim(name, [.v4(1), .v4(2), .v4(3), .v4(4)] + wide), at: now)
    }
    let sanctuary = Sanctuary(
      allowed: PrefixSet([.v4(1)]), own: PrefixSet([.v4(2)]), home: PrefixSet([.v4(3)]))
    var policy = FleetPolicy()
    policy.rule = rule
    let enforcement = policy.enforcement(
      of: FleetMap(own: counts.own), counts: counts, sanctuary: sanctuary, at: now)
    #expect(enforcement.blocks.map(\.prefix) == [.v4(4)])
    let left = enforcement.suppressedSources
    #expect(left == [.allowed: 1, .ownAddress: 1, .homeNetwork: 1, .tooWide: 3])
  }

  @Test("an end is bounded by the window and fleet_horizon, whatever a clock says")
  func clocks() throws {
    let rule = try FleetRule(parsing: "*:2/1h")
    var policy = FleetPolicy()
    policy.horizon = 1000
    for sent in [0, 1, now - 100_000, now + 100_000, .max] as [UInt32] {
      var counts = FleetCounts(own: Origin("here")!, window: 3600)
      for name in ["a", "b"] {
        let stamp = Stamp(Origin(name)!, epoch: 1, sent: sent)
        let bucket = BucketCounts.Bucket(sent / BucketCounts.seconds, failures: 1)
        let record = CountRecord(.v4(1), BucketCounts([bucket])!)
        counts.take(CountMessage(stamp, sequence: 1, [record]), at: now)
      }
      let block = rule.blocks(counts, at: now).first
      #expect(block.map { $0.until <= now + 3600 + 600 } == true, "\(sent)")
      #expect(rule.blocks(counts, policy, at: now).first?.until == now + 1000)
    }
    // Within the tolerance a clock is taken at its word.
    var counts = FleetCounts(own: Origin("here")!, window: 3600)
    for name in ["a", "b"] { counts.take(claim(name, [.v4(1)], sent: now + 299), at: now) }
    #expect(rule.blocks(counts, at: now).first?.until ?? 0 <= now + 3600 + 600)
  }

  @Test("replays, older numbers, older epochs and our own name change nothing")
  func replays() throws {
    let rule = try FleetRule(parsing: "*:2/1h")
    var counts = FleetCounts(own: Origin("here")!, window: 3600)
    counts.ownCounts = [.v4(1): BucketCounts(times: [now])]
    let empty = CountRecord(.v4(1), BucketCounts())
    let stamp = Stamp(Origin("m1")!, epoch: 5, sent: now)
    counts.take(CountMessage(stamp, sequence: 9, [empty]), at: now)
    for sequence in 1...9 as ClosedRange<UInt64> {
      counts.take(claim("m1", [.v4(1)], sequence: sequence, epoch: 5), at: now)
    }
    let isTaken = counts.take(claim("m1", [.v4(1)], sequence: 99, epoch: 4), at: now)
    #expect(!isTaken)
    let isKnown = counts.take(claim("here", [.v4(1)]), at: now)
    #expect(!isKnown)
    #expect(rule.blocks(counts, at: now).isEmpty)
    #expect(counts.refusals == [Origin("m1")!: [.stale: 1]])
    counts.take(claim("m1", [.v4(1)], sequence: 10, epoch: 5), at: now)
    #expect(rule.blocks(counts, at: now).count == 1)
  }

  @Test("a flood of messages is read two a second, what is garbage among them too, and counted")
  func flood() {
    var counts = FleetCounts(own: Origin("here")!, window: 3600)
    let topic = Topic(.count, Origin("evil")!)
    for second in 0..<100 as Range<UInt32> {
      for _ in 0..<50 { _ = counts.receive([1, 5, 0], under: topic, at: now + second) }
    }
    let refused = counts.refusals[topic.origin] ?? [:]
    let read = refused[.malformed(.cutShort)] ?? 0
    #expect(read <= FleetCounts.burst + 2 * 100 && read + (refused[.tooOften] ?? 0) == 5000)
    // An honest one isn't hindered, and the other is heard again once it is quiet.
    let isHeard = counts.take(claim("m1", [.v4(1)]), at: now + 100)
    #expect(isHeard)
    let isQuiet = counts.take(claim("evil", [.v4(1)]), at: now + 103)
    #expect(isQuiet)
  }

  @Test("sources without end take no more memory than is meant for them, and no one else's")
  func sources() {
    var counts = FleetCounts(own: Origin("here")!, window: 3600)
    for machine in 0..<40 as Range<UInt32> {
      for batch in 0..<30 as Range<UInt32> {
        let bucket = BucketCounts.Bucket(now / BucketCounts.seconds, failures: 1)
        let records = (0..<400 as Range<UInt32>).map {
          CountRecord(Prefix(.v4(batch * 400 + $0)), BucketCounts([bucket])!)
        }
        let stamp = Stamp(Origin("evil\(machine)")!, epoch: 1, sent: now)
        counts.take(CountMessage(stamp, sequence: UInt64(batch) + 1, records), at: now)
      }
    }
    let left = counts.overflow.values.reduce(0, +)
    // Twenty have ten thousand each; then the others have their thousand.
    #expect(left == 40 * 12_000 - 20 * 10_000 - 20 * 1000)
    let isWelcome = counts.take(claim("m1", [.v4(1)]), at: now)
    #expect(isWelcome)
    #expect(counts.counts(of: .v4(1), at: Origin("m1")!)?.isEmpty == false)
    // What has ended makes room.
    counts.forgetEnded(at: now + 4000)
    let late = claim("m2", [.v4(5)], sent: now + 4000)
    let isLate = counts.take(late, at: now + 4000)
    #expect(isLate)
    #expect(counts.counts(of: .v4(5), at: Origin("evil0")!) == nil)
  }

  @Test("200 machines are summed; more are counted as refused, and told")
  func machines() {
    var counts = FleetCounts(own: Origin("here")!, window: 3600)
    for machine in 0..<300 { counts.take(claim("m\(machine)", [.v4(1)]), at: now) }
    #expect(counts.machines == FleetCounts.mostMachines - 1 && counts.isCrowded(at: now))
    #expect(counts.refusals.values.reduce(0) { $0 + ($1[.tooMany] ?? 0) } == 101)
    // Those that are gone for a day leave their place.
    counts.forgetEnded(at: now + 90_000)
    let isBack = counts.take(claim("m299", [.v4(1)], sent: now + 90_001), at: now + 90_001)
    #expect(isBack)
  }
}

@Suite("fleet_rule is read as host_rule, but for what other machines don't tell")
struct FleetRuleTests {
  @Test("rules", arguments: ["*:20/1h", "*:20/1h,50/1d", "!192.0.2.7:5/10m 192.0.2.7:50/1h"])
  func rules(_ text: String) throws {
    #expect(try FleetRule(parsing: text).text == text)
  }

  @Test(
    "mistakes",
    arguments: [
      ("", "expected a rule, as in *:20/1h"),
      ("*:20/1x", "unknown unit; use 's', 'm', 'h' or 'd' at 'x'"),
      ("root@*:20/1h", "machines don't tell each other at which user a guess was"),
      ("*/sshd:20/1h", "machines don't tell each other at which service a guess was"),
      ("web-1:20/1h", "expected '*' or addresses in front of the limits"),
      ("*:1/1h", "one failure is one machine's word alone: at least 2"),
      ("*:5/2d", "failures are counted together for a day at most"),
    ])
  func mistakes(_ text: String, _ message: String) {
    let error = #expect(throws: FleetRule.Mistake.self) { try FleetRule(parsing: text) }
    #expect(error?.message == message)
  }
}
