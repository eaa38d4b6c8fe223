import Harness
import LMDB
import Testing

/// Where a cursor goes that looks for a number among 10, 20 … 1000.
struct Seek: CustomTestStringConvertible {
  var wanted: UInt32
  var found: UInt32?

  init(_ wanted: UInt32, _ found: UInt32?) { (self.wanted, self.found) = (wanted, found) }

  var testDescription: String { "from \(wanted)" }
}

@Suite("A cursor")
struct CursorTests {
  @Test(
    "goes to the first key that is not below",
    arguments: [
      Seek(0, 10),
      Seek(10, 10),
      Seek(11, 20),
      Seek(255, 260),
      Seek(256, 260),
      Seek(1000, 1000),
      Seek(1001, nil),
      Seek(.max, nil),
    ])
  func seek(_ seek: Seek) throws {
    let sample = try Sample()
    try sample.fill((1...100).map { $0 * 10 })
    let transaction = try ReadTransaction(sample.environment(.read))
    let numbers = try #require(try Numbers("numbers", in: transaction))
    let cursor = try Cursor(numbers, in: transaction)
    let entry = try cursor.first(from: Number(seek.wanted))
    #expect(entry?.0.value == seek.found)
    #expect(entry?.1 == seek.found.map { Array("\($0)".utf8) })
  }

  @Test("walks along the keys in the order of their bytes, each once")
  func order() throws {
    let sample = try Sample()
    var random = SeededRandom(seed: 3)
    let numbers = Set((0..<3000).map { _ in UInt32(truncatingIfNeeded: random.next() >> 40) })
    try sample.fill(numbers.shuffled(using: &random))
    let transaction = try ReadTransaction(sample.environment(.read))
    let database = try #require(try Numbers("numbers", in: transaction))
    let cursor = try Cursor(database, in: transaction)
    var met: [UInt32] = []
    var entry = try cursor.first()
    while let (key, _) = entry {
      met.append(key.value)
      entry = try cursor.next()
    }
    #expect(met == numbers.sorted())
    // It stays at the end, and can begin anew.
    let (further, first) = (try cursor.next(), try cursor.first())
    #expect(further == nil)
    #expect(first?.0.value == numbers.min())
  }

  @Test("finds nothing where there is nothing")
  func empty() throws {
    let sample = try Sample()
    try sample.fill([])
    let transaction = try ReadTransaction(sample.environment(.read))
    let numbers = try #require(try Numbers("numbers", in: transaction))
    let cursor = try Cursor(numbers, in: transaction)
    let (first, next, sought) = (
      try cursor.first(), try cursor.next(), try cursor.first(from: Number(0))
    )
    #expect(first == nil && next == nil && sought == nil)
  }

  @Test("sees what its own transaction has changed")
  func ownChanges() throws {
    let sample = try Sample()
    try sample.fill([1, 2])
    let transaction = try WriteTransaction(sample.environment())
    let numbers = try Numbers(creating: "numbers", in: transaction)
    try numbers.remove(Number(1), in: transaction)
    try numbers.set([], for: Number(3), in: transaction)
    let cursor = try Cursor(numbers, in: transaction)
    let (first, second, third) = (try cursor.first(), try cursor.next(), try cursor.next())
    #expect(first?.0.value == 2 && second?.0.value == 3 && third == nil)
  }
}
