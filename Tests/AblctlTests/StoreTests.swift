import BlockList
import Glibc
import Platform
import Policy
import Testing
import Upkeep

import class Harness.Child
import func Harness.waitUntil

@testable import Administration

@Suite struct StoreTests {
  private let machine = Machine("host_rule = *:3/1h\nlock_timeout = 200\n")

  @Test("says that there is none yet") func none() {
    let ended = machine.ablctl("store")
    #expect(ended.status == 0)
    #expect(
      ended.output == """
        store        \(machine.directory)/db/data.mdb
        size         there is no store yet
        subjects     0 hosts and 0 users, 0 of them blocked
        attempts     0, and 0 in flight
        lock         free

        """)
  }

  @Test("says what is in it, and how large it is") func full() throws {
    let then = Timestamp(seconds: 1_700_000_000)
    try machine.fail(host: "192.0.2.7", user: "bob", at: then)
    try machine.fail(host: "192.0.2.8", user: nil, at: .now, times: 3)
    let admission = try machine.blockList.admit(.init(host: "192.0.2.9", user: "eve"), at: .now)
    guard case .admitted = admission else { return #expect(Bool(false)) }
    let lines = machine.ablctl("store", "--check").lines
    #expect(lines.contains("subjects     2 hosts and 1 user, 1 of them blocked"))
    // Once, though the first stands under its host and under its user.
    #expect(lines.contains("attempts     4, and 1 in flight"))
    #expect(lines.contains("oldest       2023-11-14 22:13:20"))
    #expect(lines.contains("layout       version 3"))
    #expect(lines.contains("seal         as its last writer left it"))
    #expect(
      lines.contains { $0.hasPrefix("check        ") && $0.hasSuffix(" 3 subjects, no damage") })
    #expect(lines.last == "lock         free")
    let json = machine.ablctl("store", "--json").output
    #expect(json.hasPrefix(#"{"path":"\#(machine.directory)/db/data.mdb","exists":true,"#))
    #expect(json.contains(#""mapBytes":67108864,"pageBytes":4096,"pages":16384,"#))
    #expect(json.contains(#""hosts":2,"users":1,"blocked":1,"attempts":4,"inFlight":1,"#))
    #expect(json.contains(#""oldest":"2023-11-14T22:13:20Z","#))
    #expect(json.contains(#""waits":0,"lockTaken":0,"lost":0,"#))
    #expect(json.hasSuffix(#""check":null,"lock":[],"movedAside":[],"error":null}"# + "\n"))
  }

  @Test("tells of damage, and of what was moved aside for it") func damaged() throws {
    try machine.fail(host: "192.0.2.7", user: nil, at: .now)
    #expect(truncate(machine.directory + "/db/data.mdb", 9000) == 0)
    let ended = machine.ablctl("store", "--check")
    #expect(ended.status == 1)
    #expect(ended.error.hasSuffix("data.mdb': it is shorter than its header says\n"))
    #expect(ended.output.hasPrefix("store        \(machine.directory)/db/data.mdb\n"))
    try machine.fail(host: "192.0.2.7", user: nil, at: .now)
    let lines = machine.ablctl("store").lines
    #expect(lines.last?.hasPrefix("moved aside  data.mdb.damaged-") == true)
    #expect(
      machine.ablctl("store", "--json").output.contains(#""movedAside":[{"name":"data.mdb.d"#))
  }

  /// Calls `body` while a process has the lock; it is stopped if `isStopped`.
  private func whileLocked(isStopped: Bool, _ body: (pid_t) throws -> Void) throws {
    let lock = machine.directory + "/db/lock"
    let child = try Child(["/usr/bin/flock", "--no-fork", "-x", lock, "/bin/sleep", "600"])
    let process = child.id
    defer { child.end() }
    func holder() throws -> ProcessSketch? {
      try machine.blockList.lockHolders().first {
        $0.id == process && $0.name == Array("sleep".utf8)
      }
    }
    try waitUntil("the lock is taken") { try holder() != nil }
    if isStopped {
      child.stop()
      try waitUntil("its holder is stopped") { try holder()?.condition == .stopped }
    }
    try body(process)
  }

  @Test("tells who has the lock, that it is stopped, and what to do", arguments: [true, false])
  func held(isStopped: Bool) throws {
    try machine.fail(host: "192.0.2.7", user: nil, at: .now)
    try whileLocked(isStopped: isStopped) { process in
      let ended = machine.ablctl("store")
      #expect(ended.status == 1)
      #expect(
        ended.error.hasSuffix("/db/lock': timed out: another process holds it (see /proc/locks)\n"))
      let who =
        "lock         held by sleep (\(process))" + (isStopped ? ", which is stopped; " : "; ")
      #expect(ended.lines.contains { $0.hasPrefix(who + "it was started at ") }, "\(ended.output)")
      let advice = isStopped ? "'kill -CONT \(process)' lets it go on; " : "it should give it back "
      #expect(ended.lines.contains { $0.hasPrefix("             " + advice) })
      let state = isStopped ? "stopped" : "alive"
      let json = machine.ablctl("store", "--json")
      #expect(json.status == 1)
      #expect(
        json.output.contains(
          #""lock":[{"pid":\#(process),"command":"sleep","state":"\#(state)","started":"20"#))
      #expect(json.output.contains(#""hosts":null,"#))
    }
    #expect(machine.ablctl("store").status == 0)
  }
}
