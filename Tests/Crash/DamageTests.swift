import Harness
import Testing

/// Damage inside the pages of the store, where a look at its header sees nothing. It is met by
/// checking reads: every page is looked at before LMDB may map a file that isn't as its last writer
/// left it, and every value when it is decoded.
///
/// Not tried is damage to pages behind a seal that fits: that only root could do, on purpose.
@Suite("A damaged store", .serialized)
struct DamageTests {
  private static func machine() throws -> Machine {
    try Machine("host_rule=*:60/1h", "user_rule=*:60/1h", "max_size=8M")
  }

  @Test("5000 random damages of pages: no login crashes, hangs or is refused, nothing is deleted")
  func pages() throws {
    let count = Effort.count(5000, long: 20_000)
    let outcome = try Self.machine().run(
      "damage", "pages", count, "\(UInt32.random(in: 1...999_999))", Machine.ablctl,
      Repository.program("storetool"), patience: 1200)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.output.contains(" 0 wrong;"), "\(outcome)")
  }

  @Test("likewise where it was cut off, at every boundary of a page and within")
  func cuts() throws {
    let outcome = try Self.machine().run(
      "damage", "cuts", "1", "1", Machine.ablctl, Repository.program("storetool"), patience: 300)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.output.contains(" 0 wrong;"), "\(outcome)")
  }

  @Test("damage of values that the seal doesn't tell is borne by whoever decodes them")
  func values() throws {
    let count = Effort.count(500, long: 5000)
    let outcome = try Self.machine().run(
      "damage", "values", count, "\(UInt32.random(in: 1...999_999))", Machine.ablctl,
      Repository.program("storetool"), patience: 600)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.output.contains(" 0 wrong;"), "\(outcome)")
    // Who finds the damage is judged by the fresh store, and counted there.
    #expect(outcome.output.contains(" what is stored makes no sense; moved aside as"))
    #expect(!outcome.output.contains("stack decide: cannot use '': what is stored makes"))
  }
}
