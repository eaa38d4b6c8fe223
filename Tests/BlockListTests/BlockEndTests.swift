import Policy
import Testing

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: nil)
private let user = Subject.user("bob")

/// A store that two configurations share: one blocks with the third failure in an hour, the other
/// with the tenth.
private struct Shared {
  let sample: Sample
  let strict: BlockList
  let lenient: BlockList

  init() throws {
    sample = try Sample(users: "*:3/1h")
    sample.configuration.userClearCommand = try Command.parse(Array("[/bin/true]".utf8)[...])
    strict = sample.blockList
    sample.configuration.userRule = try Rule(parsing: Array("*:10/1h".utf8)[...])
    lenient = sample.blockList
  }

  /// Tries, with a wrong password; says whether it was refused.
  @discardableResult
  func guess(_ blockList: BlockList, at seconds: Int64) throws -> Bool {
    let now = start.adding(seconds)
    switch try blockList.admit(bob, at: now) {
    case .refused: return true
    case .admitted(let reservation):
      if let reservation { try blockList.settle(reservation, .failed, at: now) }
      return false
    }
  }

  func isBlocked() throws -> Bool? { try strict.record(of: user)?.isBlocked }
}

@Suite("The end of a block")
struct BlockEndTests {
  @Test("a configuration that doesn't block doesn't end the block of another one")
  func blockOfAnother() throws {
    let shared = try Shared()
    for second: Int64 in 0..<3 { try shared.guess(shared.strict, at: second) }
    #expect(shared.strict.takeChanges().map(\.isBlocked) == [true])
    // Its failure is written to the same history.
    #expect(try !shared.guess(shared.lenient, at: 10))
    try shared.lenient.fileAll(at: start.adding(10))
    #expect(try shared.isBlocked() == true)
    #expect(try shared.guess(shared.strict, at: 11))
    // Nor once time has passed, by looking.
    #expect(try !shared.guess(shared.lenient, at: 4000))
    #expect(shared.lenient.takeChanges().isEmpty)
    #expect(try shared.isBlocked() == true)
  }

  @Test("a block that has ended is noticed by a login of the configuration that made it, once")
  func endOfOwnBlock() throws {
    let shared = try Shared()
    for second: Int64 in 0..<3 { try shared.guess(shared.strict, at: second) }
    try shared.guess(shared.lenient, at: 10)
    _ = shared.strict.takeChanges()
    #expect(try shared.guess(shared.strict, at: 3600))
    #expect(shared.strict.takeChanges().isEmpty)
    #expect(try !shared.guess(shared.strict, at: 3612))
    let changes = shared.strict.takeChanges()
    #expect(changes.map(\.isBlocked) == [false] && changes.map(\.subject) == [user])
    #expect(try shared.isBlocked() == false)
    #expect(try shared.strict.refusal(of: bob, at: start.adding(3613)) == nil)
    #expect(shared.strict.takeChanges().isEmpty)
  }

  @Test("an update ends blocks whatever configuration made them")
  func updateEndsBlocks() throws {
    let shared = try Shared()
    for second: Int64 in 0..<3 { try shared.guess(shared.strict, at: second) }
    _ = shared.strict.takeChanges()
    try shared.lenient.update(at: start.adding(4000))
    #expect(shared.lenient.takeChanges().map(\.isBlocked) == [false])
    #expect(try shared.isBlocked() == false)
    try shared.lenient.update(at: start.adding(4001))
    #expect(shared.lenient.takeChanges().isEmpty)
  }
}
