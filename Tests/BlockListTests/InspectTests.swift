import Policy
import Testing

@testable import BlockList
@testable import Upkeep

@Suite("A walk over the subjects")
struct InspectTests {
  @Test(
    "lists all subjects once, in their order, in chunks of any size", arguments: [1, 7, 999, 1000])
  func chunks(of count: Int) throws {
    let sample = try Sample()
    let many = count == 1 ? 40 : 2500
    let failures = (0..<many).map { number in
      InFlight(
        UInt64(number), Attempt("user\(number)", from: "10.0.\(number / 256).\(number % 256)"),
        .failed, at: Int64(number))
    }
    try sample.file(failures)
    var (met, last): ([SubjectKey], SubjectKey?) = ([], nil)
    while true {
      let chunk = try sample.blockList.subjects(after: last, count: count)
      #expect(chunk.count <= count)
      guard let end = chunk.last else { break }
      met += chunk.map(\.key)
      last = end.key
    }
    // Hosts, then users.
    let expected = failures.flatMap(\.subjects).map { SubjectKey($0).bytes }
      .sorted { $0.lexicographicallyPrecedes($1) }
    #expect(met.count == 2 * many)
    #expect(met.map(\.bytes) == expected)
    #expect(met.prefix(many).allSatisfy { $0.host != nil })
  }

  @Test("goes on behind a subject that is gone meanwhile")
  func removedMeanwhile() throws {
    let sample = try Sample()
    try sample.file(["a", "b", "c"].map { InFlight(1, Attempt($0, from: nil), .failed) })
    let first = try #require(try sample.blockList.subjects(after: nil, count: 1).last)
    _ = try sample.blockList.forgive([.user("a")], at: start)
    let rest = try sample.blockList.subjects(after: first.key, count: 9).map(\.key.subject)
    #expect(rest == [.user("b"), .user("c")])
  }

  @Test("lists nobody where there is no store, and makes none")
  func noStore() throws {
    let sample = try Sample()
    #expect(try sample.blockList.subjects(after: nil, count: 9).isEmpty)
    #expect(try sample.record(of: .user("bob")) == nil)
    #expect(sample.names == ["lock"])
  }
}
