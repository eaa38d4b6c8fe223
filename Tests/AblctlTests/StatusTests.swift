import Policy
import Testing

@testable import Administration

@Suite struct StatusTests {
  private let machine = Machine()

  /// Without what is said on this machine's own stacks and its own abld.
  private func screen(_ ended: Ended) -> String {
    let own = ended.lines.drop { !$0.hasPrefix("blocked") }
    return own.filter { !$0.hasPrefix("firewall ") }.joined(separator: "\n") + "\n"
  }

  @Test("has something to say of an empty store") func empty() {
    let ended = machine.ablctl("status")
    #expect(ended.status == 0)
    #expect(ended.lines.first?.hasPrefix("in force  ") == true)
    #expect(
      screen(ended) == """
        blocked   no host and no user
        guessers  no host is on record
        last      no failed login is on record
        store     \(machine.directory)/db/data.mdb: there is no store yet

        """)
  }

  @Test("says at once that no stack names the module") func absent() {
    guard MachineFiles().firstLine == nil else { return }
    let ended = machine.ablctl("status")
    #expect(ended.lines[0] == "in force  no")
    #expect(ended.lines[1].hasPrefix("          no PAM stack names pam_abl.so"))
  }

  @Test("counts, and shows the busiest and the last") func full() throws {
    let now = Timestamp.now.adding(-10)
    for number in 1...7 {
      try machine.fail(
        host: "192.0.2.\(number)", user: "root", at: now.adding(Int64(number)), times: number)
    }
    try machine.fail(host: nil, user: "bob", service: "su", at: now.adding(9))
    let ended = machine.ablctl("status")
    let lines = screen(ended).split(separator: "\n")
    #expect(lines[0] == "blocked   5 hosts and 0 users; the next to end is host 192.0.2.3, in 1 h")
    #expect(lines[1] == "guessers  192.0.2.7: 7 failures, blocked for 1 h")
    #expect(lines[5] == "          192.0.2.3: 3 failures, blocked for 1 h")
    let time = CivilTime(now.adding(9)).text
    #expect(lines[6] == "last      \(time)  su, user bob: failed")
    #expect(lines[7].hasSuffix("  sshd, user root from host 192.0.2.7: failed"))
    #expect(lines.count == 12)
    #expect(lines[11].hasSuffix(" KiB, 7 hosts and 2 users"))
  }

  @Test("shows the last five, each with its host, whatever else they count for")
  func last() throws {
    let machine = Machine(
      "host_rule = *:9/1h\nnetwork_rule = /24|/16:9/1h\nuser_rule = *:9/1h\nuser_known = 30d\n")
    let now = Timestamp.now.adding(-10)
    for number in 1...6 {
      try machine.fail(
        host: "192.\(number).2.7", user: "u\(number)", at: now.adding(Int64(number)))
    }
    _ = machine.ablctl("unblock", "--host", "192.6.2.7")
    let lines = screen(machine.ablctl("status")).split(separator: "\n")
    let last = lines.drop { !$0.hasPrefix("last ") }.prefix(5)
    #expect(last.count == 5)
    for (line, number) in zip(last, (2...6).reversed()) {
      #expect(line.hasSuffix(" user u\(number) from host 192.\(number).2.7: failed"))
    }
  }

  @Test("has JSON: one object") func json() throws {
    try machine.fail(host: "192.0.2.7", user: "root", at: .now, times: 3)
    let ended = machine.ablctl("status", "--json")
    #expect(ended.status == 0)
    #expect(ended.lines.count == 1)
    #expect(ended.output.hasPrefix(#"{"verdict":""#))
    #expect(
      ended.output.contains(
        #""hosts":1,"users":1,"blockedHosts":1,"blockedUsers":0,"nextEnd":{"kind":"host","#))
    #expect(
      ended.output.contains(#""guessers":[{"kind":"host","name":"192.0.2.7","blocked":true,"#))
    #expect(ended.output.contains(#""last":[{"time":""#))
  }

  @Test("a failure that is not in the store yet waits") func waiting() {
    let ended = machine.ablctl("status", "--json")
    #expect(ended.output.contains(#""diskBytes":null,"waiting":0,"daemon":""#))
  }
}
