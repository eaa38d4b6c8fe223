import Harness
import Testing

/// The lock of the store is another process's, for as long as that likes.
///
/// Each login once waited for it for `lock_timeout`, and was judged uncounted then, or refused.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct HeldLockTests {
  private static let script = """
    install_abl "$ABL_BUILD" 'user_rule = *:10/1h' 'host_rule = *:10/1h'
    quick_su
    protect requisite testcheck su libpam
    for number in {1..10}; do ablctl fail -H 192.0.2.66 -s libpam; done
    for number in {1..9}; do ablctl fail -H 192.0.2.67 -s libpam; done
    counter() { ablctl store --json | sed "s/.*\\"$1\\":\\([0-9]*\\),.*/\\1/"; }
    traced() { # COMMAND...
      strace -f -q -A -e trace=flock,nanosleep,clock_nanosleep -o "$ABL_TEST_DIR/trace" "$@" | grep -E '^(auth|exit)' |
        cut -d' ' -f-2
    }
    drive() { # HOST PASSWORD
      traced "$ABL_SUPPORT/pamdrive" --no-delay --service libpam --user guest --rhost "$1" "auth:$2" setcred acct
    }
    su() { traced -u caller "$ABL_SUPPORT/suclient.py" guess - target "$1" 1; }
    : >"$ABL_TEST_DIR/trace"

    """

  @Test("no login waits for it, by strace; each is judged, refused and counted as ever")
  func held() throws {
    let run = try Sandbox.run(
      Self.script + """
        hold_lock
        echo "wrong $(drive 192.0.2.7 wrong) right $(drive 192.0.2.7 right) refused $(drive 192.0.2.66 right)"
        echo "completing $(drive 192.0.2.67 wrong) then $(drive 192.0.2.67 right)"
        echo "su $(su wrong) $(su right)"
        release_lock
        echo "recorded $(recorded 192.0.2.7) $(recorded 192.0.2.67) $(recorded target)"
        echo "waits $(counter waits), without the lock $([ "$(counter lockTaken)" -gt 0 ] && echo some)"
        # Of the lock all that is asked is whether it is free. And no sleep has a length, but those of Python.
        grep -E 'flock\\(' "$ABL_TEST_DIR/trace" | grep -v LOCK_NB | grep -v LOCK_UN || true
        grep -E 'nanosleep\\(' "$ABL_TEST_DIR/trace" | grep -vE 'tv_sec=0, tv_nsec=0|TIMER_ABSTIME' || true
        grep -c 'flock(.*LOCK_NB' "$ABL_TEST_DIR/trace" | sed 's/^[1-9].*/asked/'
        """)
    #expect(
      run.lines == [
        "wrong auth 7 right auth 0 refused auth 7", "completing auth 7 then auth 7",
        "su exit 1 exit 0", "recorded 1 10 1", "waits 0, without the lock some", "asked",
      ], "\(run)")
  }
}
