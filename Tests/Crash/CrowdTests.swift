import Harness
import Testing

/// Very many processes at once.
@Suite("A crowd", .serialized)
struct CrowdTests {
  @Test("128 processes at once for 30 s: no error, so nobody has waited in vain for the lock")
  func crowd() throws {
    let machine = try Machine("host_rule=*:10/1h", "user_rule=*:10/1h", on: .disk)
    let outcome = try machine.run("crowd", "128", "30", patience: 1200)
    #expect(outcome.status == 0, "\(outcome)")
    // Each said no more than that it was refused.
    let others = try machine.log.filter { !$0.hasPrefix("refusing user '") }
    #expect(others == [])
  }

  @Test("128 processes at once, and each sync takes 100 ms: a login waits, and none fails for it")
  func slowDisk() throws {
    let machine = try Machine("host_rule=*:10/1h", "user_rule=*:10/1h", on: .disk)
    try machine.write("100", to: "slow")
    let outcome = try machine.run("crowd", "128", "15", patience: 1200)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(try machine.log.filter { !$0.hasPrefix("refusing user '") } == [])
  }
}
