import Foundation
import Harness
import Testing

/// Processes that are killed, and what the others find.
@Suite("A storm of kills", .serialized)
struct KillStormTests {
  /// Of a user, a host or a network: how often its failures were judged, how many of them came to
  /// an end, and how many there may be.
  private struct Count {
    let judged, acknowledged, most: Int
  }

  /// What the configuration has, and for how many seconds there are kills in `make test`.
  struct Scene: CustomTestStringConvertible {
    let testDescription: String
    let rules: [String]
    let decrees: [[String]]
    let others: [String]
    let seconds: String
    /// What the first login afterwards has.
    let user, host: String
  }

  private static let plain = Scene(
    testDescription: "plain",
    rules: ["host_rule=*:9999/1h", "user_rule=*:9999/1h"],
    decrees: [], others: ["compact"], seconds: "35", user: "user0", host: "198.51.100.0")

  private static let everything = Scene(
    testDescription: "everything", rules: Machine.everything,
    decrees: [["block", "203.0.113.0/24"], ["allow", "203.0.112.0/28", "trent"]],
    others: ["compact", "purge", "allow 203.0.112.0/28 trent --for 1h"],
    seconds: "25", user: "newcomer", host: "192.0.2.9")

  @Test(
    "killed at any moment, half within the lock: nothing acknowledged is lost, nothing torn",
    arguments: [plain, everything])
  func storm(_ scene: Scene) throws {
    let machine = try Machine(
      // For ablctl: how long a lock is another's on a busy machine is no promise.
      rules: scene.rules + ["limits=10000-10000", "lock_timeout=60s"],
      judge: "log=/dev/null", on: .disk)
    for words in scene.decrees { #expect(try machine.run(ablctl: words).status == 0) }
    let fleet = FleetStorm(beside: machine)
    let words = ["10000", Effort.isLong ? "0" : scene.seconds, Machine.ablctl] + scene.others
    let outcome = try machine.run(
      "killstorm", words, ["SCENE": scene.testDescription], patience: 2400)
    let writers = fleet.end()
    print("beside it \(writers.killed) writers of fleet.mdb were killed")
    #expect(outcome.status == 0, "\(outcome)")
    #expect(writers.killed > 10)
    #expect(writers.failed == [])
    // Whoever comes next is not held up: he would say so.
    #expect(try machine.login("right", user: scene.user, host: scene.host) == "0")
    try expectWholeStore(machine)
    try expectEveryAcknowledgedLogin(machine)
    let others = try machine.log.filter { !$0.contains(/^(pam_abl: )?refusing user '/) }
    #expect(others.isEmpty, "\(others.prefix(5))")
    #expect(try machine.movedAside == [])
    // Those who were killed leave little behind that the others would have to read. What waits
    // for the store is brought there by the next failure, if sixteen wait: before, it depends on
    // how long the lock was another's. And for 150 s there are the slots of those who were killed
    // in the few microseconds in which they wrote there.
    let used = try slotsAfterFailures(machine)
    print("the table has \(used.count) slots in use: states \(used.sorted())")
    #expect(used.count <= 48)
    // And after a boot: what is not in the store stands in the journal.
    try FileManager.default.removeItem(atPath: machine.path("run"))
    #expect(try machine.login("right", user: scene.user, host: scene.host) == "0")
    try expectEveryAcknowledgedLogin(machine)
    #expect(try machine.ablctl("purge").status == 0)
    #expect(try usedSlots(machine) == [], "all of it is in the store")
    try expectEveryAcknowledgedLogin(machine)
    try expectBlockedAsRecorded(machine)
  }

  /// What stands in the table after the next failure. It gives 300 ms to those of others, and leaves
  /// the rest to the next one.
  private func slotsAfterFailures(_ machine: Machine) throws -> [String] {
    var used: [String] = []
    for number in 1...20 {
      let host = "203.0.\(113 + number).1"
      #expect(try machine.login("wrong", user: "last\(number)", host: host) == "7")
      used = try usedSlots(machine)
      if used.count <= 48 { break }
    }
    return used
  }

  /// What stands in the table.
  private func usedSlots(_ machine: Machine) throws -> [String] {
    let outcome = try Command(
      Repository.program("storetool"), ["slots", machine.runFile("in-flight")]
    ).run()
    try #require(outcome.status == 0, "\(outcome)")
    return outcome.lines
  }

  /// That the store says of each subject whether it is blocked, as its record has it.
  private func expectBlockedAsRecorded(_ machine: Machine) throws {
    let store = try machine.ablctl("store", "--check", "--json")
    #expect(store.status == 0 && store.output.contains(#""misnoted":0"#), "\(store)")
    let all = try JSONLines.decode(
      ListedSubject.self, from: machine.ablctl("list", "--json").output)
    let blocked = try JSONLines.decode(
      ListedSubject.self, from: machine.ablctl("list", "--blocked", "--json").output)
    let expected = all.filter(\.blocked).map { "\($0.kind) \($0.name)" }
    #expect(blocked.map { "\($0.kind) \($0.name)" } == expected)
    print("\(expected.count) of \(all.count) subjects are blocked")
  }

  /// Without its seal, all of it is looked at.
  private func expectWholeStore(_ machine: Machine) throws {
    try FileManager.default.removeItem(atPath: try machine.runFile("seal"))
    let list = try machine.ablctl("list")
    #expect(list.status == 0 && list.error.isEmpty, "\(list)")
  }

  private func expectEveryAcknowledgedLogin(_ machine: Machine) throws {
    let counts = try counts(machine)
    let listed = try JSONLines.decode(
      ListedSubject.self, from: machine.ablctl("list", "--json").output)
    let failures = Dictionary(listed.map { ($0.name, $0.failures) }) { $1 }
    for (name, count) in counts {
      let recorded = failures[name] ?? 0
      #expect(count.acknowledged <= recorded, "\(name): lost of \(count)")
      #expect(recorded <= count.judged, "\(name): \(recorded) of \(count)")
      #expect(recorded <= count.most, "\(name): \(recorded) were judged")
      guard name.hasSuffix("7") else { continue }
      let shown = try JSONLines.decode(
        ShownAttempt.self, from: machine.ablctl("show", name, "--json").output)
      #expect(shown.count == recorded, "\(name)")
    }
    let users = counts.filter { $0.key.hasPrefix("user") }
    let acknowledged = users.values.reduce(0) { $0 + $1.acknowledged }
    let recorded = users.keys.reduce(0) { $0 + (failures[$1] ?? 0) }
    let full = counts.filter { $1.acknowledged == $1.most }.count
    print("\(acknowledged) failures acknowledged, \(recorded) on record; \(full) at a limit")
  }

  private func counts(_ machine: Machine) throws -> [String: Count] {
    var counts: [String: Count] = [:]
    for line in try machine.lines("counts") {
      let words = line.split(separator: " ")
      counts[String(words[0])] = Count(
        judged: try #require(Int(words[1])), acknowledged: try #require(Int(words[2])),
        most: try #require(Int(words[3])))
    }
    return counts
  }
}

/// Writers of the fleet's file beside the store, each killed at any moment; another one takes its place.
private final class FleetStorm: @unchecked Sendable {
  private let isOver = DispatchSemaphore(value: 0)
  private let hasEnded = DispatchSemaphore(value: 0)
  private var killed = 0
  private var failed: [String] = []

  init(beside machine: Machine) {
    let words = [Repository.program("fleetwriter"), machine.path("store"), "0"]
    Thread.detachNewThread { [self] in
      while isOver.wait(timeout: .now()) == .timedOut, let writer = try? Child(words) {
        usleep(.random(in: 20_000...300_000))
        if writer.end() == SIGKILL { killed += 1 } else { failed.append(writer.said) }
      }
      hasEnded.signal()
    }
  }

  /// Returns how many were killed, and what those said that have ended by themselves.
  func end() -> (killed: Int, failed: [String]) {
    isOver.signal()
    hasEnded.wait()
    return (killed, failed)
  }
}
