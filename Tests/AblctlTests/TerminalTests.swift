import BlockList
import Foundation
import Harness
import Policy
import Testing
import Upkeep

@testable import Administration

@Suite("ablctl on a real terminal, with names of every kind") struct TerminalTests {
  private let machine: Machine

  private init(_ machine: Machine) { self.machine = machine }

  static let hostile = [
    String(repeating: "n", count: 255), String(repeating: "名前", count: 40),
    "\u{1B}[31mred\u{07}", "bob   9  blocked", String(repeating: " ", count: 80),
    "e" + String(repeating: "\u{301}", count: 100), "\u{202E}gnp",
  ]

  init() throws {
    machine = try Machine.withNames(Self.hostile)
  }

  /// What ablctl prints on a terminal of so many columns.
  private func ablctl(_ columns: Int, _ words: [String]) -> [String] {
    machine.ablctl(onTerminalOf: columns, words).lines
  }

  static let commands = [
    ["list"], ["list", "--blocked"], ["list", "users", "--sort", "failures"],
    ["show", "192.0.2.9"],
    ["show", "alice"], ["explain", "192.0.2.7"], ["explain", "192.0.2.9"], ["explain", "alice"],
    ["explain", "root"], ["explain", "--all", "192.0.2.9"], ["explain", "nobody"],
    ["check", "-H", "192.0.2.7", "-U", "alice"], ["status"], ["stats", "--by", "user"],
    ["stats", "--by", "host"], ["unblock", "-n", "192.0.2.0/24"],
    ["simulate", "--host-rule", "*:2/1h", "--user-rule", "*:99/1h"], ["doctor"],
    ["unblock", "-n", String(repeating: "名前", count: 40)],
    ["list", "hosts", "--sort", "last", "--top", "4"], ["list", "homes"], ["events"],
    ["stats", "--by", "service"], ["stats", "--by", "hour", "--since", "2h"], ["store"],
    ["known"], ["trial"], ["peers"], ["check-config"],
    ["show", String(repeating: "名前", count: 40)], ["explain", "\u{202E}gnp"],
    ["report", "192.0.2.99"], ["lst"], ["list", "--frobnicate"], ["block"], ["fleet", "init"],
    ["block", String(repeating: "9", count: 200) + "/7"], ["unblock"],
    ["disallow", String(repeating: "名前", count: 40)], ["simulate"], ["help", "nosuch"],
    ["import", "abl", "/nonexistent/" + String(repeating: "名前", count: 40)],
    ["known", "forget", "x"],
  ]

  /// What the path of the store makes longer than the narrowest terminal is.
  static let wide = ["store"]

  /// Some that change nothing here, but belong to no other test.
  static let others = [["update"], ["purge"], ["compact"], ["store", "--check"]]

  /// What is long where there is much.
  static let long = [
    ["list"], ["status"], ["stats", "--by", "user"], ["list", "--sort", "failures", "--top", "9"],
    ["show", "user7"], ["explain", "user7"], ["simulate", "--user-rule", "*:1/1h"], ["events"],
    ["unblock", "-n", "user7"], ["store"], ["list", "--blocked"], ["known"],
  ]

  @Test(
    "prints no line that the terminal would wrap, whatever names there are", arguments: commands)
  func fits(words: [String]) {
    for columns in words == Self.wide ? [80, 120] : [60, 80, 120] {
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

  @Test("shows decrees on no line that the terminal would wrap")
  func decrees() throws {
    let own = TerminalTests(try Machine.withDecrees(Self.hostile))
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
  }

  @Test("fits with 100 000 subjects, and with none") func many() throws {
    let (own, none) = (TerminalTests(try Machine.withMany(100_000)), TerminalTests(Machine()))
    for words in Effort.isLong ? Self.long : Array(Self.long.prefix(3)) {
      let lines = own.ablctl(80, words)
      #expect(lines.allSatisfy { $0.columns <= 80 }, "\(words)")
      if words == ["list"] { #expect(lines.count == 100_002) }
    }
    #expect(none.ablctl(80, ["list", "--blocked"]) == ["nobody is blocked", ""])
    #expect(none.ablctl(80, ["events"]) == ["no block has begun or ended yet", ""])
    for words in Self.commands + Self.others {
      #expect(none.ablctl(80, words).allSatisfy { $0.columns <= 80 }, "\(words)")
    }
  }
}

extension Machine {
  /// One on which so many users have failed.
  static func withMany(_ count: Int) throws -> Machine {
    let records = (0..<count).map { number in
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
    return many
  }
}
