import Foundation
import Harness
import Testing

/// Who floods the store with names, to drive out what it knows of others.
@Suite("A flood", .serialized)
struct FloodTests {
  @Test("of distinct addresses and names of 255 bytes: the store stays small, and blocks last")
  func names() throws {
    let size = Effort.isLong ? 64 : 8
    let machine = try Machine(
      "host_rule=*:10/1d", "user_rule=*:10/1d", "max_size=\(size)M")
    let outcome = try machine.run(
      "flood", Effort.count(30_000, long: 2_000_000), "2", "50", patience: 7200)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.output.contains("100 of 100 blocked hosts and users are still refused"))
    let store = try FileManager.default.attributesOfItem(atPath: machine.path("store/data.mdb"))
    #expect(try #require(store[.size] as? Int) <= size << 20)
    let list = try machine.ablctl("list", "--json")
    print("\(list.lines.count) subjects are on record")
    #expect(list.status == 0)
    let others = try machine.log.filter { !$0.hasPrefix("refusing user '") }
    #expect(others == [])
  }
}
