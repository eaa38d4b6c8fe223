import Glibc
import Testing

@testable import ablctl

@Suite struct ConfigurationTests {
  private let machine = Machine()

  private var places: String {
    "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\n"
  }

  @Test("finds no mistakes") func right() {
    let ended = machine.ablctl("check-config")
    #expect(ended == Ended(status: 0, output: "\(machine.config): no mistakes\n", error: ""))
  }

  @Test("shows every mistake, and goes on with what is right") func wrong() {
    machine.configure(places + "host_rule = *:1/1h *:2/1hour\nhost_ruel = x\n")
    let mistakes = """
      \(machine.config):3:25: error: unknown unit; use 's', 'm', 'h' or 'd'
      host_rule = *:1/1h *:2/1hour
                              ^~~~
      \(machine.config):4:1: error: unknown key; did you mean 'host_rule'?
      host_ruel = x
      ^~~~~~~~~

      """
    let checked = machine.ablctl("check-config")
    #expect(checked == Ended(status: 1, output: "", error: mistakes))
    let failed = machine.ablctl("fail", "-H", "192.0.2.7", "-s", "x")
    #expect(failed == Ended(status: 0, output: "", error: mistakes))
    #expect(machine.ablctl("check", "-H", "192.0.2.7", "-s", "x").status == 2)
  }

  @Test("a warning is no failure") func warning() {
    machine.configure(places + "host_purge = 5m\n")
    let ended = machine.ablctl("check-config")
    #expect(
      ended.error == """
        \(machine.config):3:14: warning: raised to 1h, the least
        host_purge = 5m
                     ^~

        """)
    #expect(ended.output == "\(machine.config): 1 warning, no errors\n")
    #expect(ended.status == 0)
  }

  @Test(
    "cannot do without a configuration",
    arguments: ["check-config", "list", "purge"])
  func missing(command: String) {
    unlink(machine.config)
    let ended = machine.ablctl(command)
    let error = "ablctl: cannot open '\(machine.config)': No such file or directory\n"
    #expect(ended == Ended(status: 1, output: "", error: error))
  }

  @Test("does not trust what others may write") func untrusted() {
    chmod(machine.config, 0o666)
    let ended = machine.ablctl("list")
    #expect(
      ended.error == """
        ablctl: cannot trust '\(machine.config)': owner \(getuid()), mode 666; it must be root's and \
        nobody else may write to it

        """)
    #expect(ended.status == 1)
  }

  @Test("says who may use the store", .enabled(if: geteuid() == 0)) func notRoot() throws {
    try machine.fail(host: "192.0.2.7", user: nil, at: .now)
    chmod(machine.directory, 0o755)
    let words = ["--reuid=65534", "--clear-groups", Machine.program, "list", "-c", machine.config]
    let ended = Machine.spawn("/usr/bin/setpriv", words.map { Array($0.utf8) }, environment: [])
    let error =
      "ablctl: cannot open '\(machine.directory)/db': Permission denied; run it as root\n"
    #expect(ended == Ended(status: 1, output: "", error: error))
  }
}
