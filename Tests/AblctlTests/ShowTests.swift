import BlockList
import Policy
import Testing
import Upkeep

@testable import Administration

@Suite struct ShowTests {
  private let machine = Machine()
  private let now = Timestamp.now

  private func object(_ time: Timestamp, _ rest: String) -> String {
    #"{"time":"\#(CivilTime(time).rfc3339)","service":"sshd","user":"eve","host":"192.0.2.7",\#(rest)}"#
  }

  private func fill() throws {
    for seconds in [40, 30, 20] as [Int64] {
      try machine.fail(host: "192.0.2.7", user: "eve", at: now.adding(-seconds))
    }
  }

  @Test("shows failed, refused and open attempts, seen from either side") func json() throws {
    try fill()
    let failed = #""state":"failed","reason":"authentication""#
    let counted = [-40, -30, -20].map { object(now.adding($0), failed) }
    #expect(machine.ablctl("show", "eve", "--json").lines == counted)

    let attempt = Attempt(host: "192.0.2.7", user: "eve")
    guard case .refused = try machine.blockList.admit(attempt, at: now.adding(700)) else {
      Issue.record("not refused")
      return
    }
    let refused = object(now.adding(700), #""state":"refused","reason":"host""#)
    #expect(machine.ablctl("show", "192.0.2.7", "--json").lines == counted + [refused])
  }

  @Test("shows an attempt in flight, and what it does not have") func inFlight() throws {
    let attempt = Attempt(host: nil, user: "eve", service: "su")
    let admission = try machine.blockList.admit(attempt, at: now)
    guard case .admitted(let reservation?) = admission else {
      Issue.record("not admitted")
      return
    }
    let time = CivilTime(now).rfc3339
    let shown = machine.ablctl("show", "eve", "--json")
    #expect(
      shown.output
        == #"{"time":"\#(time)","service":"su","user":"eve","host":null,"#
        + #""state":"inFlight","reason":null}"# + "\n")
    #expect(machine.ablctl("show", "eve").lines.last?.hasSuffix("  in flight") == true)
    try machine.blockList.settle(reservation, .succeeded, at: now)
    #expect(machine.ablctl("show", "eve", "--json").output == "")
  }

  @Test("draws a table under a line that says how things stand") func table() throws {
    try fill()
    let times = [-40, -30, -20].map { CivilTime(now.adding($0)).text }
    // "59 min" for 50 s.
    let until = CivilTime(now.adding(3561)).text
    #expect(
      machine.ablctl("show", "192.0.2.7").output == """
        host 192.0.2.7: blocked by *:3/1h until \(until) (in 59 min)
        TIME                 SERVICE       USER                            STATE
        \(times[0])  sshd          eve                             failed
        \(times[1])  sshd          eve                             failed
        \(times[2])  sshd          eve                             failed

        """)
  }

  @Test("looks a name up among hosts and users, unless told") func kinds() throws {
    try machine.fail(host: "Gate", user: "gate", at: now)
    #expect(machine.ablctl("show", "gate", "--json").lines.count == 2)
    #expect(machine.ablctl("show", "gate", "--json", "--host").lines.count == 1)
    #expect(machine.ablctl("show", "GATE", "--json").lines.count == 1)
    #expect(machine.ablctl("show", "GATE", "--json", "--user").lines.isEmpty)
    let both = machine.ablctl("show", "gate").output
    #expect(both.hasPrefix("host gate: clear\n"))
    #expect(both.contains("\n\nuser gate: clear\n"))
  }

  @Test("says so if nothing is known") func unknown() {
    let ended = machine.ablctl("show", "192.0.2.1", "--json")
    #expect(
      ended == Ended(status: 0, output: "", error: "ablctl: nothing is known of '192.0.2.1'\n"))
  }
}
