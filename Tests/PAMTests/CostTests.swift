import Foundation
import Harness
import Testing

/// What a login costs, in syncs of the disk; never in seconds. Seconds are for `make bench`.
@Suite("Cost, through the real libpam")
struct CostTests {
  @Test("a failing login makes one sync, a passing or a refused one none")
  func syncs() throws {
    let stack = try Stack()
    _ = try stack.attempts()  // makes the journal, once
    _ = try stack.ablctl("purge")  // and the store
    _ = try stack.takeSyncs()
    for _ in 2...9 {
      _ = try stack.attempts()
      #expect(try stack.takeSyncs() == 1)
    }
    // A block doesn't wait in the journal: a commit, which no power cut undoes.
    _ = try stack.attempts()
    #expect(try stack.takeSyncs() == 2)
    for _ in 1...5 {
      #expect(try stack.attempts(1, "right") == ["7"])
      #expect(try stack.takeSyncs() == 0)
    }
    let passing = try stack.drive(
      "auth:right", "acct", "setcred", "end", user: "alice", host: "192.0.2.8")
    #expect(passing.lines.allSatisfy { $0.contains(" 0 ") })
    #expect(try stack.takeSyncs() == 0)
  }

  @Test("each sixteenth failing login takes all into the store, with one sync more at most")
  func folding() throws {
    let stack = try Stack("host_rule=*:1000/1h\n")
    _ = try stack.attempts()
    _ = try stack.ablctl("purge")
    _ = try stack.takeSyncs()
    var syncs: [Int] = []
    for _ in 1...64 {
      _ = try stack.attempts()
      syncs.append(try stack.takeSyncs())
    }
    #expect(syncs.allSatisfy { 1...2 ~= $0 })
    #expect(syncs.filter { $0 > 1 }.count <= 4, "\(syncs)")
    #expect(try stack.failures(of: "host") == 65)
  }

  @Test("a flood of a blocked host makes a sync once in half of 'window / failures'")
  func flood() throws {
    let stack = try Stack()
    _ = try stack.attempts(10)
    _ = try stack.takeSyncs()
    for second in stride(from: 0, to: 3600, by: 60) {
      try stack.setClock(second)
      _ = try stack.attempts(5, "right", user: "alice")
    }
    // 300 tries in an hour; with 10/1h one is written every 180 s. The first of them also brings the
    // ten failures, which have waited in the journal, into the store, with two syncs.
    #expect(try stack.takeSyncs() <= 20 + 2)
  }
}
