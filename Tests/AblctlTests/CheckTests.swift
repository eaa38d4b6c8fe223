import Policy
import Testing

@testable import Administration

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
    let (hour, day) = (CivilTime(now.adding(3601)).text, CivilTime(now.adding(86_401)).text)
    #expect(
      ended.output == """
        host 192.0.2.7: blocked by *:3/1h until \(hour) (in 1 h)
        host 192.0.2.8: clear
        user eve: blocked by */ftp:1/1d until \(day) (in 24 h)
        user bob: clear, on the allow list

        """)
    #expect(ended.error == "")
    #expect(ended.status == 2)
  }

  @Test("says once, as explain does, that times are local where they aren't those of UTC")
  func zone() {
    let words = ["-H", "192.0.2.7", "-U", "eve"]
    func lines(_ command: [String], _ zone: String) -> [String] {
      machine.run(command.map { Array($0.utf8) }, environment: ["TZ=" + zone]).lines
    }
    let hour = CivilTime(now.adding(3601 + 5 * 3600 + 1800)).text
    let checked = lines(["check"] + words, "IST-5:30")
    #expect(checked.first == "host 192.0.2.7: blocked by *:3/1h until \(hour) (in 1 h)")
    #expect(checked.count == 3 && checked.last == "times are local (UTC+05:30)")
    let explained = lines(["explain", "192.0.2.7", "eve"], "NST3:30")
    #expect(explained.last == "times are local (UTC-03:30)")
    #expect(explained.count { $0.hasPrefix("times are") } == 1)
    // Where no time is told, none of another clock is, or they are for a program.
    for (command, zone) in [
      (["check", "-H", "192.0.2.8"], "IST-5:30"), (["check"] + words, "UTC"),
      (["explain", "192.0.2.7"], "UTC"), (["check", "--json"] + words, "IST-5:30"),
      (["explain", "--json", "eve"], "IST-5:30"), (["check", "--quiet"] + words, "IST-5:30"),
    ] {
      #expect(!lines(command, zone).contains { $0.hasPrefix("times") }, "\(command)")
    }
  }

  @Test("names both where summer time lies between the times") func summer() {
    #expect(LocalTime.remark(on: [7200, 3600]) == "times are local (UTC+01:00 or UTC+02:00)")
    #expect(LocalTime.remark(on: [0, 3600]) == "times are local (UTC or UTC+01:00)")
    #expect(LocalTime.remark(on: [-3600]) == "times are local (UTC-01:00)")
    #expect(LocalTime.remark(on: [0]) == nil && LocalTime.remark(on: []) == nil)
  }

  @Test("asks for any service as list and explain do, and names the one it is asked for")
  func services() {
    let any = machine.ablctl("check", "-U", "eve")
    #expect(any.status == 2)
    #expect(machine.ablctl("explain", "eve").lines.first == any.lines.first)
    #expect(machine.ablctl("list", "users", "--blocked", "--quiet").output == "eve\n")
    let ssh = machine.ablctl("check", "-U", "eve", "-U", "bob", "-H", "192.0.2.7", "-s", "sshd")
    let until = CivilTime(now.adding(3601)).text
    #expect(
      ssh.output == """
        host 192.0.2.7: blocked for sshd by *:3/1h until \(until) (in 1 h)
        user eve: clear for sshd
        user bob: clear for sshd, on the allow list

        """)
    let explained = machine.ablctl("explain", "eve", "-s", "sshd")
    #expect(explained.lines.first == "user eve: clear for sshd")
  }

  @Test("says which network keeps a host out that is clear, and so does explain")
  func networks() throws {
    let machine = Machine(
      "host_rule = *:3/1h\nnetwork_rule = /24:3/1h\nhost_whitelist = 192.0.2.99\n")
    for host in 1...3 { try machine.fail(host: "192.0.2.\(host)", user: nil, at: now) }
    let until = CivilTime(now.adding(3601)).text
    let network = "network 192.0.2.0/24: blocked by /24:3/1h until \(until) (in 1 h)\n"
    for host in ["192.0.2.1", "192.0.2.77"] {
      let ended = machine.ablctl("check", "-H", host)
      #expect(ended.output == "host \(host): clear\n" + network)
      #expect(ended.status == 2)
      let explained = machine.ablctl("explain", host).output
      #expect(explained.hasPrefix("host \(host): clear\n") && explained.contains(network))
    }
    #expect(machine.ablctl("check", "-H", "192.0.3.1").status == 0)
    #expect(machine.ablctl("check", "-H", "192.0.2.99").status == 0)
    #expect(machine.ablctl("allow", "192.0.2.77").status == 0)
    #expect(machine.ablctl("check", "-H", "192.0.2.77").status == 0)
  }

  @Test("asks for the address that is typed, not for the prefix that it is counted by")
  func prefixes() throws {
    let machine = Machine(
      "host_rule = *:3/1h\nhost_prefix = 24:64\nhost_whitelist = 192.0.2.9; 2001:db8:1:2::5\n")
    for host in 1...3 { try machine.fail(host: "192.0.2.\(host)", user: nil, at: now) }
    try machine.fail(host: "2001:db8:1:2::7", user: nil, at: now, times: 3)
    for host in ["192.0.2.9", "2001:db8:1:2::5"] {
      let ended = machine.ablctl("check", host)
      let clear = "host \(host): clear, on the allow list\n"
      #expect(ended == Ended(status: 0, output: clear, error: ""))
      let explained = machine.ablctl("explain", host).lines
      #expect(explained.first == "host \(host): clear, on the allow list")
      #expect(explained.contains("  host_whitelist has \(host): never blocked, and not counted"))
    }
    for host in ["192.0.2.8", "2001:db8:1:2::6"] {
      #expect(machine.ablctl("check", "--quiet", host).status == 2)
      #expect(machine.ablctl("allow", "--quiet", host).status == 0)
      let ended = machine.ablctl("check", host)
      #expect(ended.output == "host \(host): clear, let pass by decree \(host) for ever\n")
      #expect(machine.ablctl("explain", host).lines.first == ended.lines.first)
      #expect(machine.ablctl("check", "--json", host).output.contains(#""name":"\#(host)""#))
    }
    let other = machine.ablctl("check", "-H", "192.0.2.10").output
    #expect(other.hasPrefix("host 192.0.2.0/24: blocked"))
    #expect(machine.ablctl("block", "--quiet", "2001:db8:9::1").status == 0)
    let decreed = machine.ablctl("check", "2001:db8:9::1").output
    #expect(decreed.hasPrefix("host 2001:db8:9::1: blocked"))
    #expect(machine.ablctl("check", "--quiet", "2001:db8:9::2").status == 0)
  }

  @Test("says it in JSON") func json() {
    let ended = machine.ablctl(
      "check", "--json", "--host", "::ffff:192.0.2.7", "--user", "zoe", "--user", "bob")
    let until = CivilTime(now.adding(3601)).rfc3339
    let blocked = #""blocked":true,"rule":"*:3/1h","until":"\#(until)","standing":"blocked"}"#
    let clear = #""blocked":false,"rule":null,"until":null,"standing":"clear"}"#
    let allowed = #""blocked":false,"rule":null,"until":null,"standing":"allowed"}"#
    let expected: [String] = [
      #"{"kind":"host","name":"192.0.2.7","service":null,"# + blocked,
      #"{"kind":"user","name":"zoe","service":null,"# + clear,
      #"{"kind":"user","name":"bob","service":null,"# + allowed,
    ]
    #expect(ended.lines.map { String($0) } == expected)
    #expect(ended.status == 2)
    let ssh = machine.ablctl("check", "--json", "-U", "eve", "-s", "sshd").output
    #expect(ssh.hasPrefix(#"{"kind":"user","name":"eve","service":"sshd","blocked":false,"#))
  }

  @Test(
    "tells by its exit status",
    arguments: [
      (["-H", "192.0.2.8"], 0), (["-H", "192.0.2.7"], 2),
      (["-H", "192.0.2.8", "-H", "192.0.2.7"], 2),
      (["-U", "eve"], 2), (["-U", "eve", "-s", "sshd"], 0), (["-U", "eve", "-s", "ftp"], 2),
      (["-U", "bob", "--service", "ftp"], 0),
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
