import Harness
import Testing

/// A local user stops the su that he has started, wherever it happens to be.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct StopTests {
  /// `su` of 20 ms, each stopped for 5 s, and root's logins in a loop: in the file `logins` are
  /// the seconds for which each slept, whatever else the machine had to do.
  private static let script = """
    install_abl "$ABL_BUILD" 'user_rule = target:1000/1h' 'limits = 9000-10000'
    quick_su
    protect requisite testcheck libpam
    pam_service su "auth requisite $ABL_SUPPORT/pam_abl.so config=$ABL_CONFIGURATION" \\
      "auth required $ABL_SUPPORT/pam_testcheck.so password=right delay=10 log=$ABL_TEST_DIR/judged" \\
      'account required pam_permit.so' 'session required pam_permit.so'
    logins() {
      until [ -e "$ABL_TEST_DIR/done" ]; do
        "$ABL_SUPPORT/pamdrive" --no-delay --asleep --service libpam --user guest auth:right auth:wrong
      done >"$ABL_TEST_DIR/logins"
    }
    forget_pauses
    logins &
    suclient stop 200 target wrong 30000 5000
    touch "$ABL_TEST_DIR/done"
    wait $!
    echo "judged $(judged 'target wrong') counted $(recorded target)"
    echo "then $(suclient guess - target right 1)"
    echo "failures of guest: $(grep -c 'auth 7' "$ABL_TEST_DIR/logins") $(recorded guest)"
    grep -v 'auth [07] ' "$ABL_TEST_DIR/logins" || true
    echo "paused $(longest_pause pamdrive)"
    echo "longest $(sed 's/.* \\(.*\\)s$/\\1/' "$ABL_TEST_DIR/logins" | sort -n | tail -n 1)"
    syslog_lines pam_abl

    """

  @Test(
    "su stopped by its caller at 200 random moments holds nobody up, and each guess that was answered counts"
  )
  func stopping() throws {
    let run = try Sandbox.run(Self.script)
    let numbers = run.output.split { !$0.isNumber && $0 != "." }.compactMap { Double($0) }
    // stopped, spared, gone; said; judged, counted; exit, 42; failures of guest, as many on record;
    // milliseconds paused; longest
    try #require(run.lines.count == 6 && numbers.count == 12, "\(run)")
    #expect(numbers[0] + numbers[1] + numbers[2] == 200)
    #expect(numbers[0] >= 50, "most are stopped: \(run)")
    let (said, judged, counted) = (numbers[3], numbers[4], numbers[5])
    // One that was answered and ended before its verdict is a failure, too.
    #expect(said <= judged && judged <= counted, "\(run)")
    #expect(run.lines[2] == "then exit 0 pty-42")
    #expect(numbers[8] == numbers[9] || numbers[8] > 9000, "\(run)")
    // Who waits for lock_timeout says so, and nobody has; nor does the module let one wait for
    // somebody stopped, by itself or in a call of the system.
    #expect(numbers[10] == 0, "\(run)")
    #expect(numbers[11] < 1, "\(run)")
    print("SIGSTOP at 200 moments: \(run.lines[0]), \(run.lines[1]), \(run.lines[5]) s")
  }
}
