import Platform
import Testing

@testable import Administration

@Suite struct EffectiveTests {
  private let machine = Machine("host_rule = *:3/1h\nuser_rule = !root:5/1d\n")

  @Test("prints each key with what holds, and where it is written") func effective() {
    machine.configure(
      """
      db_home = \(machine.directory)/db
      run_home = \(machine.directory)/run
      host_rule = *:3/60m,9/24h
      host_whitelist = 10.0.0.0/8 ; 2001:db8::/32
      host_block_cmd = [/bin/true] [add] [%h]
      pending_wait = 1500
      max_size = 131072K
      network_rule = /24|/48:50/1h
      user_known = 720h
      host_prefix = 32:56

      """)
    let ended = machine.ablctl("check-config", "--effective")
    let file = machine.config
    for line in [
      "host_rule = *:3/1h,9/1d  # \(file):3", "#user_rule is not set",
      "host_whitelist = 10.0.0.0/8;2001:db8::/32  # \(file):4",
      "host_block_cmd = [/bin/true] [add] [%h]  # \(file):5", "host_purge = 2d  # the default",
      "pending_wait = 1500ms  # \(file):6", "max_size = 128M  # \(file):7",
      "db_home = \(machine.directory)/db  # \(file):1", "on_error = allow  # the default",
      "network_rule = /24|/48:50/1h  # \(file):8", "user_known = 30d  # \(file):9",
      "host_prefix = 32:56  # \(file):10", "known_prefix = 24:48  # the default",
      "#caller_rule is not set", "#network_block_cmd is not set",
    ] {
      #expect(ended.lines.contains(line), "\(line)")
    }
    // It is a configuration, and that of the same.
    let copy = machine.directory + "/copy"
    Machine.write(ended.output, to: copy)
    let again = machine.ablctl("check-config", "--effective", copy)
    func settings(_ ended: Ended) -> [Substring] {
      ended.output.split(separator: "\n").map { $0.prefix { $0 != "#" } }
    }
    #expect(settings(again) == settings(ended))
    #expect(again.status == 0)
  }

  @Test("takes the file as an argument") func argument() {
    let other = machine.directory + "/other"
    Machine.write("host_ruel = x\n", to: other)
    let ended = machine.ablctl("check-config", other)
    #expect(ended.status == 1)
    #expect(ended.error.hasPrefix("\(other):1:1: error: unknown key; did you mean 'host_rule'?"))
  }

  @Test("finds words that are no settings on the lines of all stacks") func lines() {
    let rooted = RootedMachine([
      .replace("/etc/pam.d/su", "pam_abl.so config=", "pam_abl.so confg=x config="),
      .prepend("/etc/pam.d/common-auth", "auth required pam_abl.so only=sshd trial=x debgu"),
    ])
    let mistakes = LineConfigurations.mistakes(rooted.files)
    #expect(mistakes.map { $0.place?.file } == ["/etc/pam.d/common-auth", "/etc/pam.d/su"])
    #expect(mistakes.allSatisfy { $0.kind == .argumentMistake })
    #expect(LineConfigurations.mistakes(RootedMachine().files).isEmpty)
    let slips = RootedMachine([
      .prepend("/etc/pam.d/common-auth", "auth required pam_abl.so only=sshd,su only=sshd")
    ])
    #expect(
      LineConfigurations.mistakes(slips.files).map(\.text) == [
        "the word 'only=sshd,su': expected 'only=' and one service in small letters, "
          + "like 'only=sshd', on a PAM line"
      ])
  }
}
