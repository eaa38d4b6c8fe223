import Foundation
import Harness
import Testing

/// ablctl's commands for it, in a system of their own with a user abl.
@Suite(.enabled(if: Sandbox.isAvailable, "needs root, for a system of its own to try things in"))
struct CommandTests {
  /// A store with attempts of a host of the Internet, of one that is allowed, and of a private one.
  private static let prelude = """
    useradd --system --no-create-home abl
    install -d -o abl /var/lib/abl-courier
    install -d /etc/abl/hooks.d
    # User abl can't get to where the project lies, if that is root's home.
    install -D -m 755 -t /run/programs $ABL_BUILD/debug/{ablctl,abld,abl-courier}
    ctl=/run/programs/ablctl
    printf 'host_rule = *:3/1h\\nhost_whitelist = 8.8.5.0/24\\n' >/etc/security/pam_abl.conf
    for host in 8.8.4.4 8.8.5.5 10.1.2.3; do
      for i in 1 2 3; do $ctl fail -H $host -U some-secret -s sshd; done
    done

    """

  @Test("hook test runs hooks as user abl, and tells how they end") func hooks() throws {
    let run = try Sandbox.run(
      Self.prelude + """
        printf '#!/bin/sh\\nid -un; echo "$ABL_EVENT $1"; grep CapEff /proc/self/status\\n' >/etc/abl/hooks.d/good
        printf '#!/bin/sh\\nexit 3\\n' >/etc/abl/hooks.d/bad.purge
        chmod 755 /etc/abl/hooks.d/*
        $ctl hook test good && echo right
        $ctl hook test || echo wrong $?
        $ctl hook test none || echo none $?
        """)
    let text = run.output
    #expect(text.contains("  abl\n  began 192.0.2.1\n  CapEff:?0000000000000000\n"), "\(run)")
    #expect(text.contains("right\n") && text.contains("wrong 1\n"), "\(run)")
    #expect(text.contains("bad.purge: exit status 3"), "\(run)")
    #expect(text.contains("'/etc/abl/hooks.d' has no hook 'none'\nnone 1\n"), "\(run)")
  }

  @Test("user abl may read events without being named, and what abld tells becomes a hook's")
  func whole() throws {
    let run = try Sandbox.run(
      Self.prelude + """
        install -d -m 777 /run/out
        printf '#!/bin/sh\\necho "$(id -un) $ABL_EVENT $1" >>/run/out/log\\n' >/etc/abl/hooks.d/log
        chmod 755 /etc/abl/hooks.d/log
        echo 'firewall = off' >/etc/abl/abld.conf
        /run/programs/abld --foreground 2>/run/abld.log & abld=$!
        /run/programs/abl-courier 2>/run/courier.log & courier=$!
        trap 'kill $abld $courier' EXIT
        for i in $(seq 600); do [ -s /var/lib/abl-courier/events ] && break; sleep 0.1; done
        for i in 1 2 3; do $ctl fail -H 8.8.7.7 -U joe -s sshd; done
        for i in $(seq 600); do grep -q 8.8.7.7 /run/out/log && break; sleep 0.1; done
        grep 8.8.7.7 /run/out/log || cat /run/abld.log /run/courier.log
        ps -o user= -p $courier
        """)
    #expect(run.lines == ["abl began 8.8.7.7", "abl"], "\(run)")
  }

  @Test("report tells what is on record, and refuses what is allowed, private or unknown")
  func report() throws {
    let run = try Sandbox.run(
      Self.prelude
        + """
        python3 "$ABL_SERVERS" rdap right abuse@example.net >/run/rdap & rdap=$!
        python3 "$ABL_SERVERS" smtp /run >/run/smtp & smtp=$!
        trap 'kill $rdap $smtp' EXIT
        for i in $(seq 300); do [ -s /run/rdap ] && [ -s /run/smtp ] && break; sleep 0.1; done
        $ctl report 8.8.4.4 || echo unset $?
        printf '%s\\n' 'report_contact = abuse@example.org' "report_rdap = http://127.0.0.1:$(head -1 /run/rdap)/" \\
          "mail_server = 127.0.0.1:$(head -1 /run/smtp)" >/etc/abl/courier.conf
        $ctl report 8.8.4.4 --dry-run >/run/dry
        grep -q 'Failed logins: 3' /run/dry
        for host in 8.8.5.5 10.1.2.3 9.9.9.9 a.name; do $ctl report $host 2>&1 || echo "no $?"; done
        $ctl allow 8.8.4.0/24 >/run/allowed
        $ctl report 8.8.4.4 2>&1 || echo "no $?"
        $ctl disallow 8.8.4.0/24 >/run/disallowed
        $ctl report 8.8.4.4
        $ctl report 8.8.4.4 || echo again $?
        ls /run/*.eml
        ! grep -l secret /run/*.eml /run/dry
        """.replacingOccurrences(
          of: "$ABL_SERVERS", with: Repository.file("Tests/Support/courier_servers.py")))
    #expect(
      run.lines.map {
        $0.replacingOccurrences(of: #"at \S+Z to"#, with: "at TIME to", options: .regularExpression)
      } == [
        "a report needs its sender's address: set report_contact in /etc/abl/courier.conf",
        "unset 1",
        "ablctl: 8.8.5.5 is on an allow list", "no 1",
        "10.1.2.3 is no address of the Internet", "no 1",
        "ablctl: no failed login from 9.9.9.9 is on record here", "no 1",
        "ablctl: 'a.name' is a name: only an address can be reported", "no 1",
        "ablctl: 8.8.4.4 is allowed by hand", "no 1",
        "reported 8.8.4.4 to abuse@example.net (by RDAP)",
        "8.8.4.0/24 was reported at TIME to abuse@example.net", "again 1", "/run/1.eml",
      ], "\(run)")
  }
}
