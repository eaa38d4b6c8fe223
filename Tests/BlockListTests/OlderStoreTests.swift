import Foundation
import LMDB
import Policy
import Synchronization
import Testing

import enum Harness.Effort
import func Harness.waitUntil

@testable import BlockList
@testable import Upkeep

/// A store as the first version wrote it, with very many hosts: each tenth is blocked.
private struct OlderStore {
  let sample: Sample
  let count: Int
  let host = { (number: Int) in
    Subject.host("10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)")
  }

  init(_ count: Int) throws {
    sample = try Sample(hosts: "*:3/1h")
    sample.configuration.maxSize = 1 << 30
    self.count = count
    try FileManager.default.createDirectory(
      atPath: sample.home, withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o700])
    let environment = try Environment(sample.store.path, .draft(mapSize: 1 << 30), databases: 8)
    for start in stride(from: 0, to: count, by: 10_000) {
      let transaction = try WriteTransaction(environment)
      let meta = try Database<[UInt8], [UInt8]>(creating: "meta", in: transaction)
      let subjects = try Database<[UInt8], [UInt8]>(creating: "subjects", in: transaction)
      let expiry = try Database<[UInt8], [UInt8]>(creating: "expiry", in: transaction)
      try meta.set([0, 0, 0, 1], for: Array("schema".utf8), in: transaction)
      for number in start..<min(start + 10_000, count) {
        let key = SubjectKey(host(number)).bytes
        try subjects.set(record(number), for: key, in: transaction)
        try expiry.set([], for: Self.bytes(Self.due) + key, in: transaction)
      }
      try transaction.commit()
    }
    try environment.synchronize()
  }

  static let due = start.adding(2 * 86_400).seconds

  static func bytes(_ number: Int64) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian, Array.init)
  }

  func isBlocked(_ number: Int) -> Bool { number % 10 == 0 }

  /// Layout 1: version, whether it is blocked, when it is due, then each attempt: id, time, failed,
  /// why, service, user.
  func record(_ number: Int) -> [UInt8] {
    var bytes: [UInt8] = [1, isBlocked(number) ? 1 : 0] + Self.bytes(Self.due)
    for index in 0..<(isBlocked(number) ? 3 : 1) {
      bytes += Self.bytes(Int64(number * 3 + index + 1)) + Self.bytes(start.seconds + Int64(index))
      bytes += [1, 1, 0, 4] + Array("sshd".utf8) + [0, 5] + Array("uroot".utf8)
    }
    return bytes
  }

  /// What stands in the store for a host, byte by byte.
  func stored(_ number: Int) throws -> [UInt8]? {
    let environment = try Environment(sample.store.path, .read, databases: 8)
    let transaction = try ReadTransaction(environment)
    let subjects = try Database<[UInt8], [UInt8]>("subjects", in: transaction)
    return try subjects?.value(for: SubjectKey(host(number)).bytes, in: transaction)
  }

  /// The commits that there were so far.
  func commits() throws -> Int {
    try ReadTransaction(Environment(sample.store.path, .read, databases: 8)).commit
  }

  func blocked() throws -> Set<String> {
    Set(try sample.blockList.blocked(at: start.adding(60)).map { $0.subject.text.description })
  }

  var expected: Set<String> {
    Set(stride(from: 0, to: count, by: 10).map { host($0).text.description })
  }
}

@Suite("A large store of an older version", .serialized)
struct OlderStoreTests {
  private static let count = Effort.isLong ? 1_000_000 : 10_000

  @Test("is read as it is; a writer takes over what it touches, and leaves the rest to the byte")
  func touched() throws {
    let older = try OlderStore(Self.count)
    let sample = older.sample
    #expect(try sample.blockList.record(of: older.host(3))?.attempts.count == 1)
    #expect(try sample.guess(Attempt("root", from: "10.0.0.0"), at: 60) != nil, "it is blocked")
    #expect(try !sample.blockList.isBlockedComplete())
    #expect(try older.blocked() == older.expected)
    for second: Int64 in 60..<62 {
      #expect(try sample.guess(Attempt("root", from: "10.0.0.3"), at: second) == nil)
    }
    let before = try older.commits()
    try sample.fileAll(at: 62)
    #expect(try older.commits() - before <= 2)
    #expect(try older.stored(3)?.first != 1, "its record is written anew")
    for number in [1, 10, Self.count - 1] {
      #expect(try older.stored(number) == older.record(number))
    }
    // `blocked` has one host by now, and doesn't count as complete.
    #expect(try !sample.blockList.isBlockedComplete())
    #expect(try older.blocked() == older.expected.union(["10.0.0.3"]))
    #expect(sample.notices == [])
  }

  @Test("a purge that is stopped leaves it as readable as it was, and the next one completes it")
  func purge() throws {
    let older = try OlderStore(Self.count)
    let blockList = older.sample.blockList
    #expect(try blockList.purge(at: start.adding(60), goesOn: { _ in false }) == 0)
    #expect(try !blockList.isBlockedComplete())
    #expect(try older.blocked() == older.expected)
    #expect(try blockList.purge(at: start.adding(60)) == 0)
    #expect(try blockList.isBlockedComplete())
    #expect(try older.blocked() == older.expected)
    #expect(try blockList.checkStore()?.misnoted == 0)
  }

  @Test("an update takes it over, 500 in a transaction, and no login waits for that")
  func update() throws {
    let older = try OlderStore(Self.count)
    let sample = older.sample
    let before = try older.commits()
    let configuration = sample.configuration
    let hasBegun = Atomic(false)
    let isOver = Atomic(false)
    let logins = Background { () -> Int in
      var count = 0
      while !isOver.load(ordering: .acquiring) {
        let blockList = BlockList(configuration)
        let attempt = Attempt("eve", from: "192.0.2.\(count % 250)")
        guard case .admitted(let reservation?) = try blockList.admit(attempt, at: start.adding(60))
        else { continue }
        try blockList.settle(reservation, .succeeded, at: start.adding(60))
        count += 1
        hasBegun.store(true, ordering: .releasing)
      }
      return count
    }
    do {
      defer { isOver.store(true, ordering: .releasing) }
      try waitUntil("there are logins") { hasBegun.load(ordering: .acquiring) }
      try sample.blockList.update(at: start.adding(60))
    }
    let (count, counters) = (try logins.result, try sample.blockList.counters())
    #expect(count > 0 && counters.waits == 0)
    // A commit for each 500 that were looked at, and the one that says that it is complete.
    let commits = try older.commits() - before
    #expect(commits >= Self.count / 500 && commits <= Self.count / 500 + 4, "\(commits)")
    #expect(try sample.blockList.isBlockedComplete())
    #expect(try older.blocked() == older.expected)
    #expect(try sample.blockList.checkStore()?.misnoted == 0)
    print(
      "older store: \(Self.count) hosts, \(commits) commits; \(count) logins meanwhile, none waited"
    )
  }
}
