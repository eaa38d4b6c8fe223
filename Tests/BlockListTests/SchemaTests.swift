import Foundation
import LMDB
import Policy
import Testing

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: nil)

extension Sample {
  /// Changes the store behind its back.
  fileprivate func tamper(_ body: (borrowing WriteTransaction) throws -> Void) throws {
    let environment = try Environment(store.path, .write, databases: 8)
    let transaction = try WriteTransaction(environment)
    try body(transaction)
    try transaction.commit()
  }

  /// Whatever is asked, it is refused with the same words, and nothing changes.
  fileprivate func isLeftAlone() throws {
    let before = try Data(contentsOf: store)
    let message =
      "cannot use '\(store.path)': a newer version of abl, or another program, wrote it"
    #expect(complaint { () throws(StoreError) in _ = try admit(bob) } == message)
    #expect(complaint { () throws(StoreError) in try fail() } == message)
    #expect(complaint { () throws(StoreError) in _ = try purge() } == message)
    #expect(complaint { () throws(StoreError) in _ = try forgive() } == message)
    #expect(complaint { () throws(StoreError) in _ = try look() } == message)
    #expect(try Data(contentsOf: store) == before)
    #expect(names.filter { $0 != "failures" } == ["data.mdb", "lock"])
    #expect(notices == [])
  }
}

extension Sample {
  fileprivate func fail() throws(StoreError) { try blockList.fileFailure(of: bob, at: start) }

  fileprivate func purge() throws(StoreError) -> Int { try blockList.purge(at: start) }

  fileprivate func forgive() throws(StoreError) -> [Subject] {
    try blockList.forgive([.user("bob")], at: start)
  }

  fileprivate func look() throws(StoreError) -> SubjectRecord? {
    try blockList.record(of: .user("bob"))
  }
}

@Suite("The schema of a store")
struct SchemaTests {
  @Test(
    "leaves a store alone that has another version",
    arguments: [[0, 0, 0, 4], [0, 0, 0, 0], [1], []]
      as [[UInt8]])
  func otherVersion(_ version: [UInt8]) throws {
    let sample = try Sample()
    try sample.guess(bob)
    try sample.fileAll()
    try sample.tamper { transaction in
      let meta = try Database<[UInt8], [UInt8]>(creating: "meta", in: transaction)
      try meta.set(version, for: Array("schema".utf8), in: transaction)
    }
    try sample.isLeftAlone()
  }

  @Test("leaves an LMDB file alone that another program made")
  func otherProgram() throws {
    let sample = try Sample()
    _ = try sample.admit(bob)
    do {
      let path = sample.store.path
      let environment = try Environment(path, .create(mapSize: 1 << 20), databases: 8)
      let transaction = try WriteTransaction(environment)
      let database = try Database<[UInt8], [UInt8]>(creating: "sogo", in: transaction)
      try database.set([1], for: [1], in: transaction)
      try transaction.commit()
    }
    try sample.isLeftAlone()
  }

  @Test("refuses a record that a newer version wrote, and leaves it alone; others are served")
  func newerRecord() throws {
    let sample = try Sample(users: "*:1/1h")
    try sample.guess(bob)
    let newer: [UInt8] = [5, 0, 1, 2, 3]
    try sample.tamper { transaction in
      let subjects = try Database<[UInt8], [UInt8]>(creating: "subjects", in: transaction)
      try subjects.set(newer, for: SubjectKey(.user("bob")).bytes, in: transaction)
    }
    #expect(
      complaint { () throws(StoreError) in _ = try sample.admit(bob) }
        == "cannot use '\(sample.store.path)': a newer version of abl, or another program, wrote it"
    )
    #expect(try sample.guess(Attempt("eve", from: nil)) == nil)
    #expect(try sample.guess(Attempt("eve", from: nil)) != nil)
    try sample.tamper { transaction in
      let subjects = try Database<[UInt8], [UInt8]>(creating: "subjects", in: transaction)
      let kept = try subjects.value(for: SubjectKey(.user("bob")).bytes, in: transaction)
      #expect(kept == newer)
    }
  }

  @Test(
    "moves a store aside in which a record is damaged, and goes on",
    arguments: [[], [0], [2, 9]] as [[UInt8]])
  func damagedRecord(_ damaged: [UInt8]) throws {
    let sample = try Sample(users: "*:1/1h")
    try sample.guess(bob)
    try sample.tamper { transaction in
      let subjects = try Database<[UInt8], [UInt8]>(creating: "subjects", in: transaction)
      try subjects.set(damaged, for: SubjectKey(.user("bob")).bytes, in: transaction)
    }
    let message = "cannot use '\(sample.store.path)': what is stored makes no sense"
    // Who finds it is counted in the fresh one.
    #expect(try sample.guess(bob) == nil)
    #expect(sample.notices.count == 1 && sample.movedAside != nil)
    #expect(sample.notices.first?.hasPrefix("\(message); moved aside as") == true)
    #expect(try sample.guess(bob) != nil)
  }
}
