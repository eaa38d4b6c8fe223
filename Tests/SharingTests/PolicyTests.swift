import Harness
import Policy
import Testing

@testable import Sharing

/// A map of machines that report what a test says.
private struct Reports {
  var map = FleetMap(own: Origin("here")!)
  var logs: [String: OriginLog] = [:]
  let now: UInt32 = 1_000_000

  mutating func report(
    _ machine: String, _ prefixes: [Prefix], seconds: UInt32 = 7200, made: UInt32? = nil
  ) {
    var log = logs[machine] ?? OriginLog(Origin(machine)!, epoch: 1)
    for prefix in prefixes {
      log.block(
        Record(
          .block, prefix, failures: 9, made: made ?? now - 10,
          until: UInt32(clamping: Int64(now) + Int64(seconds))))
    }
    deliver(log.everything(at: now), log.origin)
    logs[machine] = log
  }

  mutating func deliver(_ publication: Publication, _ origin: Origin) {
    _ = map.receive(publication.head, under: Topic(.head, origin), at: now)
    for (topic, bytes) in publication.kept { _ = map.receive(bytes, under: topic, at: now) }
  }

  func enforce(
    _ policy: FleetPolicy = .init(), _ sanctuary: Sanctuary = .init(), _ pardons: [Pardon] = []
  ) -> Enforcement {
    policy.enforcement(of: map, sanctuary: sanctuary, pardons: pardons, at: now)
  }
}

extension Enforcement {
  fileprivate func count(_ reason: Suppression) -> Int {
    suppressed.values.reduce(0) { $0 + ($1[reason] ?? 0) } + (suppressedSources[reason] ?? 0)
  }
}

@Suite("What others report is advice, and this machine's policy decides")
struct PolicyTests {
  @Test("one machine is believed for an hour, two for as long as both say")
  func reporters() {
    var reports = Reports()
    reports.report("a", [.v4(1), .v4(2)])
    reports.report("b", [.v4(2)], seconds: 5000)
    let blocks = reports.enforce().blocks
    #expect(blocks.map(\.prefix) == [.v4(2), .v4(1)])
    #expect(blocks.map(\.until) == [reports.now + 5000, reports.now - 10 + 3600])
    #expect(blocks.map(\.reporters) == [2, 1])
  }

  @Test("with fleet_min_reporters = 3 three must report, and the third longest end counts")
  func threeReporters() {
    var (reports, policy) = (Reports(), FleetPolicy())
    policy.minimalReporters = 3
    for (machine, seconds) in [("a", 100), ("b", 300), ("c", 200)] as [(String, UInt32)] {
      reports.report(machine, [.v4(1)], seconds: seconds)
    }
    reports.report("a", [.v4(2)])
    reports.report("b", [.v4(2)])
    let enforcement = reports.enforce(policy)
    #expect(enforcement.blocks.map(\.until) == [reports.now + 100])
    #expect(enforcement.count(.tooFewReporters) == 1)
  }

  @Test("who reports the same again and again isn't believed for longer")
  func refreshed() {
    var reports = Reports()
    reports.report("a", [.v4(1)], made: reports.now - 4000)
    #expect(reports.enforce().blocks.isEmpty)
    reports.report("a", [.v4(1)], seconds: 9000, made: reports.now)
    #expect(reports.enforce().blocks.isEmpty && reports.enforce().count(.lapsed) == 1)
  }

  @Test("allowed, own and home addresses always win, whoever reports them, and each is counted")
  func sanctuary() {
    var reports = Reports()
    let own = Prefix(.v4(0x0A00_0001))
    let home = Prefix(.v4(0x0A01_0000), length: 24)!
    let guests: [Prefix] = [.v4(1), own, Prefix(.v4(0x0A01_0005)), .v4(9)]
    for machine in ["a", "b", "c", "d"] { reports.report(machine, guests) }
    let sanctuary = Sanctuary(
      allowed: PrefixSet([Prefix(.v4(0xC633_6401), length: 30)!]), own: PrefixSet([own]),
      home: PrefixSet([home]))
    let enforcement = reports.enforce(.init(), sanctuary)
    #expect(enforcement.blocks.map(\.prefix) == [.v4(9)])
    for reason in [Suppression.allowed, .ownAddress, .homeNetwork] {
      #expect(enforcement.count(reason) == 4)
    }
  }

  @Test("a network that has an allowed address in it isn't blocked")
  func networkAround() {
    var (reports, policy) = (Reports(), FleetPolicy())
    policy.shortestV4 = 24
    let around = Prefix(.v4(0xC633_6400), length: 24)!
    reports.report("a", [around])
    #expect(reports.enforce(policy).blocks.count == 1)
    let allowed = Sanctuary(allowed: PrefixSet([.v4(7)]))
    #expect(reports.enforce(policy, allowed).blocks.isEmpty)
  }

  @Test("networks larger than fleet_prefix, and /0, never count")
  func wide() {
    var reports = Reports()
    let networks = [0, 8, 24, 31].map { Prefix(.v4(0xC633_6400), length: $0)! }
    let v6 = [0, 32, 48, 63].map { Prefix(.v6(high: 0x2001_0DB8_0000_0000, low: 0), length: $0)! }
    reports.report("a", networks + v6)
    #expect(reports.enforce().blocks.isEmpty && reports.enforce().count(.tooWide) == 8)
  }

  @Test("an end far in the future is one in a week")
  func farFuture() {
    var reports = Reports()
    for machine in ["a", "b"] { reports.report(machine, [.v4(1)], seconds: .max) }
    let enforcement = reports.enforce()
    #expect(enforcement.blocks.map(\.until) == [reports.now + 7 * 86_400])
    #expect(enforcement.clamped == 2)
  }

  @Test("65 000 blocks of one machine: 600 in ten minutes, 10 000 in all; the first stay")
  func flood() {
    var reports = Reports()
    reports.report("other", [.v4(1)])
    let prefixes = (0..<65_000).map { Prefix(.v4(0x0B00_0000 + UInt32($0))) }
    reports.report("a", prefixes)
    let enforcement = reports.enforce()
    let known = reports.map.copies[Origin("a")!]!.count
    #expect(enforcement.blocks.count == 601 && enforcement.count(.tooManyPerMinute) == known - 600)
    var policy = FleetPolicy()
    policy.mostPerMinute = 100_000
    let slower = reports.enforce(policy)
    #expect(slower.blocks.count == 10_001 && slower.count(.tooManyOfOrigin) == known - 10_000)
  }

  @Test("too many in all: those with the fewest reporters, then those that end first, leave")
  func tooMany() {
    var (reports, policy) = (Reports(), FleetPolicy())
    policy.mostInAll = 2
    reports.report("a", [.v4(1)], seconds: 100)
    reports.report("a", [.v4(2)], seconds: 200)
    reports.report("a", [.v4(3)], seconds: 50)
    reports.report("b", [.v4(3)], seconds: 50)
    let enforcement = reports.enforce(policy)
    #expect(enforcement.blocks.map(\.prefix) == [.v4(3), .v4(2)])
    #expect(enforcement.count(.tooManyInAll) == 1)
  }

  @Test("a pardon voids what was reported before it, and keeps others off for its time")
  func pardons() {
    var reports = Reports()
    reports.report("a", [.v4(1), .v4(2)])
    let now = reports.now
    let fresh = Pardon(.v4(1), made: now, until: now + 3600)
    let ended = Pardon(.v4(2), made: now - 100, until: now - 50)
    let enforcement = reports.enforce(.init(), .init(), [fresh, ended])
    #expect(enforcement.blocks.map(\.prefix) == [.v4(2)] && enforcement.count(.pardoned) == 1)
  }

  @Test("hearsay has half of the kernel's set at most, and never a place that a local block needs")
  func kernelShare() {
    #expect(Enforcement.kernelShare(capacity: 65_536, local: 0) == 32_768)
    #expect(Enforcement.kernelShare(capacity: 65_536, local: 40_000) == 25_536)
    #expect(Enforcement.kernelShare(capacity: 65_536, local: 70_000) == 0)
  }

  @Test("a clock that is an hour behind: its times are put right")
  func clock() {
    var reports = Reports()
    let now = reports.now
    let origin = Origin("a")!
    var log = OriginLog(origin, epoch: 1)
    reports.deliver(log.everything(at: now - 3600), origin)
    log.block(Record(.block, .v4(1), failures: 1, made: now - 3600, until: now - 3000))
    let live = log.flush(at: now - 3600).announcement!
    _ = reports.map.receive(live, under: Topic(.live, origin), at: now)
    reports.map.forgetEnded(at: now)
    #expect(reports.enforce().blocks.map(\.until) == [now + 600])
  }

  @Test("nor does a newcomer lose what stands in documents of such a clock, once it has heard it")
  func clockOfDocuments() {
    var reports = Reports()
    let now = reports.now
    let origin = Origin("a")!
    var log = OriginLog(origin, epoch: 1)
    log.block(Record(.block, .v4(1), failures: 1, made: now - 7210, until: now - 100))
    let publication = log.everything(at: now - 7200)
    reports.deliver(publication, origin)
    // Nothing tells yet whether the clock is wrong, or the document an old one.
    reports.map.forgetEnded(at: now)
    #expect(reports.enforce().blocks == [])
    _ = reports.map.receive(publication.announcement!, under: Topic(.live, origin), at: now)
    #expect(reports.enforce().blocks.map(\.until) == [now - 10 + 3600])
    reports.map.forgetEnded(at: now)
    #expect(reports.map.copies[origin]?.count == 1)
  }

  @Test("what is decided doesn't depend on the order in which it was heard")
  func order() {
    var random = SeededRandom(seed: 4)
    let machines = (0..<12).map { "m\($0)" }
    let reported = machines.map { _ in
      (0..<40).map { _ in Prefix.v4(UInt32.random(in: 0..<60, using: &random)) }
    }
    var decisions: [Enforcement] = []
    for _ in 0..<5 {
      var reports = Reports()
      for index in machines.indices.shuffled(using: &random) {
        reports.report(machines[index], reported[index].shuffled(using: &random))
      }
      decisions.append(reports.enforce())
    }
    #expect(decisions.allSatisfy { $0 == decisions[0] } && !decisions[0].blocks.isEmpty)
  }
}
