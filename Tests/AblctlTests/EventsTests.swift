import Foundation
import Harness
import Policy
import Testing

@testable import Administration

@Suite struct EventsTests {
  private let machine = Machine()

  @Test("lists blocks, the oldest first; as JSON, too, and only those behind a number or a time")
  func list() throws {
    #expect(machine.ablctl("events").lines == ["no block has begun or ended yet"])
    let now = Timestamp.now.adding(-5)
    try machine.fail(host: "192.0.2.7", user: "a\u{1B}b", at: now, times: 3)
    #expect(machine.ablctl("unblock", "192.0.2.7").status == 0)
    let lines = machine.ablctl("events").lines
    #expect(lines.count == 2)
    #expect(lines[0].contains("blocked   host 192.0.2.7 by *:3/1h until "))
    #expect(lines[0].hasSuffix(", last for sshd (user a\\x1bb)"))
    #expect(lines[1].hasSuffix("ended     host 192.0.2.7 by *:3/1h, an administrator unblocked it"))
    let json = machine.ablctl("events", "--json").lines
    #expect(json[0].hasPrefix(#"{"sequence":1,"time":""#))
    #expect(json[0].contains(#""event":"began","kind":"host","name":"192.0.2.7""#))
    #expect(json[1].hasSuffix(#""by":"administrator","reason":null}"#))
    #expect(machine.ablctl("events", "--since", "1", "--json").lines == [json[1]])
    #expect(machine.ablctl("events", "--since", "1h").lines == lines)
    let none: [String] = ["no block has begun or ended since"]
    #expect(machine.ablctl("events", "--since", "2030-01-01T00:00:00Z").lines == none)
    let wrong = machine.ablctl("events", "--since", "soon")
    #expect(wrong.status == 64)
  }
}
