import Harness
import Testing

/// Twenty connections that send their password at the same moment.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct CrowdTests {
  private static func script(_ method: String, _ password: String) -> String {
    """
    install_abl "$ABL_BUILD" 'host_rule = *:10/1h' 'pending_wait = 60s' 'lock_timeout = 60s'
    protect requisite testcheck sshd
    GRACE=300 guard_sshd
    { "$ABL_SUPPORT/sshclient.py" --parallel 20 127.0.0.1 "$ABL_PORT" 127.0.0.2 \
      \(method):guest:\(password) || true; } | cut -d' ' -f3 | sort | uniq -c | xargs
    echo "judged $(judged)"
    standing -H 127.0.0.2
    """
  }

  @Test("of twenty guesses at once ten are judged", arguments: ["pw", "kbd"])
  func guessesAreLimited(method: String) throws {
    let run = try Sandbox.run(Self.script(method, "wrong"))
    #expect(run.lines == ["20 denied", "judged 10", "blocked"], "\(run)")
  }

  @Test("twenty right passwords at once are all let in", arguments: ["pw", "kbd"])
  func rightPasswordsPass(method: String) throws {
    let run = try Sandbox.run(Self.script(method, "right"))
    #expect(run.lines == ["20 ok", "judged 20", "clear"], "\(run)")
  }

  @Test("fourteen people behind one address, typing for two seconds, are all let in")
  func typingCrowd() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD"
      protect required testcheck sshd
      guard_sshd
      { "$ABL_SUPPORT/sshclient.py" --parallel 14 127.0.0.1 "$ABL_PORT" 127.0.0.2 \
        kbdtype:guest:right:2 || true; } | cut -d' ' -f3 | sort | uniq -c | xargs
      echo "$(judged) judged, $(recorded 127.0.0.2) recorded"
      """)
    #expect(run.lines == ["14 ok", "14 judged, 0 recorded"], "\(run)")
  }

  @Test("ten prompts that one address leaves open hold no login up")
  func idlePrompts() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD"
      protect required testcheck sshd
      echo 'pending_wait = 30s' >>"$ABL_CONFIGURATION"
      guard_sshd
      "$ABL_SUPPORT/sshclient.py" --parallel 10 127.0.0.1 "$ABL_PORT" 127.0.0.2 kbdhold:target:180 &
      await 10 pgrep -fc 'target [[]pam[]]'
      paused try kbd target right 127.0.0.3
      paused try pw target right 127.0.0.2
      kill $!
      ablctl list
      """)
    // The module has let no login wait: not for a millisecond.
    #expect(run.lines == ["ok 0", "ok 0", "no failed login is on record"], "\(run)")
  }
}
