import Glibc
import Platform
import Policy
import Testing

@testable import Administration

@Suite struct CheckQueryTests {
  @Test(
    "reads what scripts write",
    arguments: [
      (["-H", "192.0.2.7"], 1, 0, nil), (["--host", "a", "--host=b"], 2, 0, nil),
      (["--user=bob", "-U", "eve", "-s", "su"], 0, 2, "su"),
      (["-H", "a", "-U", "b", "--service=ftp", "--quiet", "-c", "/x"], 1, 1, "ftp"),
      (["--json", "-H", "é"], 1, 0, nil),
    ] as [([String], Int, Int, String?)])
  func reads(words: [String], hosts: Int, users: Int, service: String?) throws {
    let query = try #require(CheckQuery(words: ["check"] + words))
    #expect(query.hosts.count == hosts && query.users.count == users)
    #expect(query.service?.shown == service)
    #expect(query.config == (words.contains("-c") ? "/x" : "/etc/security/pam_abl.conf"))
    #expect((query.format == .json) == words.contains("--json"))
  }

  @Test(
    "leaves to ArgumentParser whatever could be a mistake, or is rare",
    arguments: [
      [], ["-h"], ["--help"], ["-H"], ["-H", "a", "-U"], ["-H", "-x"], ["-H", "a", "b"], ["-Ha"],
      ["-H", "a", "--hots", "b"], ["-H", "a", "--json", "--quiet"],
      ["-H", "a", "--json", "--json"],
      ["-H", ""], ["-H", "UNKNOWN"], ["--host="], ["-H", "a", "-s", "x", "-s", "y"], ["--json"],
      ["-H", "a", "-c", "x", "-c", "y"], ["-H", "a", "--"], ["-H=a"], ["-H", "a", "--json=x"],
      ["-H", "a", "--version"],
    ])
  func leaves(words: [String]) {
    #expect(CheckQuery(words: ["check"] + words) == nil)
  }

  @Test(
    "is for no other command", arguments: [[], ["list"], ["help", "check"], ["--x", "check"]])
  func otherCommands(words: [String]) { #expect(CheckQuery(words: words) == nil) }

  @Test("says the same as ArgumentParser's way, which a second --config takes") func same() throws {
    let machine = Machine("host_rule = *:2/1h\nuser_rule = *:3/1h\n")
    try machine.fail(host: "192.0.2.7", user: "bob", at: .now, times: 2)
    for words in [
      ["-H", "192.0.2.7", "-U", "bob"], ["--json", "-H", "192.0.2.7"], ["--quiet", "-U", "bob"],
      ["-H", "192.0.2.7", "-s", "su"],
    ] {
      // `run` adds the one that holds.
      let (short, long) = (words, words + ["-c", machine.config])
      #expect(CheckQuery(words: ["check"] + short + ["-c", "x"]) != nil)
      #expect(CheckQuery(words: ["check"] + long + ["-c", "x"]) == nil)
      func run(_ words: [String]) -> Ended {
        machine.run((["check"] + words).map { Array($0.utf8) })
      }
      #expect(run(short) == run(long))
      #expect(run(short).status == (words.contains("192.0.2.7") ? 2 : 0))
    }
  }
}

@Suite struct UnwrittenTests {
  private let machine = Machine("host_rule = *:3/1h\nuser_rule = *:1/1h\nlock_timeout = 100\n")

  /// Records a failure while another process has the lock of the store.
  private func failUnwritten(host: String?, user: String) throws {
    let blockList = machine.blockList
    let admission = try blockList.admit(.init(host: host, user: user), at: .now)
    guard case .admitted(let reservation?) = admission else { throw Failure(message: "refused") }
    let home = try File.directory(creating: Path((machine.directory + "/db").utf8))
    let lock = try FileLock("lock", in: home, .exclusive, until: Deadline(milliseconds: 10_000))
    // No login waits for the lock: the failure stands in the journal.
    try blockList.settle(reservation, .failed, at: .now)
    withExtendedLifetime(lock) {}
  }

  @Test("failures that are not written yet count as they do for the module") func unwritten() throws
  {
    try machine.fail(host: "192.0.2.7", user: nil, at: .now, times: 2)
    try machine.fail(host: "192.0.2.9", user: "zoe", at: .now)
    #expect(machine.ablctl("check", "-H", "192.0.2.7").status == 0)
    try failUnwritten(host: "192.0.2.7", user: "bob")
    try failUnwritten(host: "192.0.2.8", user: "eve")
    #expect(machine.ablctl("check", "-H", "192.0.2.7").status == 2)
    #expect(machine.ablctl("check", "-U", "bob").status == 2)
    #expect(machine.ablctl("show", "192.0.2.7", "--json").lines.count == 3)
    let all = machine.ablctl("list", "--quiet")
    #expect(all.output == "192.0.2.7\n192.0.2.8\n192.0.2.9\nbob\neve\nzoe\n")
    #expect(
      machine.ablctl("list", "hosts", "--quiet").output == "192.0.2.7\n192.0.2.8\n192.0.2.9\n")
    #expect(machine.ablctl("list", "users", "--quiet").output == "bob\neve\nzoe\n")
    #expect(machine.ablctl("list", "hosts", "--blocked", "--quiet").output == "192.0.2.7\n")
    #expect(machine.ablctl("list", "hosts", "--json").lines[0].contains(#""failures":3,"#))
  }
}
