import Harness
import Testing

@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct RightPasswordTests {
  private static let logins = """
    login_all() { # GUEST'S-PASSWORD TARGET'S CALLER'S
      echo "pw $(try pw guest "$1" 127.0.0.2)"
      echo "kbd $(try kbd guest "$1" 127.0.0.2)"
      echo "su $(try su target "$2")"
      echo "sudo $(try sudo caller "$3")"
      echo "login $(try login target "$2")"
      echo "libpam $(try libpam target "$2")"
    }

    """
  private static let allIn = ["pw ok", "kbd ok", "su ok", "sudo ok", "login ok", "libpam ok"]

  @Test("a right password leaves nothing behind, not even a store, with pam_unix as with testcheck")
  func nothingIsWritten() throws {
    let run = try Sandbox.run(
      Self.logins + """
        install_abl "$ABL_BUILD"
        protect required testcheck sshd su sudo login libpam
        guard_sshd
        login_all right right right
        protect required unix sshd su sudo login libpam
        login_all open-sesame correct-horse caller-pass
        ablctl list --json
        for name in guest target caller 127.0.0.2; do
          ablctl show --json "$name" 2>/dev/null
        done
        ls /var/lib/abl
        """)
    #expect(run.lines == Self.allIn + Self.allIn + ["lock"], "\(run)")
  }

  @Test("a right password after wrong ones adds none to them")
  func failuresStay() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD"
      protect required testcheck sshd su libpam
      guard_sshd
      for way in pw kbd su libpam; do
        echo "$way $(try $way target wrong 127.0.0.2) $(try $way target right 127.0.0.2)"
      done
      ablctl list --json
      """)
    #expect(
      Array(run.lines.prefix(4)) == [
        "pw denied ok", "kbd denied ok", "su denied ok", "libpam denied ok",
      ], "\(run)")
    let listed = try run.listed(after: 4)
    #expect(listed.map { "\($0.kind) \($0.failures)" } == ["host 2", "user 4"])
  }
}
