import Harness
import Testing

@Suite(
  "A changed configuration", .serialized,
  .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct ChangedConfigurationTests {
  /// A stack whose commands write their arguments to a file, and what shows it.
  private static let hooks = """
    printf '#!/bin/sh\\necho "$@" >>/run/abl-test/hooks\\n' >/run/abl-test/lib/hook
    chmod 755 /run/abl-test/lib/hook
    touch /run/abl-test/hooks
    install_abl "$ABL_BUILD" 'host_rule = *:10/1h' 'user_rule = *:10/1h' \\
      'host_block_cmd = [/run/abl-test/lib/hook] [block] [%h]' \\
      'host_clear_cmd = [/run/abl-test/lib/hook] [clear] [%h]' \\
      'user_block_cmd = [/run/abl-test/lib/hook] [block] [%u]' \\
      'user_clear_cmd = [/run/abl-test/lib/hook] [clear] [%u]'
    protect requisite testcheck svc
    login() { "$ABL_SUPPORT/pamdrive" --no-delay --service svc --user "$1" --rhost 192.0.2.1 \\
      "auth:$2" | cut -d' ' -f3; }
    # A command runs in the background.
    ran() {
      for ((i = 0; i < 1200 && $(wc -l </run/abl-test/hooks) < $1; i++)); do sleep 0.1; done
      echo "ran: $(sort /run/abl-test/hooks | paste -sd,)"
      : >/run/abl-test/hooks
    }

    """

  @Test("that allows the blocked lets them in, and update runs their commands, both ways")
  func allowed() throws {
    let run = try Sandbox.run(
      Self.hooks + """
        for i in {1..10}; do login guest wrong; done | sort | uniq -c | tr -s ' '
        ran 2
        printf 'host_whitelist = 192.0.2.0/24\\nuser_whitelist = guest\\n' >>"$ABL_CONFIGURATION"
        login guest right
        ablctl update
        ran 2
        sed -i /whitelist/d "$ABL_CONFIGURATION"
        ablctl update
        ran 2
        ablctl update
        ran 0
        """)
    #expect(
      run.lines == [
        " 10 AUTH_ERR", "ran: block 192.0.2.1,block guest", "SUCCESS",
        "ran: clear 192.0.2.1,clear guest", "ran: block 192.0.2.1,block guest", "ran: ",
      ], "\(run)")
  }

  @Test("that is stricter refuses at the next login, which runs the command", arguments: [5, 9])
  func tightened(to limit: Int) throws {
    let run = try Sandbox.run(
      Self.hooks + """
        for i in {1..9}; do login guest$i wrong; done | sort | uniq -c | tr -s ' '
        # Half of them in the store, or all in the journal.
        \(limit == 5 ? "ablctl purge >/dev/null" : "")
        sed -i 's/host_rule = .*/host_rule = *:\(limit)\\/1h/' "$ABL_CONFIGURATION"
        login other right
        ran 1
        login other right
        ran 0
        """)
    #expect(
      run.lines == [" 9 AUTH_ERR", "AUTH_ERR", "ran: block 192.0.2.1", "AUTH_ERR", "ran: "],
      "\(run)")
  }

  @Test("with mistakes is told of once, until the file changes") func mistakes() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'host_rule = *:10/1h' 'hots_rule = *:5/1h'
      protect requisite testcheck svc
      login() { "$ABL_SUPPORT/pamdrive" --no-delay --service svc --user guest --rhost 192.0.2.1 \\
        "auth:$1" >/dev/null; }
      told() { syslog_lines 'unknown key' | wc -l; }
      for i in {1..5}; do login wrong; login right; done
      told
      echo '# another line' >>"$ABL_CONFIGURATION"
      login right; login right
      told
      """)
    #expect(run.lines == ["1", "2"], "\(run)")
  }
}
