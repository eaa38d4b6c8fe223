import Harness
import Testing

@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct SharedCountTests {
  @Test("all programs share one count, and all of them refuse when it is full")
  func countIsShared() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD"
      protect required testcheck sshd su libpam
      guard_sshd
      for way in pw pw pw pw kbd kbd kbd su su libpam; do
        echo "$way $(try $way target wrong 127.0.0.2) $(standing -U target)"
      done
      for way in pw kbd su libpam; do
        echo "$way $(try $way target right 127.0.0.3) $(standing -U target)"
      done
      echo "judged $(judged wrong) wrong"
      ablctl show --json target | tail -n 10
      """)
    let guesses = ["pw", "pw", "pw", "pw", "kbd", "kbd", "kbd", "su", "su"]
    #expect(
      Array(run.lines.prefix(15)) == guesses.map { "\($0) denied clear" }
        + ["libpam denied blocked", "pw denied blocked", "kbd denied blocked"]
        + ["su denied blocked", "libpam denied blocked", "judged 10 wrong"], "\(run)")
    let attempts = try JSONLines.decode(
      ShownAttempt.self, from: run.lines.dropFirst(15).joined(separator: "\n"))
    #expect(attempts.map { $0.state } == Array(repeating: "failed", count: 10))
    #expect(
      attempts.map { $0.service } == Array(repeating: "sshd", count: 7) + ["su", "su", "libpam"])
    #expect(
      attempts.map { $0.host } == Array(repeating: "127.0.0.2", count: 7) + [nil, nil, nil])
  }

  @Test("a host rule blocks nobody at the console, and nobody in su")
  func hostRuleSparesTheConsole() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD"
      protect required testcheck sshd su login
      guard_sshd
      for number in {1..10}; do ablctl fail -H 127.0.0.2 -s sshd; done
      try pw target right 127.0.0.2
      try su target right
      try login target right
      """)
    #expect(run.lines == ["denied", "ok", "ok"], "\(run)")
  }

  @Test("root is not blocked by the rule for users, wherever the guesses come from")
  func rootIsSpared() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD"
      protect required testcheck su libpam
      for number in {1..10}; do ablctl fail -U root -s sshd; done
      try libpam root wrong
      try su root right
      standing -U root
      """)
    #expect(run.lines == ["denied", "ok", "clear"], "\(run)")
  }

  @Test("services whose configurations have stores of their own count apart")
  func storesApart() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'user_rule = *:10/1h' 'host_db = /var/lib/abl/local/hosts.db'
      protect requisite testcheck su
      ABL_CONFIGURATION=$ABL_TEST_DIR/remote.conf
      install_abl "$ABL_BUILD" 'user_rule = *:10/1h' 'db_home = /var/lib/abl/remote'
      protect requisite testcheck libpam
      # Longer than the failures of one of them wait for each other.
      for number in {1..9}; do
        try libpam target wrong; try su target wrong; try libpam "other$number" wrong
      done | uniq -c | sed 's/^ *//'
      for configuration in pam_abl remote; do
        ABL_CONFIGURATION=$ABL_TEST_DIR/$configuration.conf
        ablctl list --json | grep -c '"name":"other' || true
        recorded target
      done
      try libpam target wrong; try libpam target right; try su target right
      syslog_lines 'unusable|damaged|cannot'
      """)
    #expect(run.lines == ["27 denied", "0", "9", "9", "9", "denied", "denied", "ok"], "\(run)")
  }

  @Test("unblock lets a blocked user in again")
  func unblockForgives() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD"
      protect required testcheck libpam
      for number in {1..10}; do try libpam target wrong >/dev/null; done
      try libpam target right
      ablctl unblock target
      try libpam target right
      ablctl list --json
      """)
    #expect(run.lines == ["denied", "user target: unblocked", "ok"], "\(run)")
  }
}
