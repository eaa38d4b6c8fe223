import Harness
import Testing

/// A local user stops, ends, freezes or starves the su that he has started, wherever it happens to
/// be: that costs others nothing, and himself his guesses.
///
/// When logins waited for a lock, one su that was frozen or starved with it had all others refused,
/// and sshd judged without a limit: 20 of 20 guesses, none on record.
///
/// Of a round's 24 guesses each is stopped, ended or let go on at random moments, about 55 of them.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct TormentTests {
  private static let script = """
    install_abl "$ABL_BUILD" 'user_rule = *:10/1h' 'pending_wait = 5s'
    quick_su
    protect requisite testcheck su libpam sudo
    # Time for its caller before it is judged, and between that and the hook.
    sed -i 's/password=right/& delay=10/' /etc/pam.d/su
    sed -i "/^auth required/a auth optional $ABL_SUPPORT/pam_testcheck.so noprompt delay=20" /etc/pam.d/su
    : >"$ABL_TEST_DIR/judged"
    # So many ended as they should, and so many did not.
    beside() { echo "beside $(grep -cx ok "$ABL_TEST_DIR/beside") $(grep -cvx ok "$ABL_TEST_DIR/beside")"; }

    """

  private static let rounds = """
    torment() { suclient torment 24 target wrong 80000 3500; }
    [ -z "$group" ] || trap 'remove_group "$group"' EXIT
    hit=0
    # On a fast machine, or by chance, a round may hit few: then there are more of them.
    for round in $(seq $((4 * rounds))); do
      if [ "$round" -gt "$rounds" ] && [ "$hit" -ge $((20 * rounds)) ]; then break; fi
      ablctl unblock --all >/dev/null
      : >"$ABL_TEST_DIR/judged"
      if [ -n "$group" ]; then in_group "$group" torment; else torment; fi >"$ABL_TEST_DIR/torment" &
      torment=$!
      "$ABL_SUPPORT/pamdrive" --no-delay --quiet --parallel 4 --service libpam --user target auth:wrong &
      while kill -0 $torment 2>/dev/null; do
        if [ "$way" = freezer ]; then sleep "0.0$((RANDOM % 90 + 10))"; freeze "$group" 1; fi
        try sudo caller right
        try libpam guest right
        if [ "$way" = freezer ]; then sleep "0.$((RANDOM % 900 + 100))"; freeze "$group" 0; fi
      done >"$ABL_TEST_DIR/beside"
      wait
      hit=$((hit + $(awk '{ print $2 + $4 }' "$ABL_TEST_DIR/torment")))
      echo "$(cat "$ABL_TEST_DIR/torment") judged $(judged 'target wrong') recorded $(recorded target) $(beside)"
    done

    """

  /// What is done to su, in so many rounds with 24 each.
  private func torment(_ way: String, rounds: String, group: String) throws {
    let run = try Sandbox.run(
      Self.script + "way=\(way) rounds=\(rounds)\n\(group)\n" + Self.rounds, patience: 3000)
    guard run.lines.first != "none" else {
      return print("\(way): not tried, there can be no such control group here")
    }
    let least = try #require(Int(rounds))
    #expect(run.lines.count >= least, "\(run)")
    var signals = 0
    for line in run.lines {
      // stopped, killed, spared, gone, stuck, said, left, judged, recorded, beside
      let numbers = line.split(separator: " ").compactMap { Int($0) }
      try #require(numbers.count == 11, "\(run)")
      signals += numbers[0] + numbers[1]
      let (said, judged, recorded) = (numbers[5], numbers[7], numbers[8])
      #expect(judged <= 10 && judged <= recorded && recorded <= 10, "\(line)")
      #expect(said <= 24 && numbers[9] > 0 && numbers[10] == 0, "\(line)")
    }
    #expect(signals >= 20 * least, "hardly any was hit: \(run)")
    print("\(way): \(run.lines.count) rounds, \(signals) signals; \(run.lines[0])")
  }

  @Test("stopped, continued or killed by signals, at random moments: 2000 of them in test-long")
  func signals() throws {
    try torment("signals", rounds: Effort.count(1, long: 40), group: "group=")
  }

  @Test("frozen by its control group")
  func freezer() throws {
    try torment(
      "freezer", rounds: Effort.count(1, long: 12),
      group: "group=$(new_group freeze) || { echo none; exit 0; }")
  }

  @Test("with a twentieth of a processor, by its control group")
  func share() throws {
    try torment(
      "cpu.max", rounds: Effort.count(1, long: 8),
      group: "group=$(new_group max) && starve \"$group\" || { echo none; exit 0; }")
  }

  @Test("starved by busy loops, at the moments that inotify tells and at random ones")
  func idle() throws {
    let run = try Sandbox.run(
      Self.script + """
        install -m 755 "$ABL_BUILD/support/starve" "$ABL_SUPPORT/"
        as_user caller "$ABL_SUPPORT/starve" target \(Effort.count(8, long: 100)) 2 8 &
        starve=$!
        # On the starved processor ten of them may take longer than all of it.
        tries=0
        while [ $((tries += 1)) -le 12 ] || kill -0 $starve 2>/dev/null; do
          taskset -c 0 "$ABL_SUPPORT/pamdrive" --no-delay --quiet --service libpam --user guest auth:wrong
        done &
        while kill -0 $starve 2>/dev/null; do try sudo caller right; done >"$ABL_TEST_DIR/beside"
        wait
        echo "guest $(judged 'guest wrong') $(recorded guest) target $(judged 'target wrong') $(recorded target) $(beside)"
        syslog_lines pam_abl | grep -v 'is blocked by' || true
        """, patience: 600)
    try #require(run.lines.count == 2, "\(run)")
    let numbers = run.lines[1].split(separator: " ").compactMap { Int($0) }
    #expect(numbers[0...1] == [10, 10], "\(run)")
    #expect(numbers[2] <= numbers[3] && numbers[3] <= 10, "\(run)")
    #expect(numbers[4] > 0 && numbers[5] == 0, "\(run)")
    print("SCHED_IDLE: \(run.lines[0]); \(run.lines[1])")
  }
}
