import Foundation
import Harness
import Testing

/// Whose guesses count for a host, through a real sshd: the thresholds of DenyHosts.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct GuessedUsersTests {
  /// Who is guessed at, and how many guesses are judged.
  struct Row: CustomTestStringConvertible {
    let user: String
    let judged: Int
    let rule: String
    var testDescription: String { user }
  }

  private static let rows = [
    Row(user: "root", judged: 1, rule: "root@*:1/25d"),
    Row(user: "guest", judged: 10, rule: "!root|?@*:10/5d"),
    Row(user: "nosuchuser", judged: 5, rule: "?@*:5/10d"),
  ]

  @Test(
    "root has one guess, a user that exists ten, and one that doesn't five",
    arguments: rows, ["pw", "kbd"])
  func thresholds(_ row: Row, _ way: String) throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'host_rule = root@*:1/25d !root|?@*:10/5d ?@*:5/10d'
      protect requisite testcheck sshd
      guard_sshd
      for number in {1..\(row.judged)}; do
        echo "$(try \(way) \(row.user) wrong 127.0.0.2) $(standing -H 127.0.0.2)"
      done
      echo "$(try \(way) guest right 127.0.0.2) $(standing -H 127.0.0.2)"
      ablctl list --json
      """)
    let lines = run.lines.prefix(row.judged + 1)
    let clear = Array(repeating: "denied clear", count: row.judged - 1)
    #expect(Array(lines) == clear + ["denied blocked", "denied blocked"], "\(run)")
    let blocked = try run.listed(after: row.judged + 1).filter { $0.blocked }
    #expect(blocked.map { $0.rule } == [row.rule], "\(run)")
  }

  /// `DenyHosts` of a checkout of it, where its modules are: no package has them.
  private static let denyHosts = ProcessInfo.processInfo.environment["ABL_DENYHOSTS"]

  @Test(
    "each guess is counted once, beside what DenyHosts' own parser counts in the same log",
    .enabled(if: denyHosts != nil, "ABL_DENYHOSTS names no modules of DenyHosts"))
  func besideDenyHosts() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'host_rule = *:9999/1h'
      protect required testcheck sshd
      guard_sshd
      number=2
      for user in root guest nosuchuser; do
        for way in pw kbd; do
          for guess in {1..6}; do try $way $user wrong 127.0.0.$number >/dev/null; done
          echo "127.0.0.$number $user $way: 6 guesses, abl $(recorded 127.0.0.$number)"
          number=$((number + 1))
        done
      done
      cat "$ABL_TEST_DIR/sshd-$ABL_PORT/log"
      """)
    let directory = try TemporaryDirectory()
    let log = run.lines.dropFirst(6).joined(separator: "\n") + "\n"
    try Data(log.utf8).write(to: directory.file("log"))
    let parsed = try Command(
      Repository.file("Tests/Support/denyhosts"),
      [Self.denyHosts ?? "", directory.file("log").path]
    ).run()
    print((run.lines.prefix(6) + parsed.lines).joined(separator: "\n"))
    let users = ["root", "guest", "nosuchuser"].flatMap { user in ["pw", "kbd"].map { (user, $0) } }
    let own = users.enumerated().map { number, row in
      "127.0.0.\(number + 2) \(row.0) \(row.1): 6 guesses, abl 6"
    }
    #expect(Array(run.lines.prefix(6)) == own, "\(run)")
    // It may count a guess more than once: each line of the log by itself.
    let theirs = parsed.lines.map { $0.split(separator: " ") }
    #expect(theirs.map { $0.first ?? "" } == (2...7).map { "127.0.0.\($0)" }, "\(parsed)")
    #expect(
      theirs.allSatisfy { row in [2, 4, 6].contains { Int(row[$0]) ?? 0 >= 6 } }, "\(parsed)")
  }
}
