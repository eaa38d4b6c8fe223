import Policy
import Testing

@testable import ablctl

@Suite struct ExplainTests {
  private let machine = Machine(
    "host_rule = *:3/1h,5/1d\nuser_rule = !root/ftp:2/1d\nhost_whitelist = 10.0.0.0/8\n")
  private let now = Timestamp.now

  @Test("tells each limit, what counts for it, and until when it blocks") func blocked() throws {
    try machine.fail(host: "192.0.2.7", user: "bob", at: now.adding(-7200))
    try machine.fail(host: "192.0.2.7", user: "eve", at: now.adding(-60), times: 3)
    let (first, last) = (CivilTime(now.adding(-7200)).text, CivilTime(now.adding(-60)).text)
    let until = CivilTime(now.adding(3541)).text
    let eve = "     \(last)  sshd          eve                             failed"
    let bob = "     \(first)  sshd          bob                             failed"
    let ended = machine.ablctl("explain", "192.0.2.7")
    #expect(ended.status == 0)
    #expect(
      ended.lines.dropFirst().map { String($0) } == [
        "  *:3/1h: 3 of 3 attempts count, blocks until \(until)", eve, eve, eve,
        "  *:5/1d: 4 of 5 attempts count, doesn't block", bob, eve, eve, eve,
      ])
    #expect(ended.lines[0].hasPrefix("host 192.0.2.7: blocked by *:3/1h until \(until) (in "))
    let json = machine.ablctl("explain", "192.0.2.7", "--json")
    #expect(
      json.output.hasPrefix(#"{"kind":"host","name":"192.0.2.7","blocked":true,"rule":"*:3/1h","#))
    #expect(
      json.output.contains(
        #""allowedBy":[],"inFlight":0,"limits":[{"limit":"3/1h","rule":"*:3/1h","#))
    #expect(json.output.contains(#""failures":5,"counted":4,"until":null,"attempts":[{"time":""#))
  }

  @Test("tells the entry that lets pass, that no limit is meant, and who is in flight")
  func others() throws {
    #expect(
      machine.ablctl("explain", "10.1.2.3").output == """
        host 10.1.2.3: clear, on the allow list
          host_whitelist has 10.0.0.0/8: never blocked, and not counted
          *:3/1h: 0 of 3 attempts count, doesn't block
          *:5/1d: 0 of 5 attempts count, doesn't block

        """)
    #expect(
      machine.ablctl("explain", "--user", "root", "-s", "ftp").output
        == "user root: clear\n  no limit of user_rule is for it\n")
    _ = try machine.blockList.admit(.init(host: "192.0.2.9", user: "zoe"), at: now)
    #expect(
      machine.ablctl("explain", "zoe").lines.last
        == "  1 attempt in flight: if it fails it counts too")
  }
}
