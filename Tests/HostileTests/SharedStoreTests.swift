import Harness
import Testing

/// One store, and more than one that use it: containers, or configurations.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct SharedStoreTests {
  /// A process of another namespace was once taken for dead: 37 guesses were judged.
  @Test("64 guesses at once in four process namespaces: ten are judged and counted")
  func namespaces() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'user_rule = *:10/1h'
      protect requisite testcheck libpam
      sed -i 's/password=right/& delay=100/' /etc/pam.d/libpam
      for round in $(seq \(Effort.count(4, long: 40))); do
        : >"$ABL_TEST_DIR/judged"
        ablctl unblock --all >/dev/null
        for lot in 1 2 3 4; do
          unshare --pid --fork --mount-proc "$ABL_SUPPORT/pamdrive" --no-delay --quiet --parallel 16 --service libpam \\
            --user target auth:wrong &
        done
        wait
        echo "judged $(judged) recorded $(recorded target)"
      done
      """, patience: 600)
    let rounds = Effort.isLong ? 40 : 4
    #expect(run.lines == Array(repeating: "judged 10 recorded 10", count: rounds), "\(run)")
  }

  /// There /proc tells other times at which a process started: 26 guesses were judged.
  @Test("32 guesses at once in two time namespaces: ten are judged and counted")
  func timeNamespaces() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'user_rule = *:10/1h'
      protect requisite testcheck libpam
      sed -i 's/password=right/& delay=300/' /etc/pam.d/libpam
      for boottime in 100000 2000000000; do
        : >"$ABL_TEST_DIR/judged"
        ablctl unblock --all >/dev/null
        for space in "unshare --time --boottime $boottime" ''; do
          $space "$ABL_SUPPORT/pamdrive" --no-delay --quiet --parallel 16 --service libpam \\
            --user target auth:wrong &
        done
        wait
        echo "judged $(judged) recorded $(recorded target)"
      done
      """, patience: 600)
    #expect(run.lines == Array(repeating: "judged 10 recorded 10", count: 2), "\(run)")
  }

  private static let script = """
    cat >"$ABL_TEST_DIR/command" <<'END'
    #!/bin/sh
    echo "$@" >>"${0%/*}/ran"
    END
    chmod 755 "$ABL_TEST_DIR/command"
    both() { # LINE...: of the lax configuration
      printf '%s\\n' "$@" >"$ABL_TEST_DIR/lax.conf"
      install_abl "$ABL_BUILD" 'host_rule = *:10/1h,30/1d' "host_block_cmd = [$ABL_TEST_DIR/command] [block] [%h]" \\
        "host_clear_cmd = [$ABL_TEST_DIR/command] [clear] [%h]"
      protect requisite testcheck strict lax
      sed -i "s|config=[^ ]*|config=$ABL_TEST_DIR/lax.conf|" /etc/pam.d/lax
    }
    drive() { # SERVICE PASSWORD
      "$ABL_SUPPORT/pamdrive" --no-delay --quiet --user "$1" --rhost 192.0.2.9 --service "$1" "auth:$2"
    }
    ran() { wc -l <"$ABL_TEST_DIR/ran"; }

    """

  /// It once let go of what the other one counts: 21 guesses were judged.
  @Test("a configuration that keeps less takes nothing from one that counts more")
  func limits() throws {
    let run = try Sandbox.run(
      Self.script + """
        both 'limits = 2-2'
        for round in 1 2 3 4; do
          for number in {1..9}; do drive strict wrong; done
          drive lax wrong
        done
        echo "$(judged 'strict wrong') and $(judged 'lax wrong') judged, $(standing -H 192.0.2.9)"
        """)
    // Nine, and the first one of the other service; that has no rule of its own.
    #expect(run.lines == ["9 and 4 judged, blocked"], "\(run)")
  }

  /// It once ran the command that opens the firewall while the host was blocked.
  @Test("a configuration with a wider rule ends no block of another one's")
  func clearing() throws {
    let run = try Sandbox.run(
      Self.script + """
        both 'host_rule = *:1000/1h' "host_clear_cmd = [$ABL_TEST_DIR/command] [clear] [%h]"
        for number in {1..10}; do drive strict wrong; done
        await 1 ran
        drive lax wrong
        drive lax right
        drive strict wrong
        # What would be run has been started before this.
        for number in {1..10}; do ablctl fail -H 192.0.2.10 -s strict; done
        await 2 ran
        cat "$ABL_TEST_DIR/ran"
        echo "$(standing -H 192.0.2.9) $(judged 'strict wrong')"
        """)
    #expect(run.lines == ["block 192.0.2.9", "block 192.0.2.10", "blocked 10"], "\(run)")
  }
}
