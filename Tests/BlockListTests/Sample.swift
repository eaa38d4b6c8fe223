import Foundation
import Platform
import Policy
import Testing
import Text

import class Harness.TemporaryDirectory

@testable import BlockList
@testable import Upkeep

/// A store of its own in a temporary directory, and what it had to say.
final class Sample {
  let directory: TemporaryDirectory
  var configuration = Configuration()
  private(set) var notices: [String] = []
  private(set) var news: [String] = []

  /// With these rules; who is refused because of others in flight does not wait.
  init(hosts: String = "", users: String = "") throws {
    directory = try TemporaryDirectory()
    configuration.databaseHome = Name(directory.file("db").path)
    configuration.runHome = Name(directory.file("run").path)
    configuration.hostRule = try Rule(parsing: Array(hosts.utf8)[...], for: .host)
    configuration.userRule = try Rule(parsing: Array(users.utf8)[...])
    configuration.pendingWait = 0
    configuration.lockTimeout = 30_000
    configuration.maxSize = 4 << 20
  }

  /// Which brings all that waits into the store at once, however slow the disk is.
  var blockList: BlockList {
    let blockList = BlockList(configuration) { [unowned self] in note($0, $1) }
    blockList.longestCheckpoint = 30_000
    return blockList
  }

  func note(_ urgency: Urgency, _ notice: Text) {
    if urgency == .error {
      notices.append(notice.description)
    } else {
      news.append(notice.description)
    }
  }

  /// The store, the table of attempts in flight, the journal, and what says that the store is sound.
  var store: URL { directory.file("db/data.mdb") }
  var tableFile: URL { get throws { directory.file("run/" + (try tableName)) } }
  var journal: URL { directory.file("db/failures") }
  var seal: URL { get throws { directory.file("run/" + (try tagged(Store.seal))) } }
  var home: String { directory.file("db").path }
  var run: String { directory.file("run").path }

  /// in-flight-TAG-BOOT
  var tableName: String {
    get throws {
      try tagged(InFlightTable.name) + "-" + String(decoding: Boot.id.prefix(8), as: UTF8.self)
    }
  }

  private func tagged(_ kind: Path) throws -> String {
    let name = try kind.tagged(try Store.trusted(Path(configuration.databaseHome.bytes)))
    return String(decoding: name.bytes, as: UTF8.self)
  }

  /// What is in `db_home`.
  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: home)) ?? []).sorted()
  }

  /// What the file that was moved aside holds; nil if none was.
  var movedAside: Data? {
    let name = names.first { $0.hasPrefix("data.mdb.damaged-") }
    return name.flatMap { try? Data(contentsOf: directory.file("db/\($0)")) }
  }

  /// Asks whether an attempt may go on.
  func admit(_ attempt: Attempt, at seconds: Int64 = 0) throws(StoreError) -> Admission {
    try blockList.admit(attempt, at: start.adding(seconds))
  }

  /// Lets an attempt begin; there is a test failure if it is refused.
  func begin(_ attempt: Attempt, at seconds: Int64 = 0) throws -> Reservation {
    guard case .admitted(let reservation?) = try admit(attempt, at: seconds) else {
      throw NotAdmitted()
    }
    return reservation
  }

  struct NotAdmitted: Error {}

  /// Tries, with a wrong password. Nil, or why it was refused.
  @discardableResult
  func guess(_ attempt: Attempt, at seconds: Int64 = 0) throws(StoreError) -> Refusal? {
    switch try admit(attempt, at: seconds) {
    case .refused(let refusal): return refusal
    case .admitted(let reservation):
      if let reservation {
        try blockList.settle(reservation, .failed, at: start.adding(seconds))
      }
      return nil
    }
  }

  func settle(_ reservation: Reservation, _ outcome: Outcome, at seconds: Int64 = 0) throws {
    try blockList.settle(reservation, outcome, at: start.adding(seconds))
  }

  /// What is known of it, also of failures that are not in the store yet.
  func record(of subject: Subject, at seconds: Int64 = 0) throws -> SubjectRecord? {
    try blockList.knownRecord(of: subject, at: start.adding(seconds))
  }

  /// How many attempts the store has of a subject; what waits in the journal is none of them.
  func stored(_ subject: Subject) throws -> Int {
    try blockList.record(of: subject)?.times.count ?? 0
  }

  /// How many attempts are known of a subject, in the store or not yet.
  func count(of subject: Subject, at seconds: Int64 = 0) throws -> Int {
    try record(of: subject, at: seconds)?.times.count ?? 0
  }

  /// Brings all that waits into the store.
  func fileAll(at seconds: Int64 = 0) throws { try blockList.fileAll(at: start.adding(seconds)) }

  /// What a boot leaves.
  func boot() throws { try FileManager.default.removeItem(at: directory.file("run")) }

  /// Writes failures to the store, in one commit.
  func file(_ failures: [InFlight], at seconds: Int64 = 0) throws {
    let blockList = blockList
    try blockList.locked(.exclusive) { (store) throws(StoreError) in
      try blockList.file(failures[...], at: start.adding(seconds), in: store)
    }
  }
}

/// The moment that tests count from.
let start = Timestamp(seconds: 1_700_000_000)

extension Name {
  init(_ text: String) { self.init(Array(text.utf8)) }
}

extension Subject {
  /// A host, by what an application calls it.
  static func host(_ text: String) -> Subject {
    .host(Host(Array(text.utf8)[...]) ?? .name(Name(text)))
  }

  static func user(_ text: String) -> Subject { .user(Name(text)) }
}

extension Attempt {
  convenience init(_ user: String?, from host: String?, using service: String = "sshd") {
    self.init(
      user: user.map { Name($0) }, host: host.flatMap { Host(Array($0.utf8)[...]) },
      service: Name(service))
  }
}

extension Admission {
  var isAdmitted: Bool { if case .admitted = self { true } else { false } }

  var refusal: Refusal? { if case .refused(let refusal) = self { refusal } else { nil } }
}

extension StoreError: CustomTestStringConvertible {
  public var testDescription: String { message.description }
}

/// What the store could not be used for; nil if it could.
func complaint(_ body: () throws(StoreError) -> Void) -> String? {
  do throws(StoreError) { try body() } catch { return error.message.description }
  return nil
}
