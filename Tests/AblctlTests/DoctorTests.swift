import Glibc
import Testing

@testable import Administration

@Suite struct DoctorTests {
  /// A machine, and what is to be found on it.
  struct Case: CustomTestStringConvertible {
    let testDescription: String
    let changes: [RootedMachine.Change]
    let kind: Finding.Kind
    let level: Finding.Level
    let place: String?

    init(
      _ name: String, _ changes: RootedMachine.Change..., finds level: Finding.Level,
      _ kind: Finding.Kind, at place: String? = nil
    ) {
      (testDescription, self.changes) = (name, changes)
      (self.level, self.kind, self.place) = (level, kind, place)
    }
  }

  @Test("finds nothing on a sound machine") func sound() {
    let machine = RootedMachine()
    let examination = machine.examination
    #expect(examination.findings.map { $0.kind } == [.keysUnguarded])
    #expect(examination.verdict == .inForce)
    #expect(
      examination.guarded == [
        "cron", "dovecot", "login", "sshd", "su", "su-l", "sudo", "vsftpd",
      ])
    #expect(examination.unguarded == [])
    #expect(machine.doctor().status == 0)
  }

  @Test(
    "finds nothing wrong where the line is elsewhere",
    arguments: [
      Case(
        "a program that isn't root, and may ask abld",
        .write("/etc/pam.d/squid", "auth required pam_abl.so\n@include common-auth\n"),
        .write("/etc/abl/abld.conf", "report = www-data:httpd, apache2 ; proxy:squid\n"),
        finds: .note, .keysUnguarded),
      Case(
        "a program that isn't root, and has a store of its own",
        .write(
          "/etc/pam.d/squid",
          "auth required pam_abl.so host_rule=*:3/1h db_home=/var/lib/abl-squid\n@include common-auth\n"
        ), finds: .note, .keysUnguarded),
      Case(
        "an account line", .append(sshd, "account required pam_abl.so"), finds: .note,
        .keysUnguarded),
      Case(
        "requisite beside pam_faillock",
        .write(
          sshd,
          "auth requisite pam_abl.so\nauth required pam_faillock.so preauth\n@include common-auth\n"
        ),
        finds: .note, .keysUnguarded),
      Case(
        "in common-auth, for sshd alone", .write(sshd, "@include common-auth\n"),
        .replace(login, "auth required pam_abl.so", "#"),
        .prepend(common, "auth required pam_abl.so only=sshd"), finds: .note, .unprotected),
      Case(
        "Fedora's substacks",
        .write(
          sshd, "auth required pam_abl.so\nauth substack password-auth\nauth include postlogin\n"),
        .write("/etc/pam.d/postlogin", "session optional pam_umask.so silent\n"),
        .write(
          "/etc/pam.d/password-auth",
          """
          auth        required                                     pam_env.so
          auth        required                                     pam_faildelay.so delay=2000000
          auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular
          auth        [default=1 ignore=ignore success=ok]         pam_localuser.so
          auth        sufficient                                   pam_unix.so nullok
          auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular
          auth        sufficient                                   pam_sss.so forward_pass
          auth        required                                     pam_deny.so

          """), finds: .note, .directory),
      Case(
        "in brackets",
        .replace(
          sshd, "required pam_abl.so",
          "[success=ok ignore=ignore auth_err=die default=bad] pam_abl.so"),
        finds: .note, .keysUnguarded),
      Case(
        "words in place of a configuration", .remove(RootedMachine.configuration),
        .replace(common, "auth\t[", "auth required pam_abl.so host_rule=*:3/1h\nauth\t["),
        .write(sshd, "@include common-auth\n"), .write(su, "@include common-auth\n"),
        .write("/etc/pam.d/sudo", "@include common-auth\n"),
        .write(login, "@include common-auth\n"),
        .remove("/etc/pam.d/cron"), .remove("/etc/pam.d/vsftpd"), .remove("/etc/pam.d/dovecot"),
        finds: .note, .keysUnguarded),
    ])
  func soundElsewhere(each: Case) {
    let examination = RootedMachine(each.changes).examination
    #expect(examination.verdict == .inForce, "\(examination.findings)")
    #expect(examination.guarded.contains("sshd"))
    #expect(
      examination.findings.allSatisfy { $0.level == .note }, "\(examination.findings)")
  }

  static let sshd = "/etc/pam.d/sshd"
  static let login = "/etc/pam.d/login"
  static let su = "/etc/pam.d/su"
  static let common = "/etc/pam.d/common-auth"
  static let server = "/etc/ssh/sshd_config"
  static let here = "auth required pam_abl.so config=/etc/security/pam_abl.conf\n"

  @Test("finds what is wrong", arguments: broken) func finds(each: Case) {
    let examination = RootedMachine(each.changes).examination
    let found = examination.findings.filter { $0.kind == each.kind && $0.level == each.level }
    #expect(!found.isEmpty, "\(examination.findings)")
    if let place = each.place { #expect(found.contains { $0.place?.text == place }, "\(found)") }
    let others = examination.findings.filter { $0.level < each.level }
    #expect(others.isEmpty, "\(others)")
    switch each.level {
    case .fault: #expect(examination.verdict == .notInForce)
    case .doubt: #expect(examination.verdict == .doubtful)
    case .note: #expect(examination.verdict == .inForce)
    }
  }

  private static let names = ["sshd", "su", "sudo", "login", "cron", "vsftpd", "dovecot"]

  @Test("names the services that a fault leaves in force") func left() {
    let all = ["cron", "dovecot", "login", "sshd", "su", "su-l", "sudo", "vsftpd"]
    func guarded(_ changes: RootedMachine.Change...) -> [String] {
      RootedMachine(changes).examination.guarded
    }
    #expect(guarded(.remove(RootedMachine.module)) == [])
    #expect(guarded(.remove(RootedMachine.configuration)) == [])
    #expect(guarded(.replace(Self.server, "UsePAM yes", "")) == all.filter { $0 != "sshd" })
    let others = all.filter { !["su", "su-l"].contains($0) }
    #expect(guarded(.replace(Self.su, "pam_abl.so", "/none/pam_abl.so")) == others)
    #expect(guarded(.replace(Self.su, "pam_abl.conf", "none.conf")) == others)
    let ended = RootedMachine([.replace(Self.su, "pam_abl.conf", "none.conf")]).doctor()
    #expect(
      ended.lines[0] == "abl is not in force as it should be; its line is right in: "
        + others.joined(separator: ", "))
  }

  @Test("says at once that nothing names the module") func absent() {
    let machine = RootedMachine(
      Self.names.map { .replace("/etc/pam.d/" + $0, Self.here, "") })
    let ended = machine.doctor()
    #expect(
      ended.output == """
        abl is not in force
        fault  no PAM stack names pam_abl.so, so nothing is counted or refused
               'ablctl trial start' turns it on for ten minutes; for good put 'auth required pam_abl.so' into \
        /etc/pam.d/sshd, in front of '@include common-auth'

        """)
    #expect(ended.status == 1)
    #expect(List.emptiness(machine.files).hasSuffix("; no PAM stack names pam_abl.so"))
    let sound = RootedMachine()
    #expect(List.emptiness(sound.files) == "no failed login is on record")
  }

  @Test("tells of a line that no service comes by") func unused() {
    let removed = Self.names.map { RootedMachine.Change.replace("/etc/pam.d/" + $0, Self.here, "") }
    let machine = RootedMachine(removed + [.append(Self.sshd, "account required pam_abl.so")])
    #expect(machine.examination.findings.map { $0.kind } == [.lineUnused])
    let other = RootedMachine(
      removed + [.prepend(Self.common, "auth required pam_abl.so only=ssh")])
    #expect(other.examination.findings.first?.kind == .onlyUnknown)
    #expect(other.examination.verdict == .notInForce)
  }

  @Test("has an exit status for doubts, and JSON") func doubts() {
    let machine = RootedMachine([.mode(Self.sshd, 0o664)])
    let ended = machine.doctor()
    #expect(ended.lines[0].hasPrefix("abl is in force, with doubts: cron, dovecot, login, "))
    #expect(ended.lines[1].hasPrefix("doubt  /etc/pam.d/sshd: others than root may change"))
    #expect(ended.status == 2)
    let json = machine.doctor("--json")
    #expect(json.output.hasPrefix(#"{"verdict":"doubtful","guarded":["cron","dovecot","#))
    #expect(
      json.output.contains(#"{"level":"doubt","kind":"stackWritable","file":"/etc/pam.d/sshd","#))
    #expect(json.status == 2)
  }

  @Test("prints names so that they harm no terminal") func hostile() {
    let evil = "\u{1B}[2J\u{202E}"
    let machine = RootedMachine([
      .write("/etc/pam.d/\(evil)", "auth required pam_unix.so\n"),
      .prepend(Self.sshd, "auth sufficient pam_\(evil).so"),
      .replace(Self.sshd, "pam_abl.conf\n", "pam_abl.conf only=\(evil)x only=sshd \(evil)\n"),
      .append(Self.sshd, "@include \(evil)y"),
      .append(Self.server, "MaxAuthTries \(evil)"),
    ])
    for ended in [machine.doctor(), machine.doctor("--json")] {
      #expect(ended.output.contains("x1b"))
      let harmful = ended.output.unicodeScalars.filter {
        $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E
      }
      #expect(harmful.isEmpty)
      #expect(ended.status == 1)
    }
  }

  @Test("has each kind of finding in its page, and no other") func page() throws {
    let here = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    let page = Machine.bytes(of: here.joined(separator: "/") + "/docs/doctor.md")
    let rows = String(decoding: page, as: UTF8.self).split(separator: "\n").filter {
      $0.hasPrefix("| `") && !$0.contains("| `inForce`")
    }
    let kinds = rows.map { row in row.dropFirst(3).prefix { $0 != "`" } }
    #expect(kinds == Finding.Kind.allCases.map { Substring($0.rawValue) })
  }

  @Test("tells of a run_home that is on a disk") func disk() {
    let machine = RootedMachine([.directory("/run/abl", 0o700)])
    let isOnDisk = machine.examination.findings.contains { $0.kind == .runOnDisk }
    let status = machine.files.status("/run/abl")
    #expect(isOnDisk == status.map { $0.st_dev >> 8 & 0xFFF != 0 })
  }
}
