import BlockList
import Foundation
import FoundationXML
import Policy
import Testing
import Upkeep

@testable import Administration

@Suite struct StatsTests {
  private let machine = Machine()
  /// 2026-11-21 12:34:56, and an attempt is as old as the test says.
  private let noon = Timestamp(seconds: 1_795_264_496)

  /// The clock that ablctl is to see, which stands still for long enough.
  private func clock(_ time: Timestamp) throws -> [String] {
    try Later(seconds: Int(time.interval(since: .now)), machine).environment
  }

  private func stats(_ arguments: String..., environment: [String] = []) throws -> Ended {
    let words = (["stats"] + arguments).map { Array($0.utf8) }
    return machine.run(words, environment: try clock(noon) + environment)
  }

  private func fill() throws {
    try machine.fail(host: "192.0.2.7", user: "root", at: noon.adding(-3000), times: 3)
    try machine.fail(host: "192.0.2.7", user: "bob", at: noon.adding(-2 * 86_400), times: 2)
    try machine.fail(host: nil, user: "bob", service: "su", at: noon.adding(-60))
    try machine.fail(host: "2001:db8::1", user: nil, service: "vsftpd", at: noon.adding(-90_000))
    try machine.fail(host: "192.0.2.9", user: "eve", at: noon.adding(-30 * 86_400))
  }

  /// What the clock was when ablctl looked may be a second or two later.
  private func steady(_ text: String) -> String {
    text.replacing(/12:3[45]:\d\d/, with: "12:34:56")
  }

  @Test("draws a bar for each day, and counts each attempt once") func days() throws {
    try fill()
    let ended = try stats("--since", "3d")
    #expect(ended.error == "")
    #expect(ended.status == 0)
    let bars = [25, 13, 50].map { String(repeating: "#", count: $0) }
    #expect(
      steady(ended.output) == """
        since    2026-11-18 12:34:56
        failed   7 attempts
        refused  0 attempts
        from     2 hosts, for 2 users
        blocked  1 host and 0 users, now

        DAY          FAILED  REFUSED
        2026-11-18        0        0
        2026-11-19        2        0  \(bars[0])
        2026-11-20        1        0  \(bars[1])
        2026-11-21        4        0  \(bars[2])

        """)
    #expect(ended.lines.map { $0.count }.max() == 80)
  }

  @Test("has names by the number of their attempts, and says what it leaves out")
  func names() throws {
    try fill()
    let users = try stats("--by", "user", "--since", "60d", "--top", "2").lines.dropFirst(5)
    #expect(
      users.joined(separator: "\n") == """
        USER   FAILED  REFUSED
        bob         3        0  \(String(repeating: "#", count: 56))
        root        3        0  \(String(repeating: "#", count: 56))
        1 other: 1 failed, 0 refused
        """)
    let hosts = try stats("--by", "host").lines.dropFirst(5)
    #expect(
      hosts.map { String($0.prefix(30)) } == [
        "HOST            FAILED  REFUSE", "192.0.2.7            5        ",
        "2001:db8::/64        1        ",
      ])
    let services = try stats("--by", "service").lines.dropFirst(6)
    #expect(services.map { $0.prefix(8) } == ["sshd    ", "su      ", "vsftpd  "])
  }

  @Test("counts a host as it is counted, also where only its user or network is on record")
  func origins() throws {
    let machine = Machine("host_rule = *:9/1h\nnetwork_rule = /24|/48:9/1h\nuser_rule = *:9/1h\n")
    for host in ["2001:db8::1", "2001:db8::2", "192.0.2.7"] {
      try machine.fail(host: host, user: "eve", at: .now)
      _ = machine.ablctl("unblock", "--host", "192.0.2.7", "2001:db8::1")
    }
    try machine.fail(host: "2001:db8::3", user: "bob", at: .now)
    let hosts = machine.ablctl("stats", "--by", "host").lines
    #expect(hosts.contains("from     2 hosts, for 2 users"))
    #expect(
      hosts.dropFirst(5).map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
        == ["HOST FAILED", "2001:db8::/64 3", "192.0.2.7 1"])
  }

  @Test("has hours, also those without an attempt") func hours() throws {
    try fill()
    let rows = try stats("--by", "hour", "--since", "3h").lines.dropFirst(5)
    #expect(
      rows.map { $0.prefix(32) } == [
        "HOUR               FAILED  REFUS", "2026-11-21 09:00        0       ",
        "2026-11-21 10:00        0       ", "2026-11-21 11:00        3       ",
        "2026-11-21 12:00        1       ",
      ])
  }

  @Test("has the days of the place that TZ names") func place() throws {
    try fill()
    let rows = try stats("--since", "2h", environment: ["TZ=XXX-14"]).lines
    #expect(rows[0].hasPrefix("since    2026-11-22 00:3"))
    #expect(rows.last?.hasPrefix("2026-11-22        4        0  ###") == true)
  }

  @Test("has one row for the hour that there is twice when summer ends") func summerEnds() throws {
    let morning = Timestamp(seconds: 1_792_906_200)
    for age in [19_200, 15_600] as [Int64] {
      try machine.fail(host: "192.0.2.7", user: nil, at: morning.adding(-age))
    }
    let words = ["stats", "--by", "hour", "--since", "6h"].map { Array($0.utf8) }
    let zone = "TZ=CET-1CEST,M3.5.0,M10.5.0/3"
    let rows = machine.run(words, environment: try clock(morning) + [zone]).lines.dropFirst(6)
    #expect(
      rows.map { $0.prefix(24) } == [
        "2026-10-25 01:00        ", "2026-10-25 02:00        ", "2026-10-25 03:00        ",
        "2026-10-25 04:00        ", "2026-10-25 05:00        ", "2026-10-25 06:00        ",
      ])
    #expect(rows.dropFirst().first?.hasPrefix("2026-10-25 02:00        2        0  ###") == true)
  }

  @Test("prints all of it as one object") func json() throws {
    try fill()
    let days = try stats("--json", "--since", "2026-11-20T00:00:00Z")
    #expect(
      steady(days.output) == #"{"since":"2026-11-20T00:00:00Z","until":"2026-11-21T12:34:56Z","#
        + #""by":"day","failed":5,"refused":0,"hosts":2,"users":2,"blockedHosts":1,"#
        + #""blockedUsers":0,"blockedNetworks":0,"blockedHomes":0,"blockedCallers":0,"rows":["#
        + #"{"start":"2026-11-20T00:00:00Z","failed":1,"refused":0},"#
        + #"{"start":"2026-11-21T00:00:00Z","failed":4,"refused":0}],"others":null}"# + "\n")
    let users = try stats("--json", "--by", "user", "--since", "2026-10-01T00:00:00Z", "--top", "1")
    #expect(
      users.output.hasSuffix(
        #""rows":[{"name":"bob","failed":3,"refused":0}],"#
          + #""others":{"count":2,"failed":4,"refused":0}}"# + "\n"))
  }

  @Test("counts what waits in the table and in the journal, and what was refused, once")
  func waiting() throws {
    try fill()
    let blockList = machine.blockList
    let attempt = Attempt(host: "192.0.2.50", user: "mallory")
    for _ in 0..<2 {
      guard case .admitted(let reservation?) = try blockList.admit(attempt, at: noon) else {
        return #expect(Bool(false))
      }
      try blockList.settle(reservation, .failed, at: noon)
    }
    #expect(try blockList.unwrittenFailures(at: noon).count == 4)
    _ = try blockList.refusal(of: Attempt(host: "192.0.2.7", user: "root"), at: noon)
    let object = try stats("--json", "--by", "host").output
    #expect(object.contains(#""failed":9,"refused":1,"hosts":3,"users":3,"#))
    #expect(object.contains(#"{"name":"192.0.2.7","failed":5,"refused":1}"#))
    #expect(object.contains(#"{"name":"192.0.2.50","failed":2,"refused":0}"#))
    let bar = try stats("--by", "host").lines.first { $0.hasPrefix("192.0.2.7 ") }
    #expect(bar?.hasSuffix("##--------") == true)
  }

  @Test("is of use with nothing on record") func empty() throws {
    #expect(
      steady(try stats().output) == """
        since    2026-11-14 12:34:56
        failed   0 attempts
        refused  0 attempts
        from     0 hosts, for 0 users
        blocked  0 hosts and 0 users, now

        """)
    let object = try stats("--json", "--by", "service").output
    #expect(object.contains(#""failed":0,"refused":0,"hosts":0,"users":0,"blockedHosts":0,"#))
    #expect(object.hasSuffix(#""rows":[],"others":{"count":0,"failed":0,"refused":0}}"# + "\n"))
    for grouping in ["day", "user"] {
      let picture = try stats("--by", grouping, "--svg", "-").output
      #expect(XMLParser(data: Data(picture.utf8)).parse())
    }
  }

  @Test("draws names of any bytes in the width there is, and none beyond it") func hostile() throws
  {
    let names = [
      String(repeating: "n", count: 255), String(repeating: "漢", count: 85),
      String(repeating: "e\u{301}", count: 85), "bob   9  blocked", "\u{1B}[31m\"<&>'",
    ]
    for name in names { try machine.fail(host: name, user: name, at: noon) }
    for grouping in ["user", "host"] {
      let ended = try stats("--by", grouping)
      #expect(ended.lines.allSatisfy { String($0).columns <= 80 }, "\(ended.output)")
      #expect(ended.lines.count == 6 + names.count)
      #expect(!ended.output.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
      #expect(ended.output.contains(#"\x1b[31m"<&>'"#))
      let picture = try stats("--by", grouping, "--svg", "-").output
      #expect(XMLParser(data: Data(picture.utf8)).parse())
      #expect(picture.contains(#"\x1b[31m&quot;&lt;&amp;&gt;&#39;"#))
    }
    #expect(try stats("--by", "user", "--json").output.contains(#""name":"\\x1b[31m\"<&>'","#))
  }

  private static func invalid(_ value: String, _ why: String) -> String {
    "The value '\(value)' is invalid for '--since <time>': \(why)"
      + ", or a time, like '2026-11-21 04:12:33'"
  }

  @Test(
    "refuses what makes no sense",
    arguments: [
      ("--since 0d", invalid("0d", "the length of time must be at least one second")),
      ("--since 7w", invalid("7w", "unknown unit; use 's', 'm', 'h' or 'd'")),
      (
        "--since -7d",
        invalid("-7d", "expected a length of time, like '90s', '15m', '1h' or '2d'")
      ),
      ("--since 9223372036854775807d", invalid("9223372036854775807d", "number too large")),
      ("--since 9999-01-01T00:00:00Z", "Give a --since that is not in the future."),
      ("--since 42d --by hour", "More than 1000 hours. Give a shorter --since, or --by day."),
      ("--since 1001d", "More than 1000 days. Give a shorter --since."),
      ("--since 9223372036854775807s", "More than 1000 days. Give a shorter --since."),
      ("--top 0", "The value '0' is invalid for '--top <number>'"),
      ("--json --svg -", "Give either --json or --svg -."),
    ])
  func refuses(line: String, message: String) throws {
    let words = (["stats"] + line.split(separator: " ").map { String($0) }).map { Array($0.utf8) }
    let ended = machine.run(words)
    #expect(ended.error.split(separator: "\n").first == "Error: \(message)")
    #expect(ended.status == 64)
  }
}
