@testable import Administration

/// What may be wrong with a machine.
extension DoctorTests {
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
      .replace(sshd, "required pam_abl", "[ignore=ok default=bad] pam_abl"), finds: .doubt,
      .controlOdd, at: "\(sshd):1"),
    Case(
      "where nothing is blocked, what judges is passed over",
      .write(
        sshd,
        "auth [ignore=1 default=die] pam_abl.so\nauth required pam_unix.so\n"
          + "auth required pam_permit.so\n"),
      finds: .fault, .controlOdd, at: "\(sshd):1"),
    Case(
      "lines of Windows", .write(sshd, "auth required pam_abl.so\r\nauth required pam_unix.so\n"),
      finds: .fault, .stackBroken, at: "\(sshd):1"),
    Case(
      "an include of Windows", .append(sshd, "@include common-auth\r"), finds: .fault,
      .includeMissing, at: "\(sshd):14"),
    Case(
      "a session line", .append(sshd, "session required pam_abl.so"), finds: .fault, .kindUnserved,
      at: "\(sshd):14"),
    Case(
      "a session line that may fail", .append(sshd, "session optional pam_abl.so"), finds: .doubt,
      .kindUnserved, at: "\(sshd):14"),
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
}
