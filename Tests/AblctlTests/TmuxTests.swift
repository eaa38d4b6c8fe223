import Foundation
import Harness
import Policy
import Testing

@testable import Administration

/// tmux knows by itself how wide a character is: what it wraps, other terminals wrap.
@Suite(
  "On tmux, a real terminal", .enabled(if: Tmux.isThere, "needs tmux: apt-get install tmux"))
struct TmuxTests {
  private static let size = Effort.isLong ? 100_000 : 2000

  @Test("no row wraps, whatever names there are, and however many", arguments: [80, 120])
  func fits(columns: Int) throws {
    let commands = TerminalTests.commands + TerminalTests.others
    let decreed = [
      ["list", "decrees"], ["list"], ["explain", "192.0.2.7"], ["check", "192.0.2.7"],
    ]
    let hostile = try Machine.withNames(TerminalTests.hostile)
    let machines = [
      (hostile, commands), (Machine(), commands),
      (try Machine.withDecrees(TerminalTests.hostile), decreed),
      (try Machine.withMany(Self.size), TerminalTests.long),
    ]
    let screen = try Tmux.rows(
      columns, machines.flatMap { machine, commands in commands.map { machine.line($0) } })
    #expect(screen.whole.count > 400)
    #expect(screen.whole.contains { $0.contains("user\(Self.size - 1) ") })
    let rows = Set(screen.rows)
    for line in screen.whole where !rows.contains(line) { Issue.record("\(line)") }
    #expect(screen.rows.count == screen.whole.count)
  }

  @Test("a row that is too long is seen to wrap, and so are names of double width") func wraps()
    throws
  {
    for text in [String(repeating: "x", count: 81), String(repeating: "名", count: 41)] {
      let screen = try Tmux.rows(80, ["printf '%s\\n' \(text)"])
      #expect(screen.rows.count == screen.whole.count + 1)
      #expect(screen.whole.contains(text))
    }
  }
}

extension Machine {
  /// A command of ablctl, as a shell takes it.
  fileprivate func line(_ words: [String]) -> String {
    ([Machine.program] + words + ["--config", config]).map {
      "'" + $0.replacing("'", with: #"'\''"#) + "'"
    }.joined(separator: " ")
  }
}

/// A tmux of its own, without anybody's configuration.
enum Tmux {
  static let isThere = access("/usr/bin/tmux", X_OK) == 0

  /// The last row of all.
  private static let end = "this is the end"

  /// What stands on a screen of so many columns behind `commands`: its rows, and its lines, which may
  /// take several rows.
  static func rows(_ columns: Int, _ commands: [String]) throws -> (rows: [String], whole: [String])
  {
    let directory = try TemporaryDirectory()
    let script = directory.file("script").path
    // The rows of a command that fails count as well.
    let text = commands.joined(separator: "\n") + "\necho '\(end)'\nexec sleep 600\n"
    try text.write(toFile: script, atomically: true, encoding: .utf8)
    let configuration = "set -g history-limit 400000\nset -g remain-on-exit on\n"
    try configuration.write(
      toFile: directory.file("conf").path, atomically: true, encoding: .utf8)
    let words = ["-ec", Self.play, "sh", directory.url.path, String(columns), end]
    let outcome = try Command(
      "/bin/sh", words,
      environment: [
        "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "TZ": "UTC", "ABLCTL_PAGER": "", "TMUX": "",
      ]
    ).run()
    guard outcome.status == 0 else { throw Trouble(outcome: outcome) }
    let (rows, whole) = (directory.file("rows"), directory.file("whole"))
    return (try lines(rows), try lines(whole))
  }

  /// With -J blanks at the end of a row are kept.
  private static func lines(_ file: URL) throws -> [String] {
    let all = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    let text = all.components(separatedBy: end)[0]
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var line = line
      while line.last == " " { line.removeLast() }
      return String(line)
    }
    // What is empty at the end of a screen -J leaves out.
    while lines.last == "" { lines.removeLast() }
    return lines
  }

  struct Trouble: Error { let outcome: Ended }

  private static let play = """
    tmux="tmux -u -S $1/socket -f $1/conf"
    trap '$tmux kill-server' EXIT
    $tmux new-session -d -x $2 -y 24 "sh $1/script"
    # A pane that is dead may have lost what tmux had not read yet: hence the sleep.
    until $tmux capture-pane -p -S - | grep -qx "$3"; do sleep 0.05; done
    $tmux capture-pane -p -S - >$1/rows
    $tmux capture-pane -p -J -S - >$1/whole
    """
}
