import BlockList
import Foundation
import Harness
import Policy
import Testing

@testable import Administration

/// What ablctl prints on a real terminal, of 80 and of 120 columns.
///
/// The pictures are in Tests/Support/golden; `ABL_GOLDEN=write` in front of the tests makes them anew.
@Suite struct TerminalTests {
  private let machine: Machine

  private init(_ machine: Machine) { self.machine = machine }

  private static let hostile = [
    String(repeating: "n", count: 255), String(repeating: "名前", count: 40),
    "\u{1B}[31mred\u{07}", "bob   9  blocked", String(repeating: " ", count: 80),
    "e" + String(repeating: "\u{301}", count: 100), "\u{202E}gnp",
  ]

  init() throws {
    machine = Machine("host_rule = *:3/1h,30/1d\nuser_rule = !root:5/1d\n")
    let now = Timestamp.now
    try machine.fail(host: "192.0.2.7", user: "alice", at: now, times: 3)
    try machine.fail(
      host: "2001:db8:1111:2222:3333:4444:5555:6666", user: "alice", at: now, times: 2)
    for name in Self.hostile { try machine.fail(host: "192.0.2.9", user: name, at: now) }
    for name in Self.hostile { try machine.fail(host: name, user: "root", at: now) }
  }

  /// Runs ablctl on a terminal of so many columns.
  private func ablctl(_ columns: Int, _ words: [String]) -> [String] {
    let command = ([Machine.program] + words + ["--config", machine.config]).map {
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
    return String(String.UnicodeScalarView(scalars)).split(
      separator: "\n", omittingEmptySubsequences: false
    ).map { String($0) }
  }

  private static let commands = [
    ["list"], ["list", "--blocked"], ["list", "users", "--sort", "failures"],
    ["show", "192.0.2.9"],
    ["show", "alice"], ["explain", "192.0.2.7"], ["explain", "192.0.2.9"], ["explain", "alice"],
    ["explain", "root"], ["explain", "--all", "192.0.2.9"], ["explain", "nobody"],
    ["check", "-H", "192.0.2.7", "-U", "alice"], ["status"], ["stats", "--by", "user"],
    ["stats", "--by", "host"], ["unblock", "-n", "192.0.2.0/24"],
    ["simulate", "--host-rule", "*:2/1h", "--user-rule", "*:99/1h"], ["doctor"],
    ["unblock", "-n", String(repeating: "名前", count: 40)],
  ]

  @Test(
    "prints no line that the terminal would wrap, whatever names there are", arguments: commands)
  func fits(words: [String]) {
    for columns in [60, 80, 120] {
      for line in ablctl(columns, words) {
        #expect(line.columns <= columns, "\(columns) columns: \(line)")
      }
    }
  }

  @Test("prints no control character, whatever names there are", arguments: commands)
  func isHarmless(words: [String]) {
    for line in ablctl(80, words) {
      let controls = line.unicodeScalars.filter { $0.value < 32 || (0x7F..<0xA0) ~= $0.value }
      #expect(controls.isEmpty, "\(line)")
      #expect(!line.unicodeScalars.contains("\u{202E}"))
    }
  }

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

  @Test("looks as its picture does, at 80 and at 120 columns", arguments: pictures)
  func golden(name: String, words: [String]) throws {
    for columns in [80, 120] {
      let file = URL(fileURLWithPath: Repository.file("Tests/Support/golden/\(name)-\(columns)"))
      let seen = ablctl(columns, words).map { stable($0) }.joined(separator: "\n")
      if ProcessInfo.processInfo.environment["ABL_GOLDEN"] == "write" {
        try seen.write(to: file, atomically: true, encoding: .utf8)
      }
      #expect(try String(contentsOf: file, encoding: .utf8) == seen, "\(name)-\(columns)")
    }
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
    ("unblock-json", ["unblock", "--json", "192.0.2.7", "zoe"]),
  ]

  @Test("each command looks as its picture does, for people and for programs", arguments: others)
  func eachCommand(name: String, words: [String]) throws {
    let sample = Machine("host_rule = *:3/1h\nuser_rule = !root:5/1d\nuser_known = 30d\n")
    for number in 0..<3 {
      let time = Timestamp.now.adding(Int64(number) - 9)
      try sample.fail(host: "192.0.2.7", user: "alice", at: time)
    }
    _ = sample.ablctl("list")
    try TerminalTests(sample).golden(name: name, words: words)
  }

  /// Without what differs each time: moments, and the directory.
  private func stable(_ line: String) -> String {
    var line = line.replacing(machine.directory, with: "/tmp/ablctl-test-XXXXXX")
    for (pattern, mark) in [
      (#"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"#, "YYYY-MM-DD hh:mm:ss"),
      // In two lines.
      (#"\d{4}-\d\d-\d\d$"#, "YYYY-MM-DD"), (#"^( +)\d\d:\d\d:\d\d"#, "$1hh:mm:ss"),
      (#"\d\d-\d\d \d\d:\d\d:\d\d"#, "MM-DD hh:mm:ss"), (#"\d\d-\d\d \d\d:\d\d"#, "MM-DD hh:mm"),
      (#"(59 min|1 h)\b"#, "1 h"), (#"(23 h 59 min|24 h)"#, "24 h"),
      (#"\b1[6-9]\d{8}\b"#, "TIME"),
      (#"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"#, "YYYY-MM-DDThh:mm:ssZ"),
    ] {
      line = line.replacingOccurrences(of: pattern, with: mark, options: .regularExpression)
    }
    return line
  }

  @Test("shows decrees as their picture does, and no line that the terminal would wrap")
  func decrees() throws {
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
    orders += Self.hostile.map {
      let name = Name(Array($0.utf8))
      return DecreeOrder(
        .block, .user(Name(bounded: name.bytes)), by: "root", reason: name, at: now)
    }
    try decreed.blockList.decree(orders, at: now)
    let own = TerminalTests(decreed)
    for words in [
      ["list", "decrees"], ["list"], ["explain", "192.0.2.7"], ["check", "192.0.2.7"],
    ] {
      for columns in [60, 80, 120] {
        for line in own.ablctl(columns, words) {
          #expect(line.columns <= columns, "\(columns) columns: \(line)")
          #expect(line.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 0x202E })
        }
      }
    }
    try own.golden(name: "decrees", words: ["list", "decrees"])
    try own.golden(name: "explain-decree", words: ["explain", "192.0.2.7"])
  }

  @Test("fits with 100 000 subjects, and with none") func many() throws {
    let records = (0..<100_000).map { number in
      let attempt = RecordedAttempt(
        id: UInt64(number + 1000), time: .now, state: .failed, reason: .authentication,
        service: "sshd", counterpart: nil)
      return ImportedHistory(
        .user(Name(Array("user\(number)".utf8))), wasBlocked: false, [attempt])
    }
    let many = Machine()
    for start in stride(from: 0, to: records.count, by: 1000) {
      _ = try many.blockList.add(Array(records[start..<(start + 1000)]), at: .now)
    }
    let (own, none) = (TerminalTests(many), TerminalTests(Machine()))
    for words in [["list"], ["status"], ["stats", "--by", "user"]] {
      let lines = own.ablctl(80, words)
      #expect(lines.allSatisfy { $0.columns <= 80 })
      #expect(none.ablctl(80, words).allSatisfy { $0.columns <= 80 })
      if words == ["list"] { #expect(lines.count == 100_002) }
    }
    #expect(none.ablctl(80, ["list", "--blocked"]) == ["nobody is blocked", ""])
  }
}
