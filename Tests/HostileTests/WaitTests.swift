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

  @Test("a lock that another process holds costs a login lock_timeout, and no more")
  func heldLock() throws {
    let run = try Sandbox.run(
      Self.script + """
        hold_lock
        timed try libpam target right
        echo 'lock_timeout = 2s' >>"$ABL_CONFIGURATION"
        timed try libpam target right
        timed suclient guess - target right 1
        echo 'on_error = deny' >>"$ABL_CONFIGURATION"
        timed try libpam target right
        syslog_lines pam_abl | sort | uniq -c | sed 's/^ *//'
        """)
    try #require(run.lines.count == 7, "\(run)")
    // Twice would be too much.
    let (usual, longer) = (1500..<3000, 2000..<4000)
    #expect(run.lines[0].answer(within: usual) == "ok", "\(run)")
    #expect(run.lines[1].answer(within: longer) == "ok", "\(run)")
    #expect(run.lines[2].answer(within: longer) == "exit 1 su: Authentication failure", "\(run)")
    #expect(run.lines[3].answer(within: longer) == "denied", "\(run)")
    #expect(
      run.lines[4...].allSatisfy { $0.contains("cannot lock '/var/lib/abl/lock': ") }, "\(run)")
  }

  @Test("a lock that is held when the verdict comes costs lock_timeout, and no failure is lost")
  func lockHeldAtTheVerdict() throws {
    let run = try Sandbox.run(
      Self.script + """
        echo 'lock_timeout = 2s' >>"$ABL_CONFIGURATION"
        try libpam guest right >/dev/null
        for password in right wrong; do
          timed drive hold:2000 auth:$password &
          login=$!
          await 1 in_flight -U target
          hold_lock
          wait $login
          release_lock
        done
        # Whoever looks next writes it down.
        try libpam guest right
        recorded target
        """)
    try #require(run.lines.count == 4, "\(run)")
    // A right password needs no lock to be taken back; and of a wrong one twice would be too much.
    #expect(run.lines[0].answer(within: 2000..<4000) == "auth 0", "\(run)")
    #expect(run.lines[1].answer(within: 4000..<6000) == "auth 7", "\(run)")
    #expect(run.lines[2...] == ["ok", "1"], "\(run)")
  }

  @Test("never more than lock_timeout and pending_wait together is added to a login")
  func allWaits() throws {
    let run = try Sandbox.run(
      Self.script + """
        printf '%s\\n' 'lock_timeout = 4s' 'pending_wait = 0' >>"$ABL_CONFIGURATION"
        try libpam guest right >/dev/null
        for password in right wrong; do
          hold_lock
          timed drive hold:2000 auth:$password &
          login=$!
          # So much of the four seconds is gone, whatever is needed then.
          sleep 2
          release_lock
          await 1 in_flight -U target
          hold_lock
          wait $login
          release_lock
        done
        """)
    try #require(run.lines.count == 2, "\(run)")
    // The prompt's 2 s, and 4 s; each time anew it would be 8 s.
    #expect(run.lines[0].answer(within: 2000..<7000) == "auth 0", "\(run)")
    #expect(run.lines[1].answer(within: 5000..<7500) == "auth 7", "\(run)")
  }

  @Test("prompts left open make the next login wait for pending_wait, until they end or lapse")
  func openPrompts() throws {
    let run = try Sandbox.run(
      Self.script + """
        echo 'pending_wait = 2s' >>"$ABL_CONFIGURATION"
        open_guesser target
        tell open 10
        timed try libpam target right
        tell kill 10
        timed try libpam target right
        tell open 10
        advance_clock 140
        timed try libpam target right
        advance_clock 20
        timed try libpam target right
        echo "$(recorded target) recorded, $(judged) judged"
        syslog_lines pam_abl
        """)
    try #require(run.lines.count == 10, "\(run)")
    #expect(run.lines[1].answer(within: 2000..<3900) == "denied", "\(run)")
    #expect(run.lines[3].answer(within: 0..<1900) == "ok", "\(run)")
    #expect(run.lines[5].answer(within: 2000..<3900) == "denied", "\(run)")
    #expect(run.lines[6].answer(within: 0..<1900) == "ok", "\(run)")
    #expect(run.lines[7] == "0 recorded, 2 judged", "\(run)")
    let line = """
      <notice> pamdrive: pam_abl(libpam:auth): refusing user 'target' from here for libpam: \
      user 'target' has as many attempts in flight as may still fail
      """
    #expect(run.lines[8...] == [line, line], "\(run)")
  }
}

extension String {
  /// What stands before the milliseconds that `timed` appends, or that it took too long, or not
  /// long enough.
  fileprivate func answer(within bounds: Range<Int>) -> String {
    let words = split(separator: " ")
    guard let milliseconds = words.last.flatMap({ Int($0) }), bounds.contains(milliseconds) else {
      return "not within \(bounds) ms"
    }
    return words.dropLast().joined(separator: " ")
  }
}
