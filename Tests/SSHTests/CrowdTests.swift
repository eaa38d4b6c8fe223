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
}
