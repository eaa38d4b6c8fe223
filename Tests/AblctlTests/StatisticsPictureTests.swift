import BlockList
import Foundation
import FoundationXML
import Policy
import Testing
import Upkeep

@testable import Administration

@Suite struct StatisticsPictureTests {
  private let machine = Machine()
  private var file: String { machine.directory + "/stats.svg" }

  @Test("is written for its owner alone, when it is whole, and holds no script") func written()
    throws
  {
    try machine.fail(host: "192.0.2.7", user: "root", at: Timestamp.now.adding(-60), times: 3)
    for grouping in ["hour", "day", "service", "user", "host"] {
      let ended = machine.ablctl("stats", "--by", grouping, "--svg", file)
      #expect(ended == Ended(status: 0, output: "", error: ""))
      var status = stat()
      #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
      let picture = String(decoding: Machine.bytes(of: file), as: UTF8.self)
      #expect(XMLParser(data: Data(picture.utf8)).parse())
      #expect(picture.contains("@media (prefers-color-scheme: dark)"))
      #expect(picture.contains(": 3 failed, 0 refused</title>"))
      #expect(picture.contains(#"class="failed"/>"#))
      for word in ["<script", "href", "url(", "@import", "onload"] {
        #expect(!picture.contains(word))
      }
    }
    #expect(machine.ablctl("stats", "--json", "--svg", file).output.hasPrefix(#"{"since":"#))
    let none = machine.ablctl("stats", "--svg", machine.directory + "/none/x.svg")
    #expect(none.error.hasSuffix("/none/x.svg': No such file or directory\n"))
    #expect(none.status == 1)
  }

  @Test("has its bars where they belong") func bars() throws {
    var counter = try #require(
      AttemptCounter(.service, since: Timestamp(seconds: 0), until: Timestamp(seconds: 10)))
    let states: [RecordedAttempt.State] = [.failed, .failed, .failed, .refused]
    let attempts = states.enumerated().map { number, state in
      RecordedAttempt(
        id: UInt64(number), time: Timestamp(seconds: 5), state: state, reason: .authentication,
        service: number < 2 ? "a&b" : "ftp", counterpart: .user("bob"))
    }
    let times = attempts.map { $0.time }
    for _ in 0..<2 { counter.add(.host(.name("h")), attempts, times.map { Guess($0) }) }
    counter.add(.user("bob"), attempts, times.map { Guess($0) })
    let blocked = BlockedCount(
      machine.blockList.configuration, DecreeBook(), at: Timestamp(seconds: 10))
    let statistics = counter.statistics(blocked, top: 5)
    #expect(statistics.total == counter.statistics(blocked, top: 0).total)
    #expect((statistics.total.failed, statistics.total.refused) == (3, 1))
    #expect((statistics.hosts, statistics.users) == (1, 1))
    let lines = statistics.picture.split(separator: "\n").drop { !$0.hasPrefix("<text x=\"276\"") }
    #expect(
      lines.joined(separator: "\n") == """
        <text x="276" y="102" class="end" direction="ltr">a&amp;b</text>
        <g><title>a&amp;b: 2 failed, 0 refused</title>
        <rect x="284" y="88" width="406" height="18" class="failed"/>
        </g>
        <text x="696" y="102">2</text>
        <text x="276" y="126" class="end" direction="ltr">ftp</text>
        <g><title>ftp: 1 failed, 1 refused</title>
        <rect x="284" y="112" width="203" height="18" class="failed"/>
        <rect x="487" y="112" width="203" height="18" class="refused"/>
        </g>
        <text x="696" y="126">2</text>
        </svg>
        """)
  }
}

@Suite struct BarTests {
  @Test("is no wider than the canvas, whatever that is", arguments: [40, 80, 120, 200])
  func widths(width: Int) throws {
    for isUnicode in [false, true] {
      var output: [String] = []
      let machine = Machine()
      try machine.fail(
        host: "2001:db8:1234:5678:9abc:def0:1234:5678", user: nil, at: Timestamp(seconds: 5))
      var counter = try #require(
        AttemptCounter(.host, since: Timestamp(seconds: 0), until: Timestamp(seconds: 10)))
      try RecordListing(machine.blockList, at: Timestamp(seconds: 10)).forEachSubject {
        counter.add($0, $1.attempts, $1.times.map { Guess($0) })
      }
      let blocked = BlockedCount(
        machine.blockList.configuration, DecreeBook(), at: Timestamp(seconds: 10))
      let canvas = Canvas(width: width, isUnicode: isUnicode)
      output = counter.statistics(blocked, top: 10).table(canvas)
      #expect(output.map { $0.columns }.max() == width)
      #expect(output.last?.last == (isUnicode ? "█" : "#"))
    }
  }

  @Test(
    "shortens a text in its middle, by columns",
    arguments: [
      ("abcdefghijklmnop", 16, "abcdefghijklmnop"), ("abcdefghijklmnopq", 11, "abcd...nopq"),
      ("漢漢漢漢漢漢漢", 9, "漢...漢"), ("漢漢漢漢漢", 10, "漢漢漢漢漢"),
      ("e\u{301}e\u{301}e\u{301}", 3, "e\u{301}e\u{301}e\u{301}"), ("abcdefgh", 4, "abgh"),
      ("", 0, ""), ("abc", 0, ""),
    ])
  func shortens(text: String, width: Int, shortened: String) {
    #expect(text.shortened(to: width) == shortened)
    #expect(text.shortened(to: width).columns <= width)
  }

  @Test("finds the hour or the day of a moment, and has no more than a thousand") func spans()
    throws
  {
    let day = Timestamp(seconds: 1_795_264_496)
    let hours = try #require(Spans(.hour, from: day.adding(-7200), to: day))
    #expect(hours.starts.count == 3)
    #expect(hours.index(of: day.adding(-7201)) == nil)
    #expect(hours.index(of: day.adding(-7200)) == 0)
    #expect(hours.index(of: day) == 2)
    #expect(Spans(.day, from: day.adding(-86_400 * 999), to: day)?.starts.count == 1000)
    #expect(Spans(.day, from: day.adding(-86_400 * 1000), to: day) == nil)
    #expect(Spans(.hour, from: Timestamp(seconds: .min), to: Timestamp(seconds: .max)) == nil)
    let end = Timestamp(seconds: .max)
    #expect(Spans(.hour, from: end.adding(-60), to: end)?.starts.count == 1)
  }
}

@Suite struct CanvasTests {
  private let machine = Machine()

  /// Runs `ablctl stats` on a terminal of so many columns.
  private func stats(_ columns: Int, _ locale: String) -> [String] {
    let script = "stty cols \(columns); '\(Machine.program)' stats -c '\(machine.config)' --by host"
    let words = ["-qec", script, "/dev/null"].map { Array($0.utf8) }
    let environment = ["TZ=UTC", "LC_ALL=\(locale)", "PATH=/usr/bin:/bin", "SHELL=/bin/sh"]
    let ended = Machine.spawn("/usr/bin/script", words, environment: environment)
    return ended.output.split(whereSeparator: \.isNewline).map { String($0) }
  }

  @Test(
    "fills the terminal, with blocks where the locale has them",
    .enabled(if: access("/usr/bin/script", X_OK) == 0, "a terminal to draw on"),
    arguments: [40, 80, 120])
  func terminal(columns: Int) throws {
    try machine.fail(host: String(repeating: "n", count: 255), user: nil, at: .now)
    let lines = stats(columns, "C")
    #expect(lines.map { $0.columns }.max() == columns, "\(lines)")
    #expect(lines.last?.hasSuffix("#") == true)
    let blocks = stats(columns, "C.UTF-8")
    #expect(blocks.map { $0.columns }.max() == columns, "\(blocks)")
    #expect(blocks.last?.hasSuffix("█") == true)
  }
}

/// Where another user may have put something, in place of the file that is to be.
@Suite(.enabled(if: geteuid() == 0, "gives files to others")) struct HostilePictureTests {
  private let machine = Machine()

  @Test(
    "neither a picture nor metrics are written through a link that another has put there",
    arguments: [["stats", "--svg"], ["metrics", "--file"]])
  func planted(words: [String]) {
    chmod(machine.directory, 0o1777)
    let (victim, target) = (machine.directory + "/victim", machine.directory + "/target")
    Machine.write("precious\n", to: victim)
    chmod(victim, 0o600)
    #expect(symlink(victim, target) == 0 && lchown(target, 65534, 65534) == 0)
    let ended = machine.run((words + [target]).map { Array($0.utf8) })
    #expect(ended.status == 1)
    #expect(
      ended.error == "ablctl: cannot write to '\(target)': it is no ordinary file, "
        + "and others than root may have put it there; name another\n")
    var status = stat()
    #expect(stat(victim, &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(Machine.bytes(of: victim) == Array("precious\n".utf8))
    // A file of another is replaced, not written to.
    unlink(target)
    #expect(link(victim, target) == 0 && chown(target, 65534, 65534) == 0)
    #expect(machine.run((words + [target]).map { Array($0.utf8) }).status == 0)
    #expect(Machine.bytes(of: victim) == Array("precious\n".utf8))
    let mode: mode_t = words[0] == "metrics" ? 0o644 : 0o600
    #expect(stat(target, &status) == 0 && status.st_uid == 0 && status.st_mode & 0o777 == mode)
    // And standard output is.
    let output = machine.run((words + ["/dev/stdout"]).map { Array($0.utf8) })
    let start = words[0] == "metrics" ? "# TYPE abl_blocked gauge\n" : "<svg xmlns="
    #expect(output.output.hasPrefix(start))
    #expect(machine.run((words + ["-"]).map { Array($0.utf8) }).output.hasPrefix(start))
  }
}
