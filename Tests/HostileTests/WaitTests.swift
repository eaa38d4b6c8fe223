import Harness
import Testing

/// Who is made to wait, and for how long.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct WaitTests {
  private static let script = """
    install_abl "$ABL_BUILD" 'user_rule = *:10/1h' 'pending_wait = 500ms'
    quick_su
    protect requisite testcheck su libpam
    drive() { "$ABL_SUPPORT/pamdrive" --no-delay --service libpam --user target "$@" | cut -d' ' -f-2; }

    """

  @Test("a lock that another process holds all the time costs a login nothing, and no failure")
  func heldLock() throws {
    let run = try Sandbox.run(
      Self.script + """
        printf '%s\\n' 'lock_timeout = 60s' 'on_error = deny' >>"$ABL_CONFIGURATION"
        hold_lock
        try libpam target right
        suclient guess - target right 1
        for i in {1..9}; do try libpam target wrong; done | sort | uniq -c | sed 's/^ *//'
        suclient guess - target wrong 1
        try libpam target right
        suclient guess - target right 1
        release_lock
        recorded target
        syslog_lines pam_abl | grep -v refusing || true
        """)
    // A login that waited for the lock would end with an error after a minute.
    let refused = "exit 1 su: Authentication failure"
    #expect(
      run.lines == ["ok", "exit 0 pty-42", "9 denied", refused, "denied", refused, "10"], "\(run)")
  }

  @Test("a lock that is held when the verdict comes loses no failure")
  func lockHeldAtTheVerdict() throws {
    let run = try Sandbox.run(
      Self.script + """
        echo 'lock_timeout = 60s' >>"$ABL_CONFIGURATION"
        try libpam guest right >/dev/null
        sed -i "s:password=right:& while=$ABL_TEST_DIR/held:" /etc/pam.d/libpam
        for password in right wrong; do
          touch "$ABL_TEST_DIR/held"
          drive auth:$password &
          login=$!
          await 1 in_flight -U target
          hold_lock
          rm "$ABL_TEST_DIR/held"
          wait $login
          release_lock
        done
        recorded target
        syslog_lines pam_abl
        """)
    #expect(run.lines == ["auth 0", "auth 7", "1"], "\(run)")
  }

  @Test("prompts left open hold no login up, and leave nothing")
  func openPrompts() throws {
    let run = try Sandbox.run(
      Self.script + """
        echo 'pending_wait = 60s' >>"$ABL_CONFIGURATION"
        open_guesser target
        tell open 10
        paused try libpam target right
        in_flight -U target
        tell kill 10
        paused try libpam target right
        echo "$(recorded target) recorded, $(judged) judged"
        syslog_lines pam_abl
        """)
    // The module has let no login wait.
    #expect(
      run.lines == [
        "opened 10", "ok 0", "0", "killed 10", "ok 0", "0 recorded, 2 judged",
      ], "\(run)")
  }

  @Test("with 'abandoned = count' they make the next login wait, and are failures once they end")
  func countedPrompts() throws {
    let run = try Sandbox.run(
      Self.script + """
        printf '%s\\n' 'pending_wait = 2s' 'abandoned = count' >>"$ABL_CONFIGURATION"
        open_guesser target
        tell open 10
        timed paused try libpam target right
        tell answer 1 right
        paused try libpam target right
        tell kill 9
        tell open 1
        tell kill 1
        paused try libpam target right
        echo "$(recorded target) recorded, $(judged) judged"
        syslog_lines pam_abl
        """)
    try #require(run.lines.count == 12, "\(run)")
    let first = run.lines[1].split(separator: " ")
    try #require(first.count == 3, "\(run)")
    #expect(first[0] == "denied" && Int(first[2]) ?? 0 >= 2000, "it has waited: \(run)")
    #expect(1..<2100 ~= Int(first[1]) ?? 0, "and has not asked for longer: \(run)")
    #expect(run.lines[2] == "exit 0 pty-42", "\(run)")
    #expect(run.lines[4] == "ok 0", "\(run)")
    #expect(run.lines[8] == "denied 0", "\(run)")
    #expect(run.lines[9] == "10 recorded, 2 judged", "\(run)")
    let refusing = """
      <notice> pamdrive: pam_abl(libpam:auth): refusing user 'target' from here for libpam: \
      user 'target'
      """
    #expect(
      run.lines[10...] == [
        refusing + " has as many attempts in flight as may still fail",
        refusing + " is blocked by *:10/1h",
      ], "\(run)")
  }
}
