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
    let outcome = try machine.run(
      "killstorm", "10000", Effort.isLong ? "0" : "60", Machine.ablctl,
      hasCompact ? "compact" : "update", patience: 1200)
    #expect(outcome.status == 0, "\(outcome)")
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

  /// What stands in the table.
  private func usedSlots(_ machine: Machine) throws -> [String] {
    let outcome = try Command(
      Repository.program("storetool"), ["slots", machine.runFile("in-flight")]
    ).run()
    try #require(outcome.status == 0, "\(outcome)")
    return outcome.lines
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
      #expect(recorded <= count.started, "\(name): \(recorded) of \(count)")
      guard name.hasSuffix("7") else { continue }
      let shown = try JSONLines.decode(
        ShownAttempt.self, from: machine.ablctl("show", name, "--json").output)
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
