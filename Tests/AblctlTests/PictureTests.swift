import BlockList
import Foundation
import Harness
import Policy
import Testing
import Upkeep

@testable import Administration

/// What each command of ablctl prints, whole, with its exit status, on terminals of 80 and of 120 columns.
///
/// The pictures are in Tests/Support/golden; `ABL_GOLDEN=write` in front of the tests makes them anew.
@Suite("Each command looks as its picture does") struct PictureTests {
  private static let pictures: [(name: String, words: [String])] = [
    ("list", ["list"]), ("list-blocked", ["list", "--blocked"]),
    ("show-host", ["show", "192.0.2.9"]),
    ("show-user", ["show", "alice"]), ("explain-blocked", ["explain", "192.0.2.7"]),
    ("explain-user", ["explain", "alice"]), ("explain-unknown", ["explain", "nobody"]),
    ("explain-all", ["explain", "--all", "192.0.2.7"]),
    ("check", ["check", "-H", "192.0.2.7", "-U", "alice"]),
    ("unblock", ["unblock", "--dry-run", "192.0.2.0/24", "nobody"]),
    ("simulate", ["simulate", "--host-rule", "*:2/1h"]),
    ("effective", ["check-config", "--effective"]), ("stats", ["stats", "--by", "user"]),
    ("usage", ["lst"]), ("help-block", ["block", "--help"]),
    ("help-explain", ["explain", "--help"]),
  ]

  @Test("with names of every kind", arguments: pictures)
  func names(name: String, words: [String]) throws {
    try compare(name, Machine.withNames(TerminalTests.hostile), words)
  }

  private static let others: [(name: String, words: [String])] = [
    ("events", ["events"]),
    ("known-list", ["known", "list"]), ("known-forget", ["known", "forget", "zoe"]),
    ("check-config", ["check-config"]), ("update", ["update"]),
    ("fail", ["fail", "-H", "192.0.2.8", "-s", "sshd"]),
    ("block", ["block", "198.51.100.0/24", "--for", "2d", "--reason", "a scanner"]),
    ("allow", ["allow", "192.0.2.7", "--for", "30d"]), ("disallow", ["disallow", "192.0.2.7"]),
    ("unblock-host", ["unblock", "192.0.2.7"]), ("purge", ["purge"]),
    ("import-missing", ["import", "abl", "/nonexistent"]),
    ("list-json", ["list", "--json"]), ("show-json", ["show", "--json", "192.0.2.7"]),
    ("explain-json", ["explain", "--json", "192.0.2.7"]),
    ("check-json", ["check", "--json", "-H", "192.0.2.7"]),
    ("events-json", ["events", "--json"]),
    ("stats-json", ["stats", "--json", "--by", "user"]),
    ("simulate-json", ["simulate", "--json", "--host-rule", "*:2/1h"]),
    ("effective-json", ["check-config", "--effective", "--json"]),
    ("store", ["store"]), ("store-check", ["store", "--check"]),
    ("metrics", ["metrics"]), ("export", ["export"]), ("compact", ["compact"]),
    ("unblock-nothing", ["unblock"]), ("fail-nothing", ["fail"]),
    ("block-everything", ["block", "0.0.0.0/0"]),
    ("unblock-json", ["unblock", "--json", "192.0.2.7", "zoe"]),
  ]

  @Test("for people and for programs", arguments: others)
  func eachCommand(name: String, words: [String]) throws {
    let sample = Machine("host_rule = *:3/1h\nuser_rule = !root:5/1d\nuser_known = 30d\n")
    for number in 0..<3 {
      let time = Timestamp.now.adding(Int64(number) - 9)
      try sample.fail(host: "192.0.2.7", user: "alice", at: time)
    }
    _ = sample.ablctl("list")
    try compare(name, sample, words)
  }

  /// The words of each of them.
  static var all: [[String]] { (pictures + others).map { $0.words } + [["list", "decrees"]] }

  @Test("with decrees") func decrees() throws {
    let machine = try Machine.withDecrees(TerminalTests.hostile)
    try compare("decrees", machine, ["list", "decrees"])
    try compare("explain-decree", machine, ["explain", "192.0.2.7"])
  }
}

extension PictureTests {
  private func compare(_ name: String, _ machine: Machine, _ words: [String]) throws {
    for columns in [80, 120] {
      let run = machine.ablctl(onTerminalOf: columns, words)
      let lines = run.lines.map { Picture.stable($0, machine.directory) }
      let seen = (lines + ["exit status \(run.status)"]).joined(separator: "\n") + "\n"
      try Picture.compare("\(name)-\(columns)", with: seen)
    }
  }
}

extension Machine {
  /// One on which `names` have failed, as hosts and as users, and some usual ones.
  static func withNames(_ names: [String]) throws -> Machine {
    let machine = Machine("host_rule = *:3/1h,30/1d\nuser_rule = !root:5/1d\n")
    let now = Timestamp.now
    try machine.fail(host: "192.0.2.7", user: "alice", at: now, times: 3)
    try machine.fail(
      host: "2001:db8:1111:2222:3333:4444:5555:6666", user: "alice", at: now, times: 2)
    for name in names { try machine.fail(host: "192.0.2.9", user: name, at: now) }
    for name in names { try machine.fail(host: name, user: "root", at: now) }
    return machine
  }

  /// One on which the users `names` are blocked by hand, and two networks are allowed.
  static func withDecrees(_ names: [String]) throws -> Machine {
    let decreed = Machine()
    let now = Timestamp.now
    let targets: [AllowList.Entry] = [
      .network(Network(.v4(0xC000_0200), prefixLength: 24)),
      .network(
        Network(.v6(high: 0x2001_0DB8_1111_2222, low: 0x3333_4444_5555_6666), prefixLength: 128)),
    ]
    var orders = targets.map {
      DecreeOrder(
        .allow, $0, until: now.adding(86_400), by: "root (sudo: anna)", reason: "our scanner",
        at: now)
    }
    orders += names.map {
      let name = Name(Array($0.utf8))
      return DecreeOrder(
        .block, .user(Name(bounded: name.bytes)), by: "root", reason: name, at: now)
    }
    try decreed.blockList.decree(orders, at: now)
    return decreed
  }

  /// Runs ablctl on a terminal of so many columns.
  func ablctl(
    onTerminalOf columns: Int, _ words: [String]
  ) -> (lines: [String], status: Int32) {
    let command = ([Machine.program] + words + ["--config", config]).map {
      "'" + $0.replacing("'", with: #"'\''"#) + "'"
    }
    let line = "stty cols \(columns) rows 24 -echo; " + command.joined(separator: " ")
    let ended = Machine.spawn(
      "/usr/bin/script", ["-qec", line, "/dev/null"].map { Array($0.utf8) },
      environment: [
        "TZ=UTC", "LC_ALL=C.UTF-8", "TERM=xterm", "NO_COLOR=1", "PATH=/usr/bin:/bin",
        "ABLCTL_PAGER=",
      ])
    // To Swift a carriage return and a newline are one character.
    let scalars = ended.output.unicodeScalars.filter { $0 != "\r" }
    let lines = String(String.UnicodeScalarView(scalars)).split(
      separator: "\n", omittingEmptySubsequences: false)
    return (lines.map { String($0) }, ended.status)
  }
}
