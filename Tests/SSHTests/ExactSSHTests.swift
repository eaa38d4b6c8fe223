import Harness
import Testing

/// Sixty-four connections at once, half by password and half by keyboard-interactive.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct ExactSSHTests {
  private static func script(_ password: String, check: String, _ configuration: String) -> String {
    """
    # Their turns, the lock and sshd are waited for, however busy the machine is.
    install_abl "$ABL_BUILD" 'pending_wait = 60s' 'lock_timeout = 60s' \(configuration)
    pam_service sshd "auth requisite $ABL_SUPPORT/pam_abl.so config=$ABL_CONFIGURATION" \
      "auth required \(check)" "account required pam_permit.so" "session required pam_permit.so"
    GRACE=300 guard_sshd
    guess() {
      "$ABL_SUPPORT/sshclient.py" --parallel 32 127.0.0.1 "$ABL_PORT" 127.0.0.2 "$1" || true
    }
    { guess pw:guest:\(password) & guess kbd:guest:\(password) & wait; } >$ABL_TEST_DIR/said 2>&1
    cut -d' ' -f3 $ABL_TEST_DIR/said | sort | uniq -c | xargs
    """
  }

  @Test("of 64 guesses by both methods exactly ten are judged")
  func guesses() throws {
    let run = try Sandbox.run(
      Self.script(
        "wrong",
        check: "$ABL_SUPPORT/pam_testcheck.so password=right delay=50 log=$ABL_TEST_DIR/judged",
        "'host_rule = *:10/1h' 'user_rule = *:10/1h'")
        + "\necho judged $(judged)\nablctl list --json | grep -o '\"failures\":[0-9]*'")
    #expect(
      run.lines == ["64 denied", "judged 10", "\"failures\":10", "\"failures\":10"], "\(run)")
  }

  @Test("64 right passwords, looked at by pam_unix, are all let in and none is counted")
  func rightPasswords() throws {
    let run = try Sandbox.run(
      Self.script(
        "open-sesame", check: "pam_unix.so", "'host_rule = *:10/1h' 'user_rule = *:10/1h'")
        + "\nablctl list --json")
    #expect(run.lines == ["64 ok"], "\(run)")
  }
}
