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

  private static let sshd = "/etc/pam.d/sshd"
  private static let login = "/etc/pam.d/login"
  private static let su = "/etc/pam.d/su"
  private static let common = "/etc/pam.d/common-auth"
  private static let server = "/etc/ssh/sshd_config"
  private static let here = "auth required pam_abl.so config=/etc/security/pam_abl.conf\n"

  /// A library of many segments: this program.
  private static let own: [UInt8] = {
    var bytes = Machine.bytes(of: "/proc/self/exe")
    bytes[16] = 3
    return bytes
  }()

  private static let executable: [UInt8] = {
    var bytes = RootedMachine.library
    bytes[16] = 2
    return bytes
  }()

  private static let foreign: [UInt8] = {
    var bytes = RootedMachine.library
    bytes[18] ^= 0xFF
    return bytes
  }()

  static let broken: [Case] = [
    Case(
      "a program that isn't root, and may not ask abld",
      .write("/etc/pam.d/squid", "auth required pam_abl.so\n@include common-auth\n"),
      finds: .doubt, .rootless, at: "/etc/pam.d/squid:1"),
    Case(
      "another one may", .write("/etc/abl/abld.conf", "report = proxy:squid5; www-data:httpd\n"),
      .write("/etc/pam.d/squid", "auth required pam_abl.so\n@include common-auth\n"),
      finds: .doubt, .rootless, at: "/etc/pam.d/squid:1"),
    Case(
      "the line behind what judges", .replace(sshd, here, ""),
      .append(sshd, "auth required pam_abl.so"), finds: .fault, .behind, at: "\(sshd):13"),
    Case(
      "the line between pam_unix and pam_deny",
      .replace(common, "auth\trequisite", "auth required pam_abl.so\nauth\trequisite"),
      .replace(sshd, here, ""), finds: .fault, .behind, at: "\(common):2"),
    Case(
      "behind a module that only counts as required",
      .write(sshd, "auth required pam_unix.so\nauth required pam_abl.so\n"), finds: .doubt,
      .judgedBefore, at: "\(sshd):2"),
    Case(
      "behind a sufficient one of a directory",
      .prepend(sshd, "auth sufficient pam_ldap.so"), finds: .fault, .behind, at: "\(sshd):2"),
    Case(
      "in a substack behind", .write("/etc/pam.d/late", here), .replace(sshd, here, ""),
      .append(sshd, "auth substack late"), finds: .fault, .behind, at: "/etc/pam.d/late:1"),
    Case(
      "behind a module that lets all in", .prepend(sshd, "auth sufficient pam_permit.so"),
      finds: .fault, .decidedBefore, at: "\(sshd):2"),
    Case(
      "behind a module that refuses all", .prepend(sshd, "auth requisite pam_deny.so"),
      finds: .fault, .decidedBefore, at: "\(sshd):2"),
    Case(
      "a line in front passes over it",
      .prepend(sshd, "auth [success=1 default=ignore] pam_succeed_if.so user ingroup staff"),
      finds: .doubt, .skipped, at: "\(sshd):2"),
    Case(
      "an unknown module in front ends the stack", .prepend(sshd, "auth sufficient pam_acme.so"),
      finds: .doubt, .unknownBefore, at: "\(sshd):2"),
    Case(
      "optional", .replace(sshd, "auth required", "auth optional"), finds: .doubt,
      .controlIgnored, at: "\(sshd):1"),
    Case(
      "sufficient", .replace(sshd, "auth required", "auth sufficient"), finds: .doubt,
      .controlIgnored, at: "\(sshd):1"),
    Case(
      "as pam_unix has it",
      .replace(sshd, "required pam_abl", "[success=1 default=ignore] pam_abl"),
      finds: .doubt, .controlIgnored, at: "\(sshd):1"),
    Case(
      "brackets that let a refusal pass",
      .replace(sshd, "required pam_abl", "[auth_err=2 ignore=ignore] pam_abl"), finds: .fault,
      .controlPasses, at: "\(sshd):1"),
    Case(
      "brackets without ignore",
      .replace(sshd, "required pam_abl", "[success=ok default=bad] pam_abl"),
      finds: .fault, .controlRefuses, at: "\(sshd):1"),
    Case(
      "brackets that do something with ignore",
      .replace(sshd, "required pam_abl", "[ignore=1 default=bad] pam_abl"), finds: .doubt,
      .controlOdd, at: "\(sshd):1"),
    Case(
      "a typo in the kind", .prepend(sshd, "auht required pam_env.so"), finds: .fault, .stackBroken,
      at: "\(sshd):1"),
    Case(
      "a typo in our control", .replace(sshd, "auth required", "auth requird"), finds: .fault,
      .stackBroken, at: "\(sshd):1"),
    Case(
      "a file that is included is missing", .append(sshd, "@include common-mfa"), finds: .fault,
      .includeMissing, at: "\(sshd):14"),
    Case(
      "a stack includes itself", .append(sshd, "auth include sshd"), finds: .fault, .includeEndless,
      at: "\(sshd):14"),
    Case(
      "no module", .remove(RootedMachine.module), finds: .fault, .moduleMissing),
    Case(
      "a typo in the module", .replace(sshd, "pam_abl.so", "/lib/security/pam_abl.so"),
      finds: .fault,
      .moduleMissing, at: "\(sshd):1"),
    Case(
      "a module that is none", .write(RootedMachine.module, "liblmdb.so.0"), finds: .fault,
      .moduleDamaged,
      at: RootedMachine.module),
    Case(
      "the old pam_abl",
      .bytes(RootedMachine.module, RootedMachine.library), finds: .fault, .moduleForeign,
      at: RootedMachine.module),
    Case(
      "a module that is cut off", .bytes(RootedMachine.module, Array(Self.own.prefix(4096))),
      finds: .fault, .moduleDamaged, at: RootedMachine.module),
    Case(
      "a program in place of the module", .bytes(RootedMachine.module, Self.executable),
      finds: .fault, .moduleDamaged, at: RootedMachine.module),
    Case(
      "a module of another machine", .bytes(RootedMachine.module, Self.foreign), finds: .fault,
      .moduleDamaged, at: RootedMachine.module),
    Case(
      "others may change the module", .mode(RootedMachine.module, 0o666), finds: .doubt,
      .moduleWritable, at: RootedMachine.module),
    Case(
      "others may change the stack", .mode(sshd, 0o664), finds: .doubt, .stackWritable, at: sshd),
    Case(
      "no liblmdb", .remove("/usr/lib/x86_64-linux-gnu/liblmdb.so.0"), finds: .fault,
      .libraryMissing),
    Case(
      "no configuration", .remove(RootedMachine.configuration), finds: .fault,
      .configurationMissing),
    Case(
      "a line names another configuration",
      .replace(sshd, "security/pam_abl.conf", "security/pam-abl.conf"), finds: .fault,
      .configurationMissing, at: "\(sshd):1"),
    Case(
      "others may change the configuration", .mode(RootedMachine.configuration, 0o666),
      finds: .fault, .configurationMissing),
    Case(
      "mistakes in the configuration", .append(RootedMachine.configuration, "user_rule = 10/1"),
      finds: .doubt, .configurationMistakes, at: "\(RootedMachine.configuration):2"),
    Case(
      "an unknown word", .replace(sshd, "pam_abl.conf\n", "pam_abl.conf dbug\n"), finds: .doubt,
      .argumentMistake, at: "\(sshd):1"),
    Case(
      "no rule", .write(RootedMachine.configuration, "debug\n"), finds: .fault, .noRule),
    Case(
      "a line that only counts", .replace(sshd, "pam_abl.conf\n", "pam_abl.conf log_both\n"),
      finds: .fault, .refusesNothing, at: "\(sshd):1"),
    Case(
      "a line that only refuses", .replace(sshd, "pam_abl.conf\n", "pam_abl.conf check_both\n"),
      finds: .doubt, .countsNothing, at: "\(sshd):1"),
    Case(
      "a service that there is not", .replace(sshd, "pam_abl.conf\n", "pam_abl.conf only=shd\n"),
      finds: .doubt, .onlyUnknown, at: "\(sshd):1"),
    Case(
      "others may write to the store", .directory("/var/lib/abl", 0o777), finds: .fault,
      .homeWritable, at: "/var/lib/abl"),
    Case(
      "others may write to run_home", .directory("/run/abl", 0o777), finds: .fault, .homeWritable,
      at: "/run/abl"),
    Case(
      "a damaged store", .directory("/var/lib/abl", 0o700), .directory("/run/abl", 0o700),
      .write("/var/lib/abl/data.mdb", String(repeating: "damage", count: 4096)), finds: .doubt,
      .storeDamaged),
    Case(
      "an attempt of tomorrow", .fail("192.0.2.7", 1, 86400), finds: .doubt, .clock),
    Case(
      "all behind a proxy", .fail("127.0.0.1", 12, -60), .fail("192.0.2.7", 3, -60), finds: .doubt,
      .loopback),
    Case(
      "pam_faillock beside required", .append(common, "auth required pam_faillock.so authfail"),
      finds: .doubt, .counter, at: "\(common):5"),
    Case(
      "pam_tally2 beside required", .prepend(sshd, "auth required pam_tally2.so deny=3"),
      finds: .doubt, .counter, at: "\(sshd):1"),
    Case(
      "UsePAM no", .replace(server, "UsePAM yes", "usepam=no"), finds: .fault, .noPAM,
      at: "\(server):3"),
    Case("UsePAM unsaid", .replace(server, "UsePAM yes", "#"), finds: .fault, .noPAM, at: server),
    Case(
      "UsePAM no in an included file",
      .write("/etc/ssh/sshd_config.d/50-cloud.conf", "# mine\n\"UsePAM\" no\n"), finds: .fault,
      .noPAM, at: "/etc/ssh/sshd_config.d/50-cloud.conf:2"),
    Case(
      "no passwords", .append(server, "PasswordAuthentication no"), finds: .note, .noPasswords,
      at: "\(server):8"),
    Case(
      "UseDNS yes", .append(server, "UseDNS yes"), finds: .note, .useDNS, at: "\(server):8"),
    Case(
      "MaxAuthTries", .append(server, "MaxAuthTries 20"), finds: .note, .sshdLimits, at: server),
    Case(
      "hosts.deny beside an sshd without libwrap", .write("/usr/sbin/sshd", "sshd"),
      .write("/etc/hosts.deny", "# mine\nsshd: 192.0.2.7\n"), finds: .note, .hostsDeny,
      at: "/etc/hosts.deny:2"),
    Case(
      "sudo without the line", .replace("/etc/pam.d/sudo", here, ""), finds: .note, .unprotected),
    Case(
      "dovecot without the line", .replace("/etc/pam.d/dovecot", here, ""), finds: .note, .without),
  ]

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
