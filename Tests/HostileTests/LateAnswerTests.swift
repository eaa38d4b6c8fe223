import Harness
import Testing

/// Prompts that are left open for long, and answered then.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct LateAnswerTests {
  private static let script = """
    install_abl "$ABL_BUILD" 'user_rule = *:10/1h' 'pending_wait = 200ms'
    quick_su
    protect requisite testcheck su
    sed -i 's/password=right/& delay=400/' /etc/pam.d/su
    open_guesser target

    """

  @Test(
    "thirty prompts opened in three batches, 151 s apart, are ten guesses",
    arguments: ["answer", "type"])
  func lateAnswers(how: String) throws {
    let run = try Sandbox.run(
      Self.script + """
        for batch in 1 2 3; do
          tell open 10
          [ $batch = 3 ] || advance_clock 151
        done
        tell \(how) 30 wrong >"$ABL_TEST_DIR/answers"
        [ \(how) = answer ] || tell await 30 >"$ABL_TEST_DIR/answers"
        grep -c '^exit 1' "$ABL_TEST_DIR/answers"
        echo "$(judged) judged, $(recorded target) recorded"
        echo "refused: $(syslog_lines 'refusing user' | wc -l)"
        """)
    #expect(
      run.lines == [
        "opened 10", "opened 10", "opened 10", "30", "10 judged, 10 recorded", "refused: 20",
      ],
      "\(run)")
  }

  @Test("a right password is let in late, where others have left room for it, and is not counted")
  func lateRightPassword() throws {
    let run = try Sandbox.run(
      Self.script + """
        tell open 10
        advance_clock 151
        tell answer 10 right
        echo "$(judged ok) judged, $(recorded target) recorded"
        """)
    #expect(
      run.lines == ["opened 10"] + Array(repeating: "exit 0 pty-42", count: 10)
        + ["answered 10", "10 judged, 0 recorded"], "\(run)")
  }

  @Test("an answer whose su is stopped before it was judged doesn't lapse")
  func stoppedAfterTheAnswer() throws {
    let run = try Sandbox.run(
      Self.script + """
        sed -i "s:delay=400:while=$ABL_TEST_DIR/held:" /etc/pam.d/su
        touch "$ABL_TEST_DIR/held"
        for batch in 1 2 3; do
          tell open 10 >/dev/null
          tell type 10 wrong >/dev/null
          await 10 answered
          stopped=$(tell stop 10)
          [ $batch -gt 1 ] || echo "$stopped"
          advance_clock 151
        done
        rm "$ABL_TEST_DIR/held"
        tell cont 30 >/dev/null
        tell await 30 >/dev/null
        echo "$(judged) judged, $(recorded target) recorded"
        """)
    // If they lapsed, ten others would be let on in their place each time, and all be judged.
    #expect(run.lines == ["stopped 10", "10 judged, 10 recorded"], "\(run)")
  }
}
