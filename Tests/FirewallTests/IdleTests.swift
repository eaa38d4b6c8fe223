import Foundation
import Harness
import Testing

/// What abld does without a fleet, as long as nothing happens, and when a list is imported.
@Suite(.enabled(if: OwnNetwork.isAvailable, "needs root, for a network of its own"), .serialized)
struct IdleTests {
  /// What `ablctl import blocklist` has left, and when.
  struct Situation: CustomTestStringConvertible {
    enum Lists: String {
      case none, ended, holding
    }

    var lists: Lists
    var isThereAtStart = false
    var firewall = "on"

    var testDescription: String {
      "\(lists), \(isThereAtStart ? "at the start" : "later"), firewall \(firewall)"
    }

    static let all = [
      Self(lists: .none), Self(lists: .none, firewall: "off"), Self(lists: .ended),
      Self(lists: .ended, isThereAtStart: true), Self(lists: .holding),
      Self(lists: .holding, isThereAtStart: true), Self(lists: .holding, firewall: "off"),
    ]
  }

  @Test(
    "with nothing to do its look each second alone wakes it, and no other thread",
    arguments: Situation.all)
  func rest(_ situation: Situation) throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(settings: ["firewall = \(situation.firewall)"])
      if situation.isThereAtStart { daemon.stop() }
      switch situation.lists {
      case .none: break
      case .ended: try daemon.put(["203.0.113.7"], made: -120, until: -60)
      case .holding: try daemon.put(["203.0.113.7"])
      }
      if situation.isThereAtStart { try daemon.start() }
      try daemon.awaitAPI()
      if situation.lists == .holding { #expect(eventually { daemon.told?.enforced == 1 }) }
      // It looks once a second, so another thread has some of them to be woken in.
      let looks = 5
      var woken: [Int] = []
      let isAtRest = try eventually {
        let begun = ContinuousClock.now
        woken = try daemon.wakeUps(while: looks)
        return woken.count == 1 && ContinuousClock.now - begun > .seconds(looks - 2)
      }
      #expect(isAtRest, "\(woken)")
    }
  }

  @Test("a list is heard of when it comes, changes, is ended, or its directory goes and returns")
  func heard() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      func isHeld(_ number: Int) throws -> Bool { try daemon.comes("203.0.113.\(number)", port: 0) }
      func isGone(_ number: Int) throws -> Bool { try daemon.goes("203.0.113.\(number)", port: 0) }
      try daemon.put(["203.0.113.7"])
      #expect(try isHeld(7))
      try daemon.put(["203.0.113.8"])
      #expect(try isHeld(8) && isGone(7))
      try daemon.put(["203.0.113.9"], as: "second")
      #expect(try isHeld(9) && isHeld(8))
      for _ in 0..<3 {
        try shell("mv '\(daemon.path("db/lists"))' '\(daemon.path("away"))'")
        #expect(try isGone(8) && isGone(9))
        try shell("mv '\(daemon.path("away"))' '\(daemon.path("db/lists"))'")
        #expect(try isHeld(8) && isHeld(9))
      }
      daemon.stop()
      try daemon.table.remove()
      try daemon.start()
      #expect(try isHeld(8) && isHeld(9))
      try daemon.lists.remove(daemon.origin("second"))
      #expect(try isGone(9) && isHeld(8))
      try shell("rm -r '\(daemon.path("db/lists"))'")
      #expect(try isGone(8))
      try daemon.put(["203.0.113.10"])
      #expect(try isHeld(10))
    }
  }

  @Test("a list ends by itself, and so does what abld tells of it") func ends() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      // On a busy machine it may be over before that is told: then it comes again.
      let isTold = try eventually {
        try daemon.put(["203.0.113.7"], until: 10)
        return eventually(within: 8) {
          daemon.told.map { $0.lists.count == 1 && $0.enforced == 1 } ?? false
        }
      }
      #expect(isTold)
      #expect(eventually { daemon.told.map { $0.lists.isEmpty && $0.enforced == 0 } ?? false })
      #expect(eventually { daemon.state["advised"] == "0" })
      #expect(try daemon.goes("203.0.113.7", port: 0))
      // What is written for logins is made anew if it is removed.
      try daemon.put(["203.0.113.8"], as: "second")
      #expect(try daemon.comes("203.0.113.8", port: 0))
      try shell("rm '\(daemon.path("db/fleet.mdb"))'")
      #expect(eventually { daemon.exists("db/fleet.mdb") })
    }
  }
}

extension RunningDaemon {
  /// How often each thread that was woken at all was, until one was so often.
  fileprivate func wakeUps(while looks: Int) throws -> [Int] {
    let before = try wakeUps()
    var woken: [Int] = []
    try waitUntil("a thread has been woken \(looks) times") {
      woken = try wakeUps().map { $1 - before[$0, default: 0] }.filter { $0 > 0 }
      return woken.contains { $0 >= looks }
    }
    return woken
  }
}
