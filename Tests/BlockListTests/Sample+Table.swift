import Foundation
import Platform
import Policy
import Testing

@testable import BlockList
@testable import Upkeep

extension Sample {
  /// The table, as a login maps it; it is made if there is none.
  func table() throws -> InFlightTable {
    try Home(configuration, notice: { [unowned self] in note($0, $1) }).table()
  }

  /// What stands in the table, whatever has become of its processes.
  func entries() throws -> [InFlight] {
    let table = try table()
    return table.views.compactMap { table.entry($0) }
  }

  /// The table's attempts of a state.
  func entries(_ state: InFlight.State) throws -> [InFlight] {
    try entries().filter { $0.state == state }
  }

  /// The table's word for an attempt, as others see it.
  func view(_ claim: Claim) throws -> SlotView { try #require(claim.table.view(claim.slot)) }

  /// Puts attempts into the table, each in its state, as their processes would have.
  @discardableResult
  func add(_ entries: InFlight...) throws -> [Claim] {
    let table = try table()
    return try entries.map { try add($0, to: table) }
  }

  private func add(_ entry: InFlight, to table: InFlightTable) throws -> Claim {
    let claim = try #require(table.claim(entry))
    switch entry.state {
    case .claimed: break
    case .choosing: try #require(claim.become(.choosing))
    case .open: try #require(claim.publish())
    case .journaled:
      try writeToJournal(entry.inSlot(claim.slot))
      try #require(claim.publish() && claim.become(.journaled))
    default: try #require(claim.publish() && claim.become(entry.state))
    }
    if entry.state == .failed || entry.state == .retracted { table.isCheckpointWanted = true }
    return claim
  }

  private func writeToJournal(_ entry: InFlight) throws {
    try Journal.openOrMake(in: Home(configuration, notice: { _, _ in })).write(entry)
  }

  /// How many attempts count against a subject as a login judges it, which takes no lock.
  func counted(_ subject: Subject, at seconds: Int64 = 0) throws -> Int {
    var count = 0
    let blockList = blockList
    try blockList.sheltered { (home, table) throws(StoreError) in
      let views = table.views(concerning: [table.hash(subject)])
      let waiting = try blockList.waiting(beside: table, home)
      let tallies = try blockList.tallies(
        of: [subject], views, waiting, table, home, at: start.adding(seconds))
      count = tallies.reduce(0) { $0 + $1.times.count }
    }
    return count
  }

  /// The first bytes of the slots of the journal, if there is one: not 0 where a failure stands.
  var journalStates: [UInt8] {
    get throws {
      guard FileManager.default.fileExists(atPath: journal.path) else { return [] }
      let content = [UInt8](try Data(contentsOf: journal))
      return stride(from: 0, to: content.count, by: InFlight.slotLength).map { content[$0] }
    }
  }

  /// Calls `body` while another process has the lock of the store.
  func whileLocked(_ body: () throws -> Void) throws {
    let directory = try Store.trusted(Path(configuration.databaseHome.bytes))
    let lock = try FileLock(
      "lock", in: directory, .exclusive, until: Deadline(milliseconds: 10_000))
    try body()
    withExtendedLifetime(lock) {}
  }
}

/// A process that is gone: this one's number was another's before.
let deadProcess = ProcessIdentity(id: getpid(), seen: 0)

/// The number of a user who may not do much.
let ordinaryUser: UInt32 = 12_345

/// Process numbers that mean nothing here.
let otherNamespace: UInt32 = 7

extension SlotOwner {
  /// A process of this namespace, unless another one is given.
  static func process(
    _ process: ProcessIdentity = .current, borrower: UInt32 = 0,
    namespace: UInt32 = ProcessNamespace.current
  ) -> SlotOwner {
    SlotOwner(process: process, namespace: namespace, borrower: borrower)
  }

  static var dead: SlotOwner { .process(deadProcess) }
}

extension InFlight {
  convenience init(
    _ id: UInt64, _ attempt: Attempt, _ state: State = .admitted, at seconds: Int64 = 0,
    of owner: SlotOwner = .process()
  ) {
    self.init(
      slot: 0, id: id, time: start.adding(seconds), owner: owner, state: state,
      attempt: attempt, subjects: attempt.subjects)
  }

  fileprivate func inSlot(_ slot: Int) -> InFlight {
    InFlight(
      slot: slot, id: id, time: time, owner: owner, state: state, kind: kind, attempt: attempt,
      subjects: subjects, isUnknownUser: isUnknownUser)
  }
}

extension Attempt {
  /// What it counts for by a configuration that sets nothing.
  var subjects: [Subject] { Configuration().subjects(of: self) }
}
