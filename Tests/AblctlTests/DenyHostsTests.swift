import BlockList
import Foundation
import Policy
import Testing
import Upkeep

@testable import Administration

/// `import denyhosts`.
@Suite struct DenyHostsTests {
  private let machine = Machine()

  /// A configuration as Debian's package had it, with a work directory of the test's.
  private func configuration(_ more: String = "") throws -> String {
    try machine.file(
      "denyhosts.conf",
      """
             ############ THESE SETTINGS ARE REQUIRED ############
      SECURE_LOG = /var/log/auth.log
      HOSTS_DENY = \(machine.directory)/hosts.deny
      PURGE_DENY = 4w
      BLOCK_SERVICE  = sshd
      DENY_THRESHOLD_INVALID = 5
      DENY_THRESHOLD_VALID = 10
      DENY_THRESHOLD_ROOT = 1
      DENY_THRESHOLD_RESTRICTED = 1
      WORK_DIR = \(machine.directory)
      ETC_DIR = \(machine.directory)
      SUSPICIOUS_LOGIN_REPORT_ALLOWED_HOSTS=YES
      HOSTNAME_LOOKUP=NO
      LOCK_FILE = /run/denyhosts.pid
      ADMIN_EMAIL = root@localhost
      SMTP_PASSWORD=hunter2
      SYNC_SERVER : http://xmlrpc.denyhosts.net:9911
      AGE_RESET_VALID=5d
      AGE_RESET_ROOT=25d
      AGE_RESET_RESTRICTED=25d
      AGE_RESET_INVALID=10d
      RESET_ON_SUCCESS = yes
      DAEMON_SLEEP = 30s

      """ + more)
  }

  /// As DenyHosts writes times.
  private func asctime(_ seconds: Int64) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "UTC")
    formatter.dateFormat = "EEE MMM d HH:mm:ss yyyy"
    return formatter.string(from: Date(timeIntervalSince1970: TimeInterval(seconds)))
  }

  @Test("prints thresholds as rules, with what they mean, and says what it can't carry over")
  func rules() throws {
    let path = try configuration()
    let ended = machine.ablctl("import", "denyhosts", path)
    #expect(
      ended.output == """
        host_rule = root@*:2/25d ?@*:6/10d *:11/5d
        # root@*:2/25d: 2 tries of root block a host
        # ?@*:6/10d: 6 tries of users that don't exist block a host
        # *:11/5d: 11 tries of any user block a host
        # DenyHosts blocks when a count is greater than its threshold, abl when it is reached; so each
        # count is one more. DenyHosts begins anew after a pause of that time; here it is a window.
        # DenyHosts counts existing users but root apart; '*' counts all, so it may block earlier.
        host_purge = 25d
        # Attempts are kept for the longest of these times.
        host_block = 28d
        # A block lasts that long at least (PURGE_DENY).
        imported 0 blocks and 0 allows; 0 known before

        """)
    #expect(
      ended.error == """
        ablctl: not carried over: \(path):12: 'SUSPICIOUS_LOGIN_REPORT_ALLOWED_HOSTS=YES': \
        abl reports no right login
        ablctl: not carried over: \(path):15: 'ADMIN_EMAIL = root@localhost': notices by mail are a \
        matter of abl-courier (docs/hooks.md)
        ablctl: not carried over: \(path):16: 'SMTP_PASSWORD': notices by mail are a matter of \
        abl-courier (docs/hooks.md)
        ablctl: not carried over: \(path):17: 'SYNC_SERVER : http://xmlrpc.denyhosts.net:9911': \
        machines of your own share by 'ablctl fleet' (docs/fleet.md)
        ablctl: not carried over: \(path):22: 'RESET_ON_SUCCESS = yes': a right login takes no \
        failure back; 'user_known' keeps users in
        ablctl: not carried over: \(machine.directory)/hosts.deny: cannot open \
        '\(machine.directory)/hosts.deny': No such file or directory

        """)
    // There is no hosts.deny.
    #expect(ended.status == 1)
  }

  @Test("has the last value of a name, and DenyHosts' own where none is set") func values() throws {
    _ = try machine.file("restricted-usernames", "admin\n# no\noracle\nnot:a name\n")
    let path = try configuration(
      "DENY_THRESHOLD_VALID = 4\nage_reset_valid =\nPURGE_DENY =\nDENY_THRESHOLD_ROOT = many\n")
    let ended = machine.ablctl("import", "denyhosts", path)
    #expect(
      ended.lines.first
        == "host_rule = root@*:2/25d ?@*:6/10d *:5/365d admin|oracle@*:2/25d")
    #expect(!ended.output.contains("host_block ="))
    #expect(ended.error.contains(":27: 'many': no number for DENY_THRESHOLD_ROOT\n"))
    #expect(ended.error.contains("restricted-usernames:4: 'not:a name': no clause of a rule"))
    #expect(ended.error.contains("'PURGE_DENY': it isn't set: DenyHosts keeps each block for ever"))
  }

  @Test("has lines that a configuration may have, and shows nothing of a file that is none")
  func configurations() throws {
    let ended = machine.ablctl("import", "denyhosts", try configuration())
    let rules = ended.lines.filter { $0.hasPrefix("host_") }
    let home = "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\n"
    machine.configure(home + rules.joined(separator: "\n") + "\n")
    let checked = machine.ablctl("check-config")
    #expect(checked.status == 0 && checked.error == "", "\(checked)")
    let foreign = machine.ablctl(
      "import", "denyhosts", try machine.file("shadow", "root:$y$secret:19000::\n"))
    #expect(foreign.status == 1 && foreign.output == "")
    #expect(
      foreign.error == "ablctl: '\(machine.directory)/shadow' is no configuration of DenyHosts: "
        + "no line of it is a setting\n")
  }

  @Test("takes over blocks with their ends, allowed hosts, and counts; once") func state() throws {
    let now = Timestamp.now.seconds
    _ = try machine.file(
      "hosts.deny",
      """
      # /etc/hosts.deny: list of hosts that are _not_ allowed to access the system.
      # DenyHosts: \(asctime(now - 86_400)) | sshd: 192.0.2.7
      sshd: 192.0.2.7
      # DenyHosts: \(asctime(now - 30 * 86_400)) | sshd: 192.0.2.8
      sshd: 192.0.2.8
      192.0.2.9
      ALL: PARANOID

      """)
    _ = try machine.file(
      "allowed-hosts", "127.0.0.1\n198.51.100.*\n203.0.113.[7-9]\ngate.example.org\n")
    _ = try machine.file(
      "hosts",
      "192.0.2.20:3:\(asctime(now - 3600))\n192.0.2.21:9:\(asctime(now - 11 * 86_400))\nx\n")
    _ = try machine.file("hosts-root", "192.0.2.20:1:\(asctime(now - 7200))\n")
    let path = try configuration()
    let dry = machine.ablctl("import", "denyhosts", path, "--dry-run")
    #expect(
      dry.output.hasSuffix("\nwould import 2 blocks and 3 allows, 4 attempts; 0 known before\n"))
    #expect(try machine.decreed == [])
    let ended = machine.ablctl("import", "denyhosts", path)
    #expect(
      ended.output.hasSuffix("\nimported 2 blocks and 3 allows, 4 attempts; 0 known before\n"))
    #expect(
      try machine.decreed == [
        "block 192.0.2.7", "block 192.0.2.9", "allow 198.51.100.0/24", "allow 203.0.113.7",
        "allow 203.0.113.8",
      ])
    let held = try machine.blockList.decrees(at: .now).all.first { $0.kind == .block }
    #expect(held?.made.seconds == now - 86_400 && held?.until.seconds == now + 27 * 86_400)
    #expect(held?.reason == "denyhosts")
    #expect(ended.error.contains("allow of host 127.0.0.1: it is the loopback: a user of this"))
    #expect(ended.error.contains("/allowed-hosts:4: 'gate.example.org': here a host is its"))
    #expect(ended.error.contains("/hosts:3: 'x': expected 'address:count:time'\n"))
    #expect(ended.error.contains("/hosts.deny:7: 'PARANOID': libwrap tells that by names"))
    #expect(machine.ablctl("show", "192.0.2.20").lines.filter { $0.contains("failed") }.count == 4)
    #expect(machine.ablctl("show", "192.0.2.20").output.contains("root"))
    let again = machine.ablctl("import", "denyhosts", path)
    #expect(again.output.hasSuffix("\nimported 0 blocks and 0 allows; 9 known before\n"))
  }

  @Test("is not harmed by what a stranger may have put there") func hostile() throws {
    let long = [UInt8](repeating: 0x61, count: 200_000)
    let time = Array(asctime(Timestamp.now.seconds - 60).utf8)
    for name in ["hosts", "hosts-root", "allowed-hosts", "restricted-usernames", "hosts.deny"] {
      var bytes = long + [0x0A] + [UInt8](repeating: 0xFF, count: 255) + [0x0A]
      bytes += Array("\u{1B}]0;x\u{07}:1:".utf8) + time + [0x0A]
      bytes += Array("192.0.2.7:99999999999999999999:".utf8) + time + [0x0A]
      bytes += Array("192.0.2.8:900000:".utf8) + time + [0x0A, 0, 0x0A]
      _ = try machine.file(name, bytes)
    }
    let ended = machine.ablctl("import", "denyhosts", try configuration("\u{1B}[2J = 1\n"))
    #expect(ended.status == 1)
    #expect(ended.lines.first == "host_rule = root@*:2/25d ?@*:6/10d *:11/5d", "\(ended)")
    #expect((ended.error + ended.output).utf8.allSatisfy { $0 == 0x0A || $0 >= 0x20 })
    #expect(try machine.decreed == [])
    // Of one host, no more than is kept of any.
    #expect(machine.ablctl("list", "--quiet").output == "192.0.2.8\n")
  }

  @Test("takes over a bounded number of attempts, however many lines there are")
  func bounded() throws {
    let time = asctime(Timestamp.now.seconds - 60)
    let line = "192.0.2.7:1:\(time)"
    _ = try machine.file("hosts", String(repeating: line + "\n", count: 210_000))
    let ended = machine.ablctl("import", "denyhosts", try configuration(), "--dry-run")
    #expect(
      ended.lines.last == "would import 0 blocks and 0 allows, 200000 attempts; 0 known before")
    #expect(ended.error.contains("/hosts:200001: '\(line)': no more than 200000"))
  }

  @Test("prints JSON as the schema says") func json() throws {
    let schema = try JSONSchema()
    _ = try machine.file("hosts.deny", "sshd: 192.0.2.7\n")
    _ = try machine.file("hosts-valid", "192.0.2.9:2:\(asctime(Timestamp.now.seconds - 60))\n")
    let ended = machine.ablctl("import", "denyhosts", try configuration(), "--json")
    for line in ended.lines { #expect(schema.faults(of: line, "import") == []) }
    let types = ["setting", "decree", "attempts", "left", "summary"]
    for type in types {
      #expect(ended.output.contains(#"{"type":"\#(type)""#), "\(type)")
    }
    #expect(ended.error == "" && ended.status == 0)
  }
}
