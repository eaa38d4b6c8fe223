import Harness
import Testing

/// What a blocked guesser learns of a password that is right: nothing.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct RefusedGuesserTests {
  /// - Parameter behind: the lines behind our module in the stack of `service`.
  private static func script(_ control: String, _ service: String, _ behind: String...) -> String {
    let lines = behind.map { "\"\($0)\"" }.joined(separator: " ")
    return """
      install_abl "$ABL_BUILD"
      pam_service \(service) "auth \(control) $ABL_SUPPORT/pam_abl.so config=$ABL_CONFIGURATION" \(lines) \
        'account required pam_permit.so' 'session required pam_permit.so'
      block() { for number in {1..10}; do ablctl fail "$@" -s sshd; done; }

      """
  }

  @Test(
    "by the prompt of a second factor, with any control",
    arguments: [("required", 1), ("requisite", 0), ("optional", 1)])
  func secondFactor(_ control: String, _ prompts: Int) throws {
    let run = try Sandbox.run(
      Self.script(
        control, "sshd", "auth [success=1 default=ignore] pam_unix.so nodelay",
        "auth requisite pam_deny.so", "auth required pam_permit.so",
        "auth required $ABL_SUPPORT/pam_testcheck.so password=654321 again log=$ABL_TEST_DIR/judged"
      )
        + """
        guard_sshd
        block -H 127.0.0.5
        guess() { # SOURCE METHOD PASSWORD
          "$ABL_SUPPORT/sshclient.py" 127.0.0.1 $ABL_PORT $1 $2:guest:$3 | sed 's/ [0-9.]*s//' || true
        }
        for method in kbd pw; do for password in wrong open-sesame; do guess 127.0.0.5 $method $password; done; done
        echo "asked again: $(judged .)"
        guess 127.0.0.6 kbd open-sesame
        recorded 127.0.0.5
        """)
    let kbd = "kbd denied prompts=\(prompts)"
    #expect(
      run.lines == [
        kbd, kbd, "pw denied", "pw denied", "asked again: 0", "kbd denied prompts=2", "10",
      ], "\(run)")
  }

  @Test("by the calls that pam_unix makes of the system")
  func systemCalls() throws {
    let run = try Sandbox.run(
      Self.script("required", "libpam", "auth required pam_unix.so nodelay") + """
        block -U guest
        # The pam_unix of Debian 13 asks a program of its own: one process after the other, each with its calls, for which of two
        # makes its call first says nothing. When the signal arrives that one has ended says nothing, either.
        trace() { # PASSWORD
          rm -f "$ABL_TEST_DIR"/trace.*
          strace -ff -o "$ABL_TEST_DIR/trace" "$ABL_SUPPORT/pamdrive" --no-delay --service libpam --user guest "auth:$1" |
            cut -d' ' -f-3
          ls "$ABL_TEST_DIR"/trace.* | sort -V | xargs cat | sed -E '/^--- SIGCHLD/d; s/\\(.*//' >"$ABL_TEST_DIR/$1"
        }
        for password in first open-sesame wrong1 wrong-and-much-longer-than-that; do trace $password; done
        cd "$ABL_TEST_DIR"
        for wrong in wrong1 wrong-and-much-longer-than-that; do cmp open-sesame $wrong && echo same; done
        [ $(wc -l <open-sesame) -gt 100 ] && echo many
        syslog_lines 'pam_unix' | grep -c 'authentication failure'
        """)
    let failures = Array(repeating: "auth 7 AUTH_ERR", count: 4)
    #expect(run.lines == failures + ["same", "same", "many", "4"], "\(run)")
  }

  @Test(
    "but other judges count the junk, unless it is `requisite`",
    arguments: [("required", 3), ("requisite", 0), ("optional", 3), ("[default=ignore]", 3)])
  func faillock(_ control: String, _ counted: Int) throws {
    let run = try Sandbox.run(
      Self.script(
        control, "libpam", "auth required pam_faillock.so preauth dir=/run/faillock deny=100",
        "auth [success=1 default=bad] pam_unix.so nodelay",
        "auth [default=die] pam_faillock.so authfail dir=/run/faillock deny=100",
        "auth required pam_permit.so") + """
          try libpam guest open-sesame
          block -U guest
          for password in open-sesame wrong open-sesame; do try libpam guest $password; done
          faillock --dir /run/faillock --user guest | grep -c ' V$' || true
          """)
    #expect(run.lines == ["ok", "denied", "denied", "denied", "\(counted)"], "\(run)")
  }
}
