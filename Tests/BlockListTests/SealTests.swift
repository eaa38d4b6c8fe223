import Foundation
import LMDB
import Policy
import Testing

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")

extension Sample {
  fileprivate var isSealed: Bool {
    get throws {
      var isSealed = false
      try blockList.locked(.shared) { (store) throws(StoreError) in
        guard let status = try? store.home.directory.status(of: Store.file) else { return }
        isSealed = store.isSealed(status)
      }
      return isSealed
    }
  }

  /// Writes `bytes` at `offset` of the store, as anybody might.
  fileprivate func overwrite(_ bytes: [UInt8], at offset: UInt64) throws {
    let file = try FileHandle(forWritingTo: store)
    try file.seek(toOffset: offset)
    try file.write(contentsOf: bytes)
    try file.close()
  }
}

@Suite("The seal of a store")
struct SealTests {
  @Test("each writer leaves the store sealed, and readers look at no more than the seal")
  func sealing() throws {
    let sample = try Sample(hosts: "*:2/1h")
    for _ in 0..<2 {
      try sample.guess(bob)
      try sample.fileAll()
      #expect(try sample.isSealed)
    }
    #expect(try sample.guess(bob) != nil)
    #expect(try sample.isSealed)
    _ = try sample.blockList.forgive([.user("bob")], at: start)
    #expect(try sample.isSealed)
  }

  @Test(
    "who changes the store breaks the seal; whatever maps it next looks at all of it, and seals it")
  func breaking() throws {
    let sample = try Sample(hosts: "*:1/1h")
    try sample.guess(bob)
    let bytes = try Data(contentsOf: sample.store)
    try sample.overwrite(Array(bytes.prefix(1)), at: 0)
    #expect(try !sample.isSealed)
    // A login looks at a few pages, each before it is believed, and maps nothing.
    #expect(try sample.guess(bob) != nil)
    #expect(try !sample.isSealed)
    #expect(try sample.stored(.host("192.0.2.7")) == 1)
    #expect(try sample.isSealed)
    try FileManager.default.removeItem(at: sample.seal)
    #expect(try sample.guess(bob) != nil)
    #expect(try !sample.isSealed)
    try sample.blockList.fileFailure(of: bob, at: start)
    #expect(try sample.isSealed)
    #expect(sample.notices == [])
  }

  @Test("a page that was damaged behind a seal is found before LMDB reads it")
  func damagedPage() throws {
    let sample = try Sample(hosts: "*:1/1h")
    try sample.guess(bob)
    // All pages but the two of the header.
    try sample.overwrite([UInt8](repeating: 0xA5, count: 20 * 4096), at: 8192)
    #expect(try sample.guess(bob) == nil)
    #expect(sample.notices.count == 1)
    #expect(sample.notices[0].contains("is damaged; moved aside as 'data.mdb.damaged-"))
    #expect(try sample.guess(bob) != nil)
  }

  @Test(
    "a seal of nonsense, of another file, or that can't be written costs a look and nothing else")
  func badSeal() throws {
    let sample = try Sample(hosts: "*:1/1h")
    try sample.guess(bob)
    let seal = try sample.seal
    for content in [Data(), Data([1, 2, 3]), Data(repeating: 0xFF, count: 100_000)] {
      try content.write(to: seal)
      #expect(try sample.guess(bob) != nil)
      #expect(try sample.stored(.host("192.0.2.7")) == 1)
      #expect(try sample.isSealed)
    }
    #expect(sample.notices == [])
  }
}
