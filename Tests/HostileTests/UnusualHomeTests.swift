import Harness
import Testing

@Suite(
  "Where the directories are unusual", .serialized,
  .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct UnusualHomeTests {
  private static let login = """
    protect requisite testcheck svc
    login() { "$ABL_SUPPORT/pamdrive" --no-delay --service svc --user "$2" --rhost "192.0.2.$1" \\
      "auth:$3" | cut -d' ' -f3; }

    """

  @Test("a db_home behind a link of root's is a store like others") func linked() throws {
    let run = try Sandbox.run(
      """
      mkdir -p -m 700 /run/larger/abl
      ln -s /run/larger/abl /run/link
      install_abl "$ABL_BUILD" 'host_rule = *:3/1h' 'db_home = /run/link'
      \(Self.login)
      for i in 1 2 3; do login 1 guest wrong; done
      login 1 guest right
      ablctl list --quiet --blocked
      ls /run/larger/abl
      syslog_lines pam_abl | sed -n '/^<err>/p' | wc -l
      """)
    let refused = Array(repeating: "AUTH_ERR", count: 4)
    #expect(
      run.lines == refused + ["192.0.2.1", "data.mdb", "failures", "lock", "0"], "\(run)")
  }

  @Test("a link that another has put there is not followed") func foreignLink() throws {
    let run = try Sandbox.run(
      """
      mkdir -p -m 700 /run/larger/abl
      mkdir -m 1777 /run/open
      as_user caller ln -s /run/larger/abl /run/open/link
      install_abl "$ABL_BUILD" 'host_rule = *:3/1h' 'db_home = /run/open/link'
      \(Self.login)
      login 1 guest wrong
      ls /run/larger/abl | wc -l
      syslog_lines pam_abl | grep "cannot open '/run/open/link': Not a directory" | wc -l
      """)
    #expect(run.lines == ["AUTH_ERR", "0", "2"], "\(run)")
  }

  /// As systemd's ProtectSystem=strict leaves them to a service.
  @Test("where all may only be read the blocked stay so, and others pass") func readOnly() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'host_rule = *:3/1h'
      \(Self.login)
      for i in 1 2 3; do login 1 guest wrong; done >/dev/null
      for i in 1 2; do login 2 guest wrong; done >/dev/null
      for place in /run/abl /var/lib/abl; do
        mount --bind "$place" "$place"
        mount -o remount,bind,ro "$place"
        echo "$(login 1 guest right) $(login 2 guest right) $(login 2 guest wrong)"
      done
      umount /run/abl
      login 1 guest right
      umount /var/lib/abl
      # What failed while only /run/abl could not be written is on record; the other can't be.
      login 2 guest right
      recorded 192.0.2.2
      """)
    let row = "AUTH_ERR SUCCESS AUTH_ERR"
    #expect(
      run.lines == [row, "AUTH_ERR AUTH_ERR AUTH_ERR", "AUTH_ERR", "AUTH_ERR", "3"], "\(run)")
  }

  @Test("a store that is missing is made anew, and the log says so") func fresh() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'host_rule = *:3/1h'
      \(Self.login)
      for i in 1 2 3; do login 1 guest wrong; done >/dev/null
      login 1 guest right
      rm /var/lib/abl/* /run/abl/*
      login 1 guest right
      login 1 guest wrong
      ablctl purge >/dev/null
      login 1 guest wrong
      syslog_lines 'made a new store'
      """)
    // The first three failures completed a limit; the fourth waits in the journal until the purge.
    let line = "made a new store, '/var/lib/abl/data.mdb': it has no failures yet"
    #expect(
      run.lines == [
        "AUTH_ERR", "SUCCESS", "AUTH_ERR", "AUTH_ERR", "<notice> pamdrive: PAM pam_abl: \(line)",
      ], "\(run)")
  }

  @Test("a program that judges others without being root is told of at warning") func notRoot()
    throws
  {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD"
      \(Self.login)
      own() { as_user caller "$ABL_SUPPORT/pamdrive" --no-delay --service svc --user "$1" \\
        auth:wrong >/dev/null; }
      own caller
      own guest
      syslog_lines 'not root' | cut -d' ' -f1
      """)
    #expect(run.lines == ["<debug>", "<warning>"], "\(run)")
  }
}
