import Harness
import Testing

/// A local user stops su behind its answer: that locks nobody out unseen.
///
/// They once counted as in flight for a day: the right password was refused everywhere, `list` and
/// `check` knew of nothing, and `unblock` didn't help.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct StoppedAnswerTests {
  private static let script = """
    install_abl "$ABL_BUILD" 'user_rule = *:10/1h'
    quick_su
    protect requisite testcheck su libpam
    # They are judged when they go on.
    sed -i "s:password=right:& while=$ABL_TEST_DIR/held:" /etc/pam.d/su
    touch "$ABL_TEST_DIR/held"
    open_guesser target
    stopped() { # COUNT ALL: so many more su that have an answer, ALL by then
      tell open "$1" >/dev/null
      tell type "$1" wrong >/dev/null
      await "$2" in_flight -U target
      tell stop "$1" >/dev/null
    }

    """

  @Test("nine are no obstacle; ten are ten failures, which can be seen; and no eleventh is judged")
  func ten() throws {
    let run = try Sandbox.run(
      Self.script + """
        stopped 9 9
        echo "nine: $(try libpam target right), $(recorded target) recorded"
        stopped 1 10
        echo "ten: $(try libpam target right)"
        await 10 recorded target
        ablctl list users --blocked --quiet
        standing -U target
        ablctl explain --user target | sed -n 's/ until.*//; 1p'
        ablctl show --user target --json | grep -c '"state":"failed"'
        rm "$ABL_TEST_DIR/held"
        tell cont 10
        tell await 10 | grep -c '^exit 1'
        echo "eleventh: $(try libpam target wrong) $(suclient guess - target wrong 1)"
        echo "$(judged wrong) judged, $(recorded target) recorded"
        """)
    #expect(
      run.lines == [
        "nine: ok, 0 recorded", "ten: denied", "target", "blocked",
        "user target: blocked by *:10/1h", "10", "continued 10", "10",
        "eleventh: denied exit 1 su: Authentication failure", "10 judged, 10 recorded",
      ], "\(run)")
  }

  @Test("unblock lets the right password in at once; they fail for good when they go on")
  func unblock() throws {
    let run = try Sandbox.run(
      Self.script + """
        stopped 10 10
        await 10 recorded target
        ablctl unblock target
        try libpam target right
        rm "$ABL_TEST_DIR/held"
        tell cont 10
        tell await 10 | grep -c '^exit 1'
        echo "eleventh: $(try libpam target wrong)"
        echo "$(judged wrong) judged, $(recorded target) recorded"
        """)
    #expect(
      run.lines == [
        "user target: unblocked", "ok", "continued 10", "10", "eleventh: denied",
        "10 judged, 10 recorded",
      ], "\(run)")
  }
}
