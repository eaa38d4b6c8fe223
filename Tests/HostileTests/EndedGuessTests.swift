import Harness
import Testing

/// A local user learns the verdict on a guess before pam_abl does, and ends su at that moment.
///
/// When an answer of a process that died was forgotten, 59 of 59 wrong guesses were known to the
/// caller, and none was on record.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct EndedGuessTests {
  @Test("su killed between the verdict and the hook: each guess that was judged is on record")
  func inotify() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'user_rule = *:10/1h'
      install -m 755 "$ABL_BUILD/support/inotify_kill" "$ABL_SUPPORT/"
      quick_su
      # Its caller watches pam_unix; testcheck says how many answers there were to judge.
      pam_service su "auth requisite $ABL_SUPPORT/pam_abl.so config=$ABL_CONFIGURATION" \\
        "auth optional $ABL_SUPPORT/pam_testcheck.so password=correct-horse log=$ABL_TEST_DIR/judged" \\
        'auth [success=1 default=ignore] pam_unix.so nodelay try_first_pass' 'auth requisite pam_deny.so' \\
        'auth required pam_permit.so' 'account required pam_unix.so' 'session required pam_permit.so'
      for round in $(seq \(Effort.count(2, long: 20))); do
        ablctl unblock --all >/dev/null
        : >"$ABL_TEST_DIR/judged"
        known=$(as_user caller "$ABL_SUPPORT/inotify_kill" target 16 correct-horse)
        echo "$known judged $(judged) recorded $(recorded target) $(standing -U target)"
      done
      """, patience: 900)
    #expect(run.lines.count == Int(Effort.count(2, long: 20)), "\(run)")
    for line in run.lines {
      // wrong, right: as far as the caller learned; said by su; nothing; judged, recorded.
      let numbers = line.split(separator: " ").compactMap { Int($0) }
      try #require(numbers.count == 6, "\(run)")
      #expect(numbers[0] + numbers[1] <= 10 && numbers[1] == 0, "\(run)")
      #expect(numbers[4] == 10 && numbers[5] == 10 && line.hasSuffix("blocked"), "\(run)")
    }
    print("SIGKILL by inotify: \(run.lines[0])")
  }
}
