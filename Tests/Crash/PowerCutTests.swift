import Foundation
import Harness
import Testing

/// A power cut, by a model of the disk: what was written since the last sync is there or not, each
/// sector on its own.
@Suite("A power cut", .serialized)
struct PowerCutTests {
  private static let plain = ["host_rule=*:10/1h", "user_rule=*:10/1h"]
  /// All keys that count, know or block more than pam_abl does; with decrees.
  private static let everything = Machine.everything

  @Test(
    "whatever of the last writes reaches the disk, no more than the last commit is undone",
    arguments: [[], everything])
  func cuts(_ more: [String]) throws {
    let rules = more.isEmpty ? Self.plain : more + ["network_purge=1d"]
    let machine = try Machine(rules: rules + ["host_purge=1d", "user_purge=1d", "max_size=1M"])
    try record(machine, decrees: !more.isEmpty)
    try cut(machine, Effort.count(more.isEmpty ? 500 : 300, long: 10_000))
  }

  @Test(
    "and no failure that was acknowledged is lost, in the store or in the journal, nor its block",
    arguments: [[], everything])
  func acknowledged(_ more: [String]) throws {
    // One failure blocks where each host has to be.
    let rules = more.isEmpty ? Self.plain : more + ["host_rule=*:1/1h", "user_rule=*:1/1h"]
    let machine = try Machine(rules: rules + ["max_size=4M"])
    let promises = ["ACKNOWLEDGED": machine.path("store/acknowledged")]
    try flood(machine, 150, promises)
    #expect(try recorded(machine, "purge").status == 0)
    if !more.isEmpty {
      #expect(try recorded(machine, "block", "mallory").status == 0)
      #expect(try recorded(machine, "allow", "trent", "--for", "1h").status == 0)
    }
    try flood(machine, 60, promises)
    #expect(try recorded(machine, "compact").status == 0)
    try flood(machine, 60, promises)
    #expect(try machine.log == [])
    let images = Effort.count(more.isEmpty ? 500 : 200, long: 5000)
    try cut(machine, images, more.isEmpty ? [] : ["blocked"])
  }

  @Test(
    "nor where the table can't be had, so that failures wait in a file of their own",
    .enabled(if: geteuid() == 0, "another user's program leaves the attempt to the stack then"))
  func late() throws {
    let machine = try Machine("host_rule=*:10/1h", "user_rule=*:10/1h", "max_size=4M")
    let promises = ["ACKNOWLEDGED": machine.path("store/acknowledged")]
    // The file alone; then the store, and the journal, and the file beside them.
    try machine.withoutTable { try flood(machine, 60, promises) }
    #expect(try recorded(machine, "purge").status == 0)
    try flood(machine, 30, promises)
    try machine.withoutTable { try flood(machine, 30, promises) }
    #expect(try recorded(machine, "purge").status == 0)
    try cut(machine, Effort.count(500, long: 10_000))
  }

  private func cut(_ machine: Machine, _ images: String, _ more: [String] = []) throws {
    let seed = "\(UInt32.random(in: 1...999_999))"
    let words = [machine.path("record"), images, seed, Machine.ablctl] + more
    let outcome = try machine.run("powercut", words, [:], patience: 1200)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.output.contains(" 0 wrong;"), "\(outcome)")
  }

  @Test("nor with what abld writes of the fleet beside the store, which is never synced")
  func fleet() throws {
    let machine = try Machine("host_rule=*:10/1h", "user_rule=*:10/1h", "max_size=4M")
    let promises = ["ACKNOWLEDGED": machine.path("store/acknowledged")]
    for round in 0..<6 {
      try flood(machine, 30, promises)
      let words = [machine.path("store"), "12"]
      let outcome = try Command(
        Repository.program("fleetwriter"), words, environment: machine.recording
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
    #expect(outcome.output.contains(" 0 wrong;"), "\(outcome)")
  }

  /// Makes the store, fills it until it lets go of the oldest, forgives, purges, and goes on.
  private func record(_ machine: Machine, decrees: Bool) throws {
    // A store that is nearly full takes no decrees.
    try flood(machine, 20)
    if decrees { try decree(machine) }
    try flood(machine, 380)
    let listed = try JSONLines.decode(
      ListedSubject.self, from: machine.ablctl("list", "--json").output)
    // With everything on there are networks, too.
    #expect(listed.count < (decrees ? 1150 : 750), "it has let go of some: \(listed.count)")
    for subject in listed.filter({ ["host", "user"].contains($0.kind) }).prefix(5) {
      #expect(try recorded(machine, "unblock", subject.name).status == 0)
    }
    // A day of a clock that can be trusted, and what was there has expired.
    try machine.setClock(2 * 86400)
    try flood(machine, 50)
    #expect(try recorded(machine, "purge").output.hasPrefix("removed "))
    try flood(machine, 50)
    #expect(try recorded(machine, "compact").status == 0)
    try flood(machine, 50)
    #expect(try recorded(machine, "unblock", "--all").status == 0)
    try flood(machine, 50)
    #expect(try recorded(machine, "compact").status == 0)
    try flood(machine, 20)
    let log = try machine.log
    #expect(log == [])
  }

  /// Decrees of each kind come and go, and a user gets in from home, which the next failures take
  /// along into the store.
  private func decree(_ machine: Machine) throws {
    #expect(try recorded(machine, "block", "203.0.113.0/24", "mallory").status == 0)
    #expect(try recorded(machine, "allow", "203.0.113.0/28", "--for", "1h").status == 0)
    #expect(try recorded(machine, "block", "203.0.113.7", "--for", "1d").status == 0)
    let words = ["--confdir", machine.path("pam.d"), "--service", "t", "--user", "alice"]
    let login = try Command(
      Machine.support("pamdrive"),
      words + ["--rhost", "192.0.2.9", "auth:right", "acct", "setcred", "end"],
      environment: machine.recording
    ).run()
    #expect(login.lines.allSatisfy { $0.contains(" 0 ") }, "\(login)")
    try flood(machine, 20)
    #expect(try recorded(machine, "disallow", "203.0.113.0/28").status == 0)
    // It brings what waits into the store, too. Where a user is known only a program of root says.
    let known = try recorded(machine, "known", "--json")
    #expect(known.output.contains(#""user":"alice""#) == (geteuid() == 0), "\(known)")
  }

  private func flood(
    _ machine: Machine, _ count: Int, _ more: [String: String] = [:]
  ) throws {
    let words = [machine.directory, "\(count)", "1", "0"]
    let environment = machine.recording.merging(more) { $1 }
    let outcome = try Command(Machine.support("flood"), words, environment: environment).run()
    #expect(outcome.status == 0, "\(outcome)")
  }

  private func recorded(_ machine: Machine, _ command: String, _ words: String...) throws
    -> Ended
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
