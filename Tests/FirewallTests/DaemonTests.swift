import Foundation
import Harness
import Policy
import Testing

@testable import Firewall

/// abld itself: what the store says, the kernel does.
@Suite(.enabled(if: OwnNetwork.isAvailable, "needs root, for a network of its own"), .serialized)
struct DaemonTests {
  @Test("a host that gets blocked comes into the kernel, for the services that it guessed at")
  func blocked() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.fail("192.0.2.7", times: 2)
      try daemon.fail("192.0.2.8")
      #expect(try daemon.comes("192.0.2.8"))
      #expect(try !daemon.holds("192.0.2.7"))
      #expect(try !daemon.holds("192.0.2.8", port: 21))
      try daemon.fail("192.0.2.7", times: 1, service: "vsftpd")
      #expect(try daemon.comes("192.0.2.7"))
      #expect(try daemon.comes("192.0.2.7", port: 21))
      try daemon.fail("2001:db8::7")
      // All of the customer's addresses.
      #expect(try daemon.comes("2001:db8::", length: 64))
    }
  }

  @Test("a clause for one service keeps the host from that one only") func clause() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(rule: "*/sshd:3/1h")
      try daemon.fail("192.0.2.7", service: "vsftpd")
      try daemon.fail("192.0.2.7")
      #expect(try daemon.comes("192.0.2.7"))
      #expect(try !daemon.holds("192.0.2.7", port: 21))
    }
  }

  @Test("a host that is unblocked, or gets allowed, leaves it") func unblocked() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.fail("192.0.2.7")
      try daemon.fail("192.0.2.8")
      #expect(try daemon.comes("192.0.2.7") && daemon.comes("192.0.2.8"))
      try daemon.forgive("192.0.2.7")
      #expect(try daemon.goes("192.0.2.7"))
      #expect(try daemon.holds("192.0.2.8"))
      try daemon.configure(["host_whitelist = 192.0.2.8"])
      daemon.signal(SIGHUP)
      #expect(try daemon.goes("192.0.2.8"))
    }
  }

  @Test("a block ends in the kernel when it ends in the store") func expiry() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(rule: "*:3/4s")
      // On a busy machine a block may be over before it is seen: then there is another.
      let isSeen = try eventually {
        try daemon.fail("192.0.2.7")
        return try eventually(within: 3) { try daemon.holds("192.0.2.7") }
      }
      #expect(isSeen)
      #expect(try daemon.goes("192.0.2.7"))
      #expect(daemon.log.isEmpty, "\(daemon.log)")
    }
  }

  @Test("a hundred flushes and edits by others are undone, and it is told who it was")
  func meddling() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      for number in 1...9 { try daemon.fail("192.0.2.\(number)") }
      #expect(try daemon.comes("192.0.2.9"))
      let edits = [
        "flush ruleset", "delete table inet abl", "flush chain inet abl incoming",
        "delete element inet abl port4_32 { 192.0.2.5 . 22 }", "flush set inet abl port4_32",
      ]
      for round in 0..<100 {
        // It fails where the one before has not been undone yet.
        _ = try? shell("nft '\(edits[round % edits.count])'")
      }
      #expect(
        try eventually {
          try (1...9).allSatisfy { try daemon.holds("192.0.2.\($0)") }
            && shell("nft list chain inet abl incoming 2>&1 || true").contains("goto check4")
        })
      #expect(daemon.log.contains("was changed or removed by 'nft' (process "))
      #expect(eventually { (Int(daemon.state["rebuilds"] ?? "") ?? 0) > 0 })
    }
  }

  @Test("where that goes on it waits before it makes its table anew, and says so")
  func storm() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      let isWaiting = try eventually {
        try shell("nft flush ruleset")
        return daemon.state["trouble"]?.hasPrefix("waits before it makes its table anew: ") == true
      }
      #expect(isWaiting && daemon.log.contains("; it is made anew in "), "\(daemon.log)")
      #expect(try eventually { try daemon.table.isThere() })
      #expect(eventually { daemon.state["trouble"] == "" })
    }
  }

  @Test("a saved ruleset with blocks of yesterday is loaded, and they are not") func stale() throws
  {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.fail("192.0.2.7")
      try daemon.fail("192.0.2.8")
      #expect(try daemon.comes("192.0.2.7") && daemon.comes("192.0.2.8"))
      try shell("nft list ruleset >\(daemon.path("saved"))")
      try daemon.forgive("192.0.2.7")
      #expect(try daemon.goes("192.0.2.7"))
      try shell("nft flush ruleset; nft -f \(daemon.path("saved"))")
      #expect(try daemon.goes("192.0.2.7"))
      #expect(try daemon.comes("192.0.2.8"))
    }
  }

  @Test("killed at any moment, it comes back with what the store says") func kills() throws {
    let rounds = Effort.number("ABL_KILLS", 100, long: 1000)
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      daemon.die()
      var blocked: Set<Int> = []
      var (early, looks, equal) = (0, 0, 0)
      for round in 1...rounds {
        // Half of them while it comes up, half while it carries a change.
        try daemon.start(isAwaited: round % 2 == 0)
        let process = daemon.id
        let number = Int.random(in: 1...20)
        if blocked.remove(number) != nil {
          try daemon.forgive("192.0.2.\(number)")
        } else {
          try daemon.fail("192.0.2.\(number)")
          blocked.insert(number)
        }
        usleep(UInt32.random(in: 0...60_000))
        daemon.die()
        // It had not looked for the first time by then.
        if daemon.state["process"] != String(process) { early += 1 }
        guard round % 100 == 0 || round == rounds else { continue }
        try daemon.start()
        let isEqual = try eventually {
          try (1...20).allSatisfy { try daemon.holds("192.0.2.\($0)") == blocked.contains($0) }
        }
        #expect(isEqual, "after \(round) kills: \(daemon.log)")
        (looks, equal) = (looks + 1, equal + (isEqual ? 1 : 0))
        daemon.die()
      }
      print(
        "abld: \(rounds) kills, \(early) before its first look; kernel and store were equal "
          + "\(equal) of \(looks) times")
    }
  }

  @Test("more than may be: the longest stay, and it is told how many are left out") func cap()
    throws
  {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(rule: "*:3/1h,6/1d", settings: ["max_blocks = 3"])
      for number in 1...5 { try daemon.fail("192.0.2.\(number)") }
      #expect(eventually { daemon.state["left_out"] == "2" && daemon.state["blocks"] == "3" })
      try daemon.fail("192.0.2.9", times: 6)
      #expect(try daemon.comes("192.0.2.9"))
      #expect(eventually { daemon.state["left_out"] == "3" && daemon.state["blocks"] == "3" })
    }
  }

  @Test("with nothing to do it takes no time, the firewall on or off", arguments: ["on", "off"])
  func idle(firewall: String) throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(settings: ["firewall = \(firewall)"])
      func ticks() throws -> Int {
        let words = try String(contentsOfFile: "/proc/\(daemon.id)/stat", encoding: .utf8)
          .split(separator: " ")
        return (Int(words[13]) ?? 0) + (Int(words[14]) ?? 0)
      }
      try daemon.awaitAPI()
      // On a busy machine what it does at its start may take a while.
      let isIdle = try eventually {
        let before = try ticks()
        sleep(3)
        return try ticks() - before < 10
      }
      #expect(isIdle)
    }
  }

  @Test("while the store can't be read, the kernel keeps what it has") func unreadable() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.fail("192.0.2.7")
      #expect(try daemon.comes("192.0.2.7"))
      daemon.die()
      try shell("mv \(daemon.path("db")) \(daemon.path("db.away")); touch \(daemon.path("db"))")
      try daemon.start()
      #expect(eventually { daemon.log.contains("the blocks stay as they are: ") })
      for _ in 0..<25 {
        #expect(try daemon.holds("192.0.2.7"))
        usleep(100_000)
      }
      // However often it was tried again.
      for text in ["the blocks stay as they are: ", "the last failures stay in the journal: "] {
        #expect(daemon.timesLogged(text) == 1, "\(daemon.log)")
      }
      try shell("rm \(daemon.path("db")); mv \(daemon.path("db.away")) \(daemon.path("db"))")
      try daemon.forgive("192.0.2.7")
      #expect(try daemon.goes("192.0.2.7"))
      #expect(eventually { daemon.log.contains("the store can be read again") })
    }
  }

  @Test("an address that becomes this machine's own leaves the kernel, and may come back")
  func own() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.fail("192.0.2.7")
      try daemon.fail("127.0.0.1")
      #expect(try daemon.comes("192.0.2.7"))
      #expect(eventually { daemon.state["exempt"] == "1" })
      #expect(try !daemon.holds("127.0.0.1"))
      try shell("ip addr add 192.0.2.7/32 dev lo")
      #expect(try daemon.goes("192.0.2.7"))
      try shell("ip addr del 192.0.2.7/32 dev lo")
      #expect(try daemon.comes("192.0.2.7"))
    }
  }

  @Test("with CAP_NET_ADMIN alone it does all of this, since it has no other right in these tests")
  func capability() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.fail("192.0.2.7")
      #expect(try daemon.comes("192.0.2.7"))
      let status = try String(contentsOfFile: "/proc/\(daemon.id)/status", encoding: .utf8)
      #expect(status.contains("CapEff:\t0000000000001000"))
      try shell("nft flush ruleset")
      #expect(try daemon.comes("192.0.2.7"))
    }
  }

  @Test("no descriptor is lost, and nothing wakes it but its own clock") func descriptors() throws {
    let events = Effort.number("ABL_EVENTS", 300, long: 10_000)
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      // What the API needs is open from now on.
      try daemon.awaitAPI()
      try daemon.fail("192.0.2.1")
      #expect(try daemon.comes("192.0.2.1"))
      try daemon.awaitWatches()
      let before = try daemon.descriptors().count
      for number in 0..<events {
        try daemon.fail("192.0.\(number / 200 % 250).\(number % 200 + 2)", times: 1)
        if number % 50 == 0 { try shell("nft flush ruleset") }
      }
      try daemon.fail("192.0.2.250")
      #expect(try daemon.comes("192.0.2.250") && daemon.comes("192.0.2.1"))
      #expect(try eventually { try daemon.descriptors().count <= before })
    }
  }
}
