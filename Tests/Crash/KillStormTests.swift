import Foundation
import Harness
import Testing

/// Processes that are killed, and what the others find.
@Suite("A storm of kills", .serialized)
struct KillStormTests {
  /// How often who fails logins was seen to begin, and to come to an end.
  private struct Count {
    let started, acknowledged: Int
  }

  @Test("killed at any moment, half within the lock: nothing acknowledged is lost, nothing torn")
  func storm() throws {
    let machine = try Machine(
      "host_rule=*:9999/1h", "user_rule=*:9999/1h", "limits=10000-10000",
      // For ablctl: how long a lock is another's on a busy machine is no promise.
      "lock_timeout=60s", on: .disk)
    let hasCompact = try machine.hasCompact
    print(
      "ablctl compact \(hasCompact ? "runs" : "isn't there, and doesn't run") beside the logins")
    let fleet = FleetStorm(beside: machine)
    let outcome = try machine.run(
      "killstorm", "10000", Effort.isLong ? "0" : "60", Machine.ablctl,
      hasCompact ? "compact" : "update", patience: 1200)
    let writers = fleet.end()
    print("beside it \(writers.killed) writers of fleet.mdb were killed")
    #expect(outcome.status == 0, "\(outcome)")
    #expect(writers.killed > 10 && writers.failed == 0)
    // Whoever comes next is not held up: he would say so.
    #expect(try machine.login("right", user: "user0", host: "198.51.100.0") == "0")
    try expectWholeStore(machine)
    try expectEveryAcknowledgedLogin(machine)
    #expect(try machine.log == [])
    #expect(try machine.movedAside == [])
    // Those who were killed leave little behind that the others would have to read. What waits
    // for the store is brought there by the next failure, if sixteen wait: before, it depends on
    // how long the lock was another's. And for 150 s there are the slots of those who were killed
    // in the few microseconds in which they wrote there.
    #expect(try machine.login("wrong", user: "last", host: "203.0.113.1") == "7")
    let used = try usedSlots(machine)
    print("the table has \(used.count) slots in use: states \(used.sorted())")
    #expect(used.count <= 48)
    // And after a boot: what is not in the store stands in the journal.
    try FileManager.default.removeItem(atPath: machine.path("run"))
    #expect(try machine.login("right", user: "user0", host: "198.51.100.0") == "0")
    try expectEveryAcknowledgedLogin(machine)
    #expect(try machine.ablctl("purge").status == 0)
    #expect(try usedSlots(machine) == [], "all of it is in the store")
    try expectEveryAcknowledgedLogin(machine)
  }

  /// The states of these (InFlight.State). The compact part of the table stands behind a page,
  /// 128 bytes for each slot, and the state in the lowest 4 bits of the first.
  private func usedSlots(_ machine: Machine) throws -> [UInt8] {
    let path = try machine.runPath("in-flight")
    let table = try Data(contentsOf: URL(fileURLWithPath: path))
    try #require(table.count == 4096 + 4096 * (128 + 1024))
    return (0..<4096).map { table[4096 + 128 * $0] & 15 }.filter { $0 != 0 }
  }

  /// Without its seal, all of it is looked at.
  private func expectWholeStore(_ machine: Machine) throws {
    try FileManager.default.removeItem(atPath: try machine.runPath("seal"))
    let list = try machine.ablctl("list")
    #expect(list.status == 0 && list.standardError.isEmpty, "\(list)")
  }

  private func expectEveryAcknowledgedLogin(_ machine: Machine) throws {
    let counts = try counts(machine)
    let listed = try JSONLines.decode(
      ListedSubject.self, from: machine.ablctl("list", "--json").standardOutput)
    let failures = Dictionary(listed.map { ($0.name, $0.failures) }) { $1 }
    for (name, count) in counts {
      let recorded = failures[name] ?? 0
      #expect(count.acknowledged <= recorded, "\(name): lost of \(count)")
      #expect(recorded <= count.started, "\(name): \(recorded) of \(count)")
      guard name.hasSuffix("7") else { continue }
      let shown = try JSONLines.decode(
        ShownAttempt.self, from: machine.ablctl("show", name, "--json").standardOutput)
      #expect(shown.count == recorded, "\(name)")
    }
    let acknowledged = counts.values.reduce(0) { $0 + $1.acknowledged }
    let recorded = counts.keys.reduce(0) { $0 + (failures[$1] ?? 0) }
    print("\(acknowledged / 2) logins acknowledged, \(recorded / 2) on record, 0 lost")
  }

  private func counts(_ machine: Machine) throws -> [String: Count] {
    var counts: [String: Count] = [:]
    for line in try machine.lines("counts") {
      let words = line.split(separator: " ")
      counts[String(words[0])] = Count(
        started: try #require(Int(words[1])), acknowledged: try #require(Int(words[2])))
    }
    return counts
  }
}

/// Writers of the fleet's file beside the store, each killed at any moment; another one takes its place.
private final class FleetStorm: @unchecked Sendable {
  private let isOver = DispatchSemaphore(value: 0)
  private let hasEnded = DispatchSemaphore(value: 0)
  private var (killed, failed) = (0, 0)

  init(beside machine: Machine) {
    let words = [Machine.program("fleetwriter"), machine.path("store"), "0"]
    Thread.detachNewThread { [self] in
      while isOver.wait(timeout: .now()) == .timedOut, let writer = try? Child(words) {
        usleep(.random(in: 20_000...300_000))
        if writer.end() == SIGKILL { killed += 1 } else { failed += 1 }
      }
      hasEnded.signal()
    }
  }

  /// Returns how many were killed, and how many have ended by themselves.
  func end() -> (killed: Int, failed: Int) {
    isOver.signal()
    hasEnded.wait()
    return (killed, failed)
  }
}
