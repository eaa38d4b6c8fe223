import Harness
import Testing

/// pam_unix asks libpam to wait about two seconds after a failure, one at least.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct DelayTests {
  @Test("the delay that pam_unix asks for is kept, and who hangs up meanwhile is counted")
  func delayIsKept() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD"
      protect required unix-slow sshd su libpam
      guard_sshd
      timed() { # COMMAND...: what it prints, and whether that took a second
        local start=$(date +%s%N) output speed=soon
        output=$("$@")
        [ $(($(date +%s%N) - start)) -lt 1000000000 ] || speed=late
        echo "$output $speed"
      }
      libpam() { "$ABL_SUPPORT/pamdrive" --quiet --tally --service libpam --user target "auth:$1"; }
      echo "pw $(timed try pw target wrong 127.0.0.2)"
      echo "kbd $(timed try kbd target wrong 127.0.0.2)"
      echo "su $(timed try su target wrong)"
      echo "libpam $(timed libpam wrong)"
      # For how long it slept: what looks at the password may take a second, too, but not each time.
      for i in {1..20}; do
        right=$("$ABL_SUPPORT/pamdrive" --asleep --service libpam --user target auth:correct-horse |
          awk '{ print "libpam", $3, ($4 + 0 < 1 ? "soon" : "late") }')
        if [ "$right" = 'libpam SUCCESS soon' ]; then break; fi
      done
      echo "$right"
      # A guesser who hangs up instead of waiting is counted all the same.
      # pam_unix has said that the answer was wrong, and the delay goes on.
      forget_syslog
      hang_up() {
        "$ABL_SUPPORT/sshclient.py" 127.0.0.1 "$ABL_PORT" - "kbdrst:target:wrong:$ABL_TEST_DIR/syslog" || true
      }
      hang_up | cut -d' ' -f1,2
      failures() { ablctl show --json --user target | grep -c '"failed"'; }
      await 5 failures
      """)
    #expect(
      run.lines == [
        "pw denied late", "kbd denied late", "su denied late", "libpam tally AUTH_ERR 1 late",
        "libpam SUCCESS soon", "kbdrst closed",
      ], "\(run)")
  }
}
