import BlockList
import Foundation
import Harness
import Policy
import Testing
import Upkeep

@testable import Administration

@Suite struct EventsTests {
  private let machine = Machine()

  @Test("a block that begins since an allow has ended says so") func disallowed() throws {
    try machine.fail(host: nil, user: "alice", at: .now, times: 5)
    _ = machine.ablctl("allow", "alice")
    _ = machine.ablctl("disallow", "alice")
    let last = try #require(machine.ablctl("events").lines.last)
    #expect(last.contains("blocked   user alice by !root:5/1d until"))
    #expect(last.hasSuffix(", an administrator ended its allow"), "\(last)")
    let object = machine.ablctl("events", "--json").lines.last
    #expect(object?.contains(#""by":"administrator""#) == true)
  }

  @Test("has why a decree was made, as long as that very decree stands") func reasons() throws {
    let now = Timestamp.now.adding(-90)
    func decree(_ order: DecreeOrder, _ time: Timestamp) throws {
      try machine.blockList.decree([order], at: time)
    }
    let network = AllowList.Entry.network(Network(.v4(0xC633_6400), prefixLength: 24))
    let host = AllowList.Entry.network(Network(.v4(0xC000_0207), prefixLength: 32))
    try decree(DecreeOrder(.block, network, by: "root", reason: "a\u{1B}", at: now), now)
    try decree(DecreeOrder(.allow, host, by: "root", reason: "scanner", at: now), now)
    try decree(DecreeOrder(.block, .user("bob"), by: "root", at: now), now)
    func told() -> [String] {
      machine.ablctl("events", "--json").lines.map { line in
        String(line[(line.range(of: #""reason":"#)?.lowerBound ?? line.startIndex)...])
      }
    }
    let block = #""reason":"a\\x1b","decree":"block"}"#
    let allow = #""reason":"scanner","decree":"allow"}"#
    let none = #""reason":null,"decree":"block"}"#
    #expect(told() == [block, allow, none])
    // Another one takes its place, and one ends.
    let later = now.adding(30)
    try decree(DecreeOrder(.block, network, by: "root", reason: "new", at: later), later)
    _ = try machine.blockList.end(.allow, on: [host], at: later)
    let new = #""reason":"new","decree":"block"}"#
    let ended = #""reason":null,"decree":"allow"}"#
    #expect(told() == [none, ended, none, new, ended])
  }

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
