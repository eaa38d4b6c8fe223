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
}
