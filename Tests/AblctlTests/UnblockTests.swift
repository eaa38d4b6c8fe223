import Policy
import Testing

@testable import ablctl

@Suite struct UnblockTests {
  private let machine = Machine()

  init() throws {
    try machine.fail(host: "192.0.2.7", user: "root", at: .now, times: 3)
    try machine.fail(host: "gate", user: "gate", at: .now)
  }

  @Test("forgives those named, and says who that was") func named() {
    let ended = machine.ablctl("unblock", "192.0.2.7", "root", "192.0.2.7", "nobody")
    #expect(
      ended.output == """
        host 192.0.2.7: unblocked
        user root: was not blocked; attempts forgotten

        """)
    #expect(ended.error == "ablctl: nothing is known of 'nobody'\n")
    #expect(ended.status == 0)
    #expect(machine.ablctl("check", "-H", "192.0.2.7").status == 0)
    #expect(machine.ablctl("list", "--quiet").output == "gate\ngate\n")
  }

  @Test("forgives one kind of a name that is both") func kind() {
    let ended = machine.ablctl("unblock", "--user", "gate")
    #expect(ended.output == "user gate: was not blocked; attempts forgotten\n")
    #expect(machine.ablctl("list", "hosts", "--quiet").output == "192.0.2.7\ngate\n")
  }

  @Test("forgives all, or all of a kind") func all() {
    let hosts = machine.ablctl("unblock", "--all", "--host")
    #expect(hosts.output == "forgot the attempts of 2 subjects, 1 of them blocked\n")
    #expect(machine.ablctl("list", "--quiet").output == "gate\nroot\n")
    let rest = machine.ablctl("unblock", "--all")
    #expect(rest.output == "forgot the attempts of 2 subjects, 0 of them blocked\n")
    #expect(machine.ablctl("list", "--quiet").output == "")
  }
}
