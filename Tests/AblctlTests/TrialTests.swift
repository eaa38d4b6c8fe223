import Glibc
import Platform
import Testing

@testable import Administration

@Suite struct TrialTests {
  private static let sshd = "/etc/pam.d/sshd"
  private static let line = "auth required pam_abl.so config=/etc/security/pam_abl.conf\n"

  /// Without our line in a stack.
  private let machine = RootedMachine(
    ["sshd", "su", "sudo", "login", "cron", "vsftpd", "dovecot"].map {
      .replace("/etc/pam.d/" + $0, line, "")
    })

  private func text(_ service: String) -> String {
    String(decoding: Machine.bytes(of: machine.root + "/etc/pam.d/" + service), as: UTF8.self)
  }

  private var trials: TrialLines { TrialLines(machine.files) }

  @Test(
    "puts its line in front of what judges, and takes it out again: all else stays, byte for byte",
    arguments: [
      ("sshd", "@include common-auth\n"), ("su", "@include common-auth\n"),
      ("login", "@include common-auth\n"), ("sudo", "@include common-auth\n"),
      ("su-l", "auth include su\n"),
      ("common-auth", "auth\t[success=1 default=ignore]\tpam_unix.so"),
    ])
  func place(service: String, behind: String) throws {
    let before = text(service)
    let end = try TrialEnd(in: 600)
    try trials.start(service, end, words: [])
    let line = "auth required pam_abl.so \(String(decoding: end.word, as: UTF8.self))\n"
    #expect(text(service) == before.replacing(behind, with: line + behind, maxReplacements: 1))
    #expect(try trials.stop().map { $0.service } == [service])
    #expect(text(service) == before)
    #expect(try trials.stop().isEmpty)
  }

  @Test("begins anew where a trial is, and not where a line stays already") func again() throws {
    try trials.start("sshd", TrialEnd(in: 60), words: [])
    try trials.start("sshd", TrialEnd(in: 600), words: [Array("debug".utf8)])
    #expect(trials.all.count == 1)
    #expect(text("sshd").contains("auth required pam_abl.so debug trial="))
    #expect(try trials.keep().count == 1)
    #expect(text("sshd").contains("auth required pam_abl.so debug\n"))
    #expect(trials.all.isEmpty)
    #expect(machine.examination.guarded == ["sshd"])
    #expect(throws: Failure.self) { try trials.start("sshd", TrialEnd(in: 60), words: []) }
  }

  @Test("is in force while it goes on, and nothing afterwards or in another boot") func over()
    throws
  {
    try trials.start("sshd", TrialEnd(in: 600), words: [])
    let running = machine.examination
    #expect(running.guarded == ["sshd"])
    #expect(running.findings.contains { $0.kind == .trial && $0.level == .note })
    #expect(!running.findings.contains { $0.kind == .argumentMistake })
    let over = "trial=" + String(decoding: Boot.id, as: UTF8.self) + ":1"
    for word in [over, "trial=other:99999999", "trial=", "trial=:"] {
      let other = RootedMachine([.prepend(Self.sshd, "auth required pam_abl.so " + word)])
      let lines = TrialLines(other.files)
      #expect(lines.all.map { $0.end.left } == [nil], "\(word)")
      let own = RootedMachine(
        ["su", "sudo", "login", "cron", "vsftpd", "dovecot"].map {
          .replace("/etc/pam.d/" + $0, Self.line, "")
        } + [.replace(Self.sshd, Self.line, "auth required pam_abl.so \(word)\n")])
      let examination = own.examination
      #expect(examination.verdict == .notInForce)
      #expect(examination.findings.first?.kind == .trialOver)
      #expect(try TrialLines(own.files).keep().isEmpty)
      #expect(TrialLines(own.files).all.isEmpty)
    }
  }

  @Test("leaves alone what others have changed meanwhile, and keeps mode and owner") func others()
    throws
  {
    let path = machine.root + Self.sshd
    #expect(chmod(path, 0o640) == 0)
    #expect(chown(path, 0, 12) == 0 || geteuid() != 0)
    try trials.start("sshd", TrialEnd(in: 600), words: [])
    let changed = text("sshd").replacing("pam_motd.so", with: "pam_umask.so")
    Machine.write(changed, to: path)
    _ = chmod(path, 0o640)
    _ = try trials.stop()
    #expect(text("sshd").contains("pam_umask.so"))
    #expect(!text("sshd").contains("pam_abl.so"))
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o640)
    if geteuid() == 0 { #expect(status.st_gid == 12) }
    // Nothing is left beside it.
    let names = machine.files.names(in: "/etc/pam.d")
    let left = try File(machine.files.path("/etc/pam.d"), .linkedDirectory)
    #expect(try left.names(beginningWith: Array(".abl-".utf8)).isEmpty)
    #expect(names.contains("sshd"))
  }

  @Test("reads a file again that is changed while it is edited, and loses nothing of that")
  func race() throws {
    let path = machine.root + Self.sshd
    var times = 0
    try StackFile(machine.files.path(Self.sshd)).edit { edit in
      times += 1
      if times == 1 { Machine.write(text("sshd") + "# another's\n", to: path) }
      edit.insert(Array("# ours".utf8), before: 1)
      return true
    }
    #expect(times == 2)
    #expect(text("sshd").hasPrefix("# ours\n"))
    #expect(text("sshd").hasSuffix("# another's\n"))
  }

  @Test("is requisite where another module counts") func counters() throws {
    let other = RootedMachine([
      .write(Self.sshd, "auth required pam_faillock.so preauth\n@include common-auth\n")
    ])
    try TrialLines(other.files).start("sshd", TrialEnd(in: 60), words: [])
    let first = try #require(TrialLines(other.files).all.first)
    #expect(first.place.line == 2)
    let text = String(decoding: Machine.bytes(of: other.root + Self.sshd), as: UTF8.self)
    #expect(text.contains("\nauth requisite pam_abl.so trial="))
  }

  @Test(
    "changes nothing where logins would fail, or no rule would be in force",
    arguments: [
      (RootedMachine.Change.remove(RootedMachine.module), "there is no module"),
      (.bytes(RootedMachine.module, [1, 2]), "no program can load this module"),
      (.remove("/usr/lib/x86_64-linux-gnu/liblmdb.so.0"), "there is no liblmdb"),
      (.remove(RootedMachine.configuration), "No such file"),
      (.write(RootedMachine.configuration, "debug\n"), "sets no rule"),
    ])
  func preparation(change: RootedMachine.Change, why: String) throws {
    let files = RootedMachine([change])
    let config = Path(RootedMachine.configuration.utf8)
    let failure = #expect(throws: Failure.self) {
      try Preparation(files.files, config).check()
    }
    #expect(failure?.message.contains(why) == true, "\(failure?.message ?? "")")
    #expect(failure?.message.hasPrefix("nothing was changed: ") == true)
  }

  @Test("says what is wrong with a service") func services() {
    for (service, why) in [
      ("nosuch", "there is no service 'nosuch' in /etc/pam.d"),
      ("../shadow", "there is no service"),
      ("common-session", "has no line that asks for a password"),
    ] {
      let failure = #expect(throws: Failure.self) {
        try trials.start(service, TrialEnd(in: 60), words: [])
      }
      #expect(failure?.message.contains(why) == true, "\(failure?.message ?? "")")
    }
  }
}
