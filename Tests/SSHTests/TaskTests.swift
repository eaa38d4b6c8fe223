import Harness
import Testing

/// What an administrator types, from installing to uninstalling (Tests/Support/tasks); docs/tasks.txt
/// has what comes back.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct TaskTests {
  @Test("sixteen tasks of an administrator end as they should") func tasks() throws {
    let run = try Sandbox.run("\"${ABL_BUILD%/.build}/Tests/Support/tasks\"")
    let text = run.lines.map { String($0) }.joined(separator: "\n")
    let titles = run.lines.filter { $0.hasPrefix("## ") }
    #expect(titles.count == 16, "\(run)")
    for line in [
      "    abl is on trial in sshd for another 10 min, by /etc/pam.d/sshd:4",
      "    a login in another shell: ok", "    abl stays on in sshd", "    abl is in force: sshd",
      "    10 guesses at guest from 127.0.0.2, then: denied",
      "    in force  yes: sshd", "    host 127.0.0.2: unblocked", "    user guest: unblocked",
      "    a login from there: ok",
      "    note   /etc/pam.d/sshd:4: a wrong password in sshd was counted for the host and for the user, "
        + "and taken back",
      "      allow by decree 127.0.0.0/24, by root: 'our office'",
      "    network 127.0.0.0/24: no longer allowed by hand",
      "      block by decree 203.0.113.9, by root: 'abuse report 17'",
      "    /run/abl-test/draft.conf:1:1: error: unknown key; did you mean 'host_rule'?",
      "    host 127.0.0.4: unblocked",
      "    abl_blocked{kind=\"host\"} 1",
    ] {
      #expect(run.lines.contains { String($0) == line }, "\(line)\n\(text)")
    }
    // The stack is as it was, and nothing else is left.
    let end = text[(text.range(of: "## 16.")?.lowerBound ?? text.endIndex)...]
    #expect(end.contains("# cmp /etc/pam.d/sshd /run/abl-test/sshd.before\n    # ls"), "\(end)")
    for path in ["/run/abl", "/etc/security/pam_abl.conf", "/usr/local/sbin/ablctl"] {
      #expect(end.contains("cannot access '\(path)'"), "\(end)")
    }
  }
}
