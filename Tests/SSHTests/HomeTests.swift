import Harness
import Testing

/// What strangers can't lock: a user at home, and an account that another user guesses at by su.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct HomeTests {
  @Test(
    "strangers lock a user out for strangers only; a thief at home has ten guesses",
    arguments: [Way.password, .keyboardInteractive])
  func home(way: Way) throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'host_rule = *:10/1h' 'user_rule = !root:10/1h' 'user_known = 30d'
      protect requisite testcheck sshd
      guard_sshd
      way=\(way.rawValue)
      echo "first $(try $way target right 127.0.0.2)"
      for number in {1..12}; do try $way target wrong 127.0.1.$number >/dev/null; done
      echo "strangers $(judged wrong) $(standing -U target)"
      echo "right $(try pw target right 127.0.2.1) $(try kbd target right 127.0.2.2)"
      echo "home $(try pw target right 127.0.0.2) $(try kbd target right 127.0.0.3)"
      for number in {11..22}; do try $way target wrong 127.0.0.$number >/dev/null; done
      echo "thief $(judged wrong) $(try pw target right 127.0.0.2) $(try kbd target right 127.0.0.3)"
      ablctl known --json
      """)
    #expect(
      Array(run.lines.prefix(5)) == [
        "first ok", "strangers 10 blocked", "right denied denied", "home ok ok",
        "thief 20 denied denied",
      ], "\(run)")
    #expect(
      run.lines.last?.hasPrefix(#"{"user":"target","network":"127.0.0.0/24","#) == true, "\(run)")
  }

  @Test("a user who guesses at others by su is refused, and no account is") func caller() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'user_rule = !root:10/1h' 'caller_rule = *:10/1h'
      protect requisite testcheck su sudo sshd
      guard_sshd
      for number in {1..12}; do try su target wrong >/dev/null; done
      echo "judged $(judged wrong) $(standing -U target)"
      echo "su $(try su target right) sudo $(try sudo caller right)"
      echo "ssh $(try pw target right 127.0.0.2) $(try pw caller right 127.0.0.2)"
      ablctl list callers --json
      advance_clock 3601
      echo "later $(try su target right)"
      """)
    #expect(
      Array(run.lines.prefix(3)) == [
        "judged 10 clear", "su denied sudo denied", "ssh ok ok",
      ], "\(run)")
    #expect(run.lines.last == "later ok", "\(run)")
    #expect(run.lines[3].contains(#""kind":"caller""#), "\(run)")
  }

  @Test("who runs su is the account's own user, however that is spelled") func spelled() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'user_rule = !root:3/1h' 'caller_rule = *:10/1h' 'user_case = ignore' \
        'user_domain = strip'
      protect requisite testcheck su
      cp "$ABL_SUPPORT/pamdrive" "$ABL_SUPPORT/borrowed" && chmod 4755 "$ABL_SUPPORT/borrowed"
      borrowed() {
        as_user caller "$ABL_SUPPORT/borrowed" --no-delay --quiet --service su --user "$1" auth:wrong
      }
      for user in TARGET target; do borrowed "$user"; done
      echo "another $(judged wrong) $(recorded target)"
      for user in CALLER 'CORP%5Ccaller' caller@corp.example caller; do borrowed "$user"; done
      echo "own $(judged wrong) $(recorded caller) $(standing -U caller)"
      """)
    #expect(run.lines == ["another 2 0", "own 5 3 blocked"], "\(run)")
  }
}
