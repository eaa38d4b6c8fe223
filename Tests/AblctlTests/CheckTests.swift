import Policy
import Testing

@testable import ablctl

@Suite struct CheckTests {
  private let machine = Machine(
    "host_rule = *:3/1h\nuser_rule = */ftp:1/1d\nuser_whitelist = bob\n")
  private let now = Timestamp.now

  init() throws {
    try machine.fail(host: "192.0.2.7", user: "eve", at: now, times: 3)
  }

  @Test("says who is blocked, by which rule and until when") func blocked() {
    let ended = machine.ablctl(
      "check", "-H", "192.0.2.7", "-H", "192.0.2.8", "-U", "eve", "-U", "bob")
    #expect(
      ended.output == """
        host 192.0.2.7: blocked by *:3/1h until \(CivilTime(now.adding(3601)).text) (in 1 h)
        host 192.0.2.8: clear
        user eve: clear
        user bob: clear, on the allow list

        """)
    #expect(ended.error == "")
    #expect(ended.status == 2)
  }

  @Test("says it in JSON") func json() {
    let ended = machine.ablctl("check", "--json", "--host", "::ffff:192.0.2.7", "--user", "eve")
    let until = CivilTime(now.adding(3601)).rfc3339
    #expect(
      ended.lines == [
        #"{"kind":"host","name":"192.0.2.7","service":"sshd","#
          + #""blocked":true,"rule":"*:3/1h","until":"\#(until)"}"#,
        #"{"kind":"user","name":"eve","service":"sshd","blocked":false,"rule":null,"until":null}"#,
      ])
    #expect(ended.status == 2)
  }

  @Test(
    "tells by its exit status",
    arguments: [
      (["-H", "192.0.2.8"], 0), (["-H", "192.0.2.7"], 2),
      (["-H", "192.0.2.8", "-H", "192.0.2.7"], 2),
      (["-U", "eve"], 0), (["-U", "eve", "-s", "ftp"], 2), (["-U", "bob", "--service", "ftp"], 0),
    ] as [([String], Int32)])
  func status(arguments: [String], status: Int32) {
    let ended = machine.run((["check", "--quiet"] + arguments).map { Array($0.utf8) })
    #expect(ended == Ended(status: status, output: "", error: ""))
  }

  @Test("changes nothing") func unchanged() {
    let before = machine.ablctl("list", "--json").output
    for _ in 0..<3 { _ = machine.ablctl("check", "-H", "192.0.2.7", "-H", "192.0.2.9") }
    #expect(machine.ablctl("list", "--json").output == before)
  }

  @Test("a block ends with its window") func later() throws {
    let still = try Later(seconds: 3500, machine)
    #expect(machine.ablctl("check", "-H", "192.0.2.7", environment: still.environment).status == 2)
    let over = try Later(seconds: 3602, machine)
    let ended = machine.ablctl("check", "-H", "192.0.2.7", environment: over.environment)
    #expect(ended == Ended(status: 0, output: "host 192.0.2.7: clear\n", error: ""))
  }
}
