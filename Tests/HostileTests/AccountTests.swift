import Harness
import Testing

/// The optional line `account required pam_abl.so`, for who comes by a key.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct AccountTests {
  private static let script = """
    install_abl "$ABL_BUILD" 'host_rule = *:10/1h' 'user_rule = !root:10/1h' 'host_whitelist = 127.0.0.9'
    stack() { # WORDS
      local module="$ABL_SUPPORT/pam_abl.so config=$ABL_CONFIGURATION"
      pam_service sshd "auth requisite $module" "auth required $ABL_SUPPORT/pam_testcheck.so password=right" \\
        "account required $module $1" 'account required pam_permit.so' 'session required pam_permit.so'
    }
    stack ''
    key=$ABL_TEST_DIR/key
    ssh-keygen -q -N '' -t ed25519 -f "$key"
    install -d -o guest -m 700 "$ABL_TEST_DIR/home/guest/.ssh"
    install -o guest -m 600 "$key.pub" "$ABL_TEST_DIR/home/guest/.ssh/authorized_keys"
    guard_sshd
    by_key() { try_sshd "pk:guest:$key" "$1"; }

    """

  @Test("a blocked host is refused with a key too, and the same key from elsewhere gets in")
  func blockedHost() throws {
    let run = try Sandbox.run(
      Self.script + """
        echo "before: $(by_key 127.0.0.2)"
        for number in {1..10}; do ablctl fail -H 127.0.0.2 -U user-$number -s sshd; done
        for number in {1..10}; do ablctl fail -H 127.0.0.9 -U user-$number -s sshd; done
        echo "then: $(by_key 127.0.0.2) $(by_key 127.0.0.3) allowed: $(by_key 127.0.0.9)"
        for host in 127.0.0.2 127.0.0.3; do echo "$(try pw guest right $host) $(try kbd guest right $host)"; done
        stack check_user
        echo "check_user: $(by_key 127.0.0.2)"
        stack check_both
        echo "check_both: $(by_key 127.0.0.2)"
        recorded guest
        # Since OpenSSH 9.8 a program of its own judges.
        syslog_lines 'sshd:account' | sed 's/> sshd-session:/> sshd:/'
        """)
    let line = """
      <notice> sshd: pam_abl(sshd:account): refusing user 'guest' from 127.0.0.2 for sshd without a password: \
      host '127.0.0.2' is blocked by *:10/1h
      """
    #expect(
      run.lines == [
        "before: ok", "then: closed ok allowed: ok", "denied denied", "ok ok", "check_user: ok",
        "check_both: closed",
        "0", line, line,
      ], "\(run)")
  }

  @Test("a blocked user keeps his key, unless the words ask about users")
  func blockedUser() throws {
    let run = try Sandbox.run(
      Self.script + """
        for number in {1..10}; do ablctl fail -H 192.0.2.$number -U guest -s sshd; done
        for word in '' check_host check_user check_both; do
          stack "$word"
          echo "$word: $(by_key 127.0.0.2)"
        done
        echo "password: $(try pw guest right 127.0.0.2)"
        """)
    #expect(
      run.lines == [
        ": ok", "check_host: ok", "check_user: closed", "check_both: closed", "password: denied",
      ],
      "\(run)")
  }

  @Test("who was let on with the right password isn't asked about again")
  func rightPassword() throws {
    let run = try Sandbox.run(
      Self.script + """
        stack check_both
        for number in {1..9}; do ablctl fail -H 127.0.0.2 -U guest -s sshd; done
        # The tenth failure comes while the right password is on its way.
        sed -i "s:password=right:& while=$ABL_TEST_DIR/held:" /etc/pam.d/sshd
        for way in pw kbd; do
          touch "$ABL_TEST_DIR/held"
          try $way guest right 127.0.0.2 >"$ABL_TEST_DIR/$way" &
          await 1 answered
          ablctl fail -H 127.0.0.2 -U guest -s sshd
          rm "$ABL_TEST_DIR/held"
          wait $!
          echo "$way $(cat "$ABL_TEST_DIR/$way") $(standing -H 127.0.0.2)"
          ablctl unblock --all >/dev/null
        done
        """)
    #expect(run.lines.first == "pw ok blocked", "\(run)")
    #expect(run.lines.last == "kbd ok clear", "\(run)")
  }
}
