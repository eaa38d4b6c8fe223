import Foundation
import Harness
import Testing

@testable import Administration

/// What a person types, one behind the other, and what comes back, whole: on a machine that is always
/// the same. The pictures are made as those of `PictureTests` are.
@Suite(
  "What commands say of the machine itself is as its picture is",
  .enabled(if: Stage.isAvailable, Comment(rawValue: Stage.reason)))
struct TranscriptTests {
  struct Scene: CustomTestStringConvertible {
    let name: String
    var changes: [RootedMachine.Change] = []
    var preparation = ""
    let commands: [String]

    var testDescription: String { name }
  }

  @Test("in each scene, at 80 and at 120 columns", arguments: Scene.all)
  func scene(_ scene: Scene) throws {
    for columns in [80, 120] {
      let seen = try Stage(scene.changes).transcript(
        on: columns, scene.preparation, scene.commands)
      var isTerminal = true
      for line in seen.split(separator: "\n") {
        // What goes through a pipe has its lines as they are.
        if line.hasPrefix("# ") { isTerminal = !line.contains(" | ") }
        guard isTerminal, !line.hasPrefix("{"), !line.hasPrefix("# ") else { continue }
        #expect(String(line).columns <= columns, "\(columns) columns: \(line)")
      }
      let lines = seen.split(separator: "\n", omittingEmptySubsequences: false)
      let stable = lines.map { Picture.stable(String($0), "/run/stage") }
      try Picture.compare("\(scene.name)-\(columns)", with: stable.joined(separator: "\n"))
    }
  }
}

extension TranscriptTests.Scene {
  private static let line = "auth required pam_abl.so config=/etc/security/pam_abl.conf\n"

  /// No stack has our line.
  static let bare: [RootedMachine.Change] = [
    "sshd", "su", "sudo", "login", "cron", "vsftpd", "dovecot",
  ].map { .replace("/etc/pam.d/" + $0, line, "") }

  static let all = [absent, sound, broken, trial, byHand, fleet, handover, lists, courier]

  private static let absent = Self(
    name: "scene-absent", changes: bare,
    commands: [
      "ablctl doctor", "ablctl doctor --json", "ablctl status", "ablctl status --json",
      "ablctl list", "ablctl list --blocked", "ablctl stats", "ablctl events",
      "timeout --foreground --preserve-status -s INT 1 ablctl watch", "ablctl store",
      "ablctl store --json", "ablctl peers", "ablctl peers --json", "ablctl trial",
      "ablctl trial keep", "ablctl trial stop", "ablctl report 192.0.2.7", "ablctl hook test",
      "ablctl unblock --me", "ablctl allow --me", "ablctl check-config",
    ])

  private static let sound = Self(
    name: "scene-sound",
    preparation: "for i in 1 2 3 4 5 6 7 8 9 10; do ablctl fail -H 192.0.2.7 -U root -s sshd; done",
    commands: [
      "ablctl doctor", "ablctl doctor --json", "ablctl status", "ablctl trial start",
      "ablctl check-config", "ablctl check-config --effective --json | wc -l",
    ])

  private static let broken = Self(
    name: "scene-broken",
    changes: [
      .append("/etc/pam.d/common-auth", "auth required pam_faillock.so authfail"),
      .replace("/etc/pam.d/sudo", line, ""), .mode("/etc/pam.d/sshd", 0o664),
      .append("/etc/security/pam_abl.conf", "user_rule = 10/1"),
      .replace("/etc/ssh/sshd_config", "UsePAM yes", "UsePAM no"),
    ],
    commands: [
      "ablctl doctor", "ablctl status", "ablctl check-config", "ablctl check-config --json",
      "ablctl list",
    ])

  private static let trial = Self(
    name: "scene-trial", changes: bare,
    commands: [
      "SSH_CONNECTION='192.0.2.7 50000 192.0.2.1 22' ablctl trial start", "ablctl trial",
      "ablctl trial show --json | sed s/:[56][0-9][0-9]}/:N}/", "ablctl doctor | head -2",
      "ablctl trial start --service nosuch", "ablctl trial keep", "ablctl trial keep",
      "ablctl trial start", "grep -c pam_abl.so /etc/pam.d/sshd", "ablctl trial start --service su",
      "ablctl trial stop", "ablctl trial stop", "grep -c pam_abl.so /etc/pam.d/su",
    ])

  private static let byHand = Self(
    name: "scene-by-hand",
    commands: [
      "ablctl block 198.51.100.0/24 mallory --for 3d --reason 'guesses at imap'",
      "ablctl block --json 192.0.2.7", "ablctl allow --json 203.0.113.9 --for 30d",
      "SSH_CONNECTION='192.0.2.9 50000 192.0.2.1 22' ablctl block 192.0.2.0/24",
      "ablctl block 192.0.2.0/33", "ablctl block 10.0.0", "ablctl block alice@192.0.2.0/24",
      "ablctl block 127.0.0.0/8", "ablctl allow 8.0.0.0/6", "ablctl allow 10.0.0.0/9 --for 12h",
      "ablctl list decrees",
      "ablctl list decrees --json", "ablctl check 198.51.100.7", "ablctl explain mallory",
      "ablctl status", "ablctl doctor", "ablctl disallow 203.0.113.9 203.0.113.10",
      "ablctl unblock 198.51.100.7", "ablctl unblock 198.51.100.0/24",
    ])

  private static let fleet = Self(
    name: "scene-fleet", preparation: "mkdir m1 m2",
    commands: [
      "ablctl fleet", "ablctl fleet init", "ablctl fleet init --no-passphrase 192.0.2.1:99999",
      "ablctl fleet init --no-passphrase broker.example.org",
      "ablctl fleet init --no-passphrase broker.example.org", "ablctl fleet issue m1 m2",
      "ablctl fleet issue 'a b'", "ablctl fleet issue --directory none m1",
      "ablctl fleet join --root $PWD/m1 abl-fleet/machines/m1",
      "ablctl fleet join --root $PWD/m2 abl-fleet/machines/m9", "ablctl fleet renew m1",
      "ablctl fleet renew m9", "ablctl fleet revoke m2", "ablctl fleet revoke m2",
      "ablctl fleet leave --root $PWD/m1", "ablctl fleet leave --root $PWD/m1",
      "ablctl block 192.0.2.7 --everywhere --for 1d",
    ])

  /// What other programs leave behind.
  private static let handover = Self(
    name: "scene-import",
    preparation: """
      mkdir -p denyhosts fail2ban/jail.d
      cat >denyhosts/denyhosts.conf <<END
      HOSTS_DENY = $PWD/denyhosts/hosts.deny
      WORK_DIR = $PWD/denyhosts
      PURGE_DENY = 4w
      DENY_THRESHOLD_INVALID = 5
      DENY_THRESHOLD_VALID = 10
      DENY_THRESHOLD_ROOT = 1
      END
      echo 'sshd: 198.51.100.7' >denyhosts/hosts.deny
      printf '[DEFAULT]\\nbantime = 10m\\nfindtime = 10m\\nmaxretry = 5\\n[sshd]\\nenabled = true\\n' \
      >fail2ban/jail.conf
      printf 'sshd: 203.0.113.0/24\\nsshd: .example.com\\n' >hosts.allow
      printf '; a list\\n198.51.100.0/24 ; why\\n192.0.2.7\\n' >drop.txt
      """,
    commands: [
      "ablctl import", "ablctl import denyhosts denyhosts/denyhosts.conf --dry-run",
      "ablctl import denyhosts denyhosts/denyhosts.conf --dry-run --json",
      "ablctl import denyhosts none", "ablctl import fail2ban fail2ban --dry-run",
      "ablctl import fail2ban fail2ban --dry-run --json", "ablctl import fail2ban none",
      "ablctl import hosts.allow hosts.allow", "ablctl import hosts.allow hosts.allow --json",
      "ablctl import hosts.allow none", "ablctl import blocklist drop.txt --dry-run",
      "ablctl import blocklist drop.txt --json", "ablctl import blocklist none",
      "ablctl fail -H 192.0.2.8 -U alice -s sshd", "ablctl export -o abl.export",
      "ablctl unblock 192.0.2.8 alice", "ablctl import abl abl.export --dry-run",
      "ablctl import abl abl.export", "ablctl import abl drop.txt", "ablctl import abl none",
      "ablctl import pam_abl none",
    ])

  /// Where users are known, and networks.
  private static let lists = Self(
    name: "scene-kinds",
    changes: [
      .write(
        "/etc/security/pam_abl.conf",
        "host_rule = *:3/1h\nnetwork_rule = /24:3/1h\nuser_rule = *:3/1h\nuser_known = 30d\n")
    ],
    preparation: """
      login() { # USER A B C D: as wtmp(5) has it, of a 64-bit glibc
          python3 -c 'import struct, sys, time
      sys.stdout.buffer.write(struct.pack("<hxxi32s4s32s256shhiii4B12x20x", 7, 1, b"", b"", sys.argv[1].encode(), b"",
          0, 0, 0, int(time.time()) - 100, 0, *map(int, sys.argv[2:])))' "$@"
      }
      { login alice 192 0 2 7; login bob 198 51 100 3; } >wtmp
      """,
    commands: [
      "ablctl known", "ablctl known import wtmp", "ablctl known import none", "ablctl known",
      "ablctl known list --json",
      "for i in 1 2 3; do ablctl fail -H 192.0.2.7 -U alice -s sshd; done",
      "ablctl list", "ablctl list users", "ablctl list networks", "ablctl list homes",
      "ablctl list --json", "ablctl explain alice", "ablctl explain alice@192.0.2.0/24",
      "ablctl show alice@192.0.2.0/24", "ablctl check alice", "ablctl status",
      "ablctl events", "ablctl known forget nosuch", "ablctl known forget bob",
      "ablctl unblock alice", "ablctl unblock alice@192.0.2.0/24", "ablctl list",
    ])

  /// What the courier does for a person. The registry is a server of the test's.
  private static let courier = Self(
    name: "scene-courier",
    preparation: """
      mkdir -p /etc/abl/hooks.d
      install -d -o abl /var/lib/abl-courier
      printf '#!/bin/sh\\necho "$ABL_EVENT $1"\\n' >/etc/abl/hooks.d/good
      printf '#!/bin/sh\\nexit 3\\n' >/etc/abl/hooks.d/bad
      chmod 755 /etc/abl/hooks.d/*
      python3 '\(Repository.file("Tests/Support/courier_servers.py"))' rdap right abuse@example.net >rdap &
      until [ -s rdap ]; do sleep 0.02; done
      printf '%s\\n' 'report_contact = abuse@example.org' "report_rdap = http://127.0.0.1:$(head -1 rdap)/" \
      >courier.conf
      for i in 1 2 3; do ablctl fail -H 8.8.4.4 -U alice -s sshd; done
      ablctl fail -H 10.1.2.3 -U alice -s sshd
      """,
    commands: [
      "ablctl hook test good | sed 's/[0-9]* ms/N ms/'", "ablctl hook test bad",
      "ablctl hook test none",
      "ablctl report 8.8.4.4",
      "cp courier.conf /etc/abl/ && ablctl report 8.8.4.4 --dry-run | "
        + "sed -E 's/^(Date|Message-ID): .*/\\1: .../; s/boundary=.*/boundary=.../; s/^--[^ ]+$/--.../'",
      "ablctl report 10.1.2.3", "ablctl report 9.9.9.9", "ablctl report a.name",
    ])
}
