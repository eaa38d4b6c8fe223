import Foundation
import Harness
import Testing

/// A power cut, by a model of the disk: what was written since the last sync is there or not, each
/// sector on its own.
@Suite("A power cut", .serialized)
struct PowerCutTests {
  @Test("whatever of the last writes reaches the disk, no more than the last commit is undone")
  func cuts() throws {
    let machine = try Machine(
      "host_rule=*:10/1h", "user_rule=*:10/1h", "host_purge=1d", "user_purge=1d", "max_size=1M")
    try record(machine)
    let outcome = try machine.run(
      "powercut", machine.path("record"), Effort.count(1000, long: 20_000),
      "\(UInt32.random(in: 1...999_999))", Machine.ablctl, patience: 1200)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.standardOutput.contains(" 0 wrong;"), "\(outcome)")
  }

  @Test("and no failure that was acknowledged is lost, in the store or in the journal")
  func acknowledged() throws {
    let machine = try Machine("host_rule=*:10/1h", "user_rule=*:10/1h", "max_size=4M")
    let promises = ["ACKNOWLEDGED": machine.path("store/acknowledged")]
    try flood(machine, 150, promises)
    #expect(try recorded(machine, "purge").status == 0)
    try flood(machine, 60, promises)
    #expect(try recorded(machine, "compact").status == 0)
    try flood(machine, 60, promises)
    #expect(try machine.log == [])
    let outcome = try machine.run(
      "powercut", machine.path("record"), Effort.count(1000, long: 10_000),
      "\(UInt32.random(in: 1...999_999))", Machine.ablctl, patience: 1200)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.standardOutput.contains(" 0 wrong;"), "\(outcome)")
  }

  @Test("nor where the table can't be had, so that failures wait in a file of their own")
  func late() throws {
    let machine = try Machine("host_rule=*:10/1h", "user_rule=*:10/1h", "max_size=4M")
    let promises = ["ACKNOWLEDGED": machine.path("store/acknowledged")]
    // The file alone; then the store, and the journal, and the file beside them.
    try machine.withoutTable { try flood(machine, 60, promises) }
    #expect(try recorded(machine, "purge").status == 0)
    try flood(machine, 30, promises)
    try machine.withoutTable { try flood(machine, 30, promises) }
    #expect(try recorded(machine, "purge").status == 0)
    let outcome = try machine.run(
      "powercut", machine.path("record"), Effort.count(500, long: 10_000),
      "\(UInt32.random(in: 1...999_999))", Machine.ablctl, patience: 1200)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.standardOutput.contains(" 0 wrong;"), "\(outcome)")
  }

  @Test("nor with what abld writes of the fleet beside the store, which is never synced")
  func fleet() throws {
    let machine = try Machine("host_rule=*:10/1h", "user_rule=*:10/1h", "max_size=4M")
    let promises = ["ACKNOWLEDGED": machine.path("store/acknowledged")]
    for round in 0..<6 {
      try flood(machine, 30, promises)
      let words = [machine.path("store"), "12"]
      let outcome = try Command(
        Machine.program("fleetwriter"), words, environment: machine.recording
      ).run()
      #expect(outcome.status == 0, "\(outcome)")
      if round % 2 == 1 { #expect(try recorded(machine, "purge").status == 0) }
    }
    try flood(machine, 30, promises)
    #expect(try machine.log == [])
    let outcome = try machine.run(
      "powercut", machine.path("record"), Effort.count(200, long: 20_000),
      "\(UInt32.random(in: 1...999_999))", Machine.ablctl, patience: 2400)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.standardOutput.contains(" 0 wrong;"), "\(outcome)")
  }

  /// Makes the store, fills it until it lets go of the oldest, forgives, purges, and goes on.
  private func record(_ machine: Machine) throws {
    try flood(machine, 400)
    let listed = try JSONLines.decode(
      ListedSubject.self, from: machine.ablctl("list", "--json").standardOutput)
    #expect(listed.count < 750, "it has let go of some: \(listed.count)")
    for subject in listed.prefix(5) {
      #expect(try recorded(machine, "unblock", subject.name).status == 0)
    }
    // A day of a clock that can be trusted, and what was there has expired.
    try machine.setClock(2 * 86400)
    try flood(machine, 50)
    #expect(try recorded(machine, "purge").standardOutput.hasPrefix("removed "))
    try flood(machine, 50)
    if try machine.hasCompact { #expect(try recorded(machine, "compact").status == 0) }
    try flood(machine, 50)
    #expect(try recorded(machine, "unblock", "--all").status == 0)
    try flood(machine, 50)
    if try machine.hasCompact { #expect(try recorded(machine, "compact").status == 0) }
    try flood(machine, 20)
    let log = try machine.log
    #expect(log == [])
  }

  private func flood(
    _ machine: Machine, _ count: Int, _ more: [String: String] = [:]
  ) throws {
    let words = [machine.directory.url.path, "\(count)", "1", "0"]
    let environment = machine.recording.merging(more) { $1 }
    let outcome = try Command(Machine.support("flood"), words, environment: environment).run()
    #expect(outcome.status == 0, "\(outcome)")
  }

  private func recorded(_ machine: Machine, _ command: String, _ words: String...) throws
    -> Outcome
  {
    let words = [command, "--config", machine.path("pam_abl.conf")] + words
    return try Command(Machine.ablctl, words, environment: machine.recording).run()
  }
}

extension Machine {
  /// Calls `body` while others may write to `run_home`, so that nothing there is trusted.
  fileprivate func withoutTable(_ body: () throws -> Void) throws {
    #expect(chmod(path("run"), 0o777) == 0)
    try body()
    let untrusted = "cannot trust '\(path("run"))'"
    #expect(try log.allSatisfy { $0.contains(untrusted) })
    #expect(chmod(path("run"), 0o700) == 0)
  }

  /// What a process is given whose writes are to be written down.
  fileprivate var recording: [String: String] {
    let recorder = Machine.support("blockrecorder.so")
    return environment.merging([
      "LD_PRELOAD": "\(recorder):\(Machine.support("testshim.so"))",
      "ABL_RECORD_DIRECTORY": path("store"), "ABL_RECORD_LOG": path("record"),
    ]) { $1 }
  }
}
