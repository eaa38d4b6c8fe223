internal import LMDB
package import Platform
package import Policy
internal import Text

/// From the journal and the table into the store. Only this needs the lock; a login does it if the
/// lock is free at that moment, and never waits for it.
extension BlockList {
  /// So many failures wait before a login of a program that root runs takes them along.
  private static let mostWaiting = 16

  /// Whether there is enough for the store, or something must not wait.
  func isCheckpointDue(_ table: InFlightTable) -> Bool {
    let most = borrower == 0 ? Self.mostWaiting : InFlightTable.slots / 2
    return table.isCheckpointWanted || table.waitingCount >= most
  }

  /// Brings what waits into the store, if no other process is at it. That one sees what was wanted
  /// meanwhile, or the next one does.
  ///
  /// - Parameter keys: of subjects whose blocks have ended, or whose attempts lie in the future.
  func checkpointIfFree(
    _ table: InFlightTable, notingBlocksOf keys: [SubjectKey] = [], at now: Timestamp
  ) {
    let patience = Deadline(milliseconds: longestCheckpoint)
    for _ in 0..<3 {
      do throws(StoreError) {
        Environment.prepare()
        let isDone = try lockedIfFree { (store) throws(StoreError) in
          try checkpoint(table, until: patience, at: now, in: store)
          try noteBlocks(of: keys, at: now, in: store)
        }
        guard isDone else {
          table.count(.lockTaken)
          return
        }
      } catch {
        notice(.error, "failures wait for the store: \(error.message)")
        return
      }
      // Another one may have wanted it since, and have found the lock taken.
      guard table.isCheckpointWanted, !patience.hasPassed else { return }
    }
  }

  /// Writes all that waits, and `others`, to the store, in one commit or a few if there are many;
  /// no power cut undoes that. Only then it leaves the table and the journal. What is left at the
  /// deadline stays wanted.
  package func checkpoint(
    _ table: InFlightTable, and others: [InFlight] = [], until deadline: Deadline? = nil,
    at now: Timestamp, in store: borrowing Store
  ) throws(StoreError) {
    table.isCheckpointWanted = false
    table.sweep(isAbandonedCounted: isAbandonedCounted, at: now)
    table.hasPredecessor = store.home.hasPredecessor
    let late = try store.home.takeLateFailures()
    let old = table.hasPredecessor ? store.home.oldFailures : []
    let all = table.unfiled + late + old + others
    var (rest, most) = (all.inOrder[...], mostInOneCommit)
    do throws(StoreError) {
      while !rest.isEmpty {
        let some = rest.prefix(most)
        try clearRetracted(some, store)
        do throws(StoreError) { try file(some, at: now, in: store) } catch {
          // There is room for fewer, since these have let go of some.
          guard error.isFull, most > 1 else { throw error }
          most /= 2
          continue
        }
        try store.synchronize()
        free(some, table, store, at: now)
        rest = rest.dropFirst(some.count)
        if let deadline, deadline.hasPassed, !rest.isEmpty {
          table.isCheckpointWanted = true
          return
        }
      }
      if !late.isEmpty { try store.home.removeLateFailures() }
    } catch {
      table.isCheckpointWanted = true
      throw error
    }
  }

  /// An id that the store is about to forget must not stand in the journal any more.
  private func clearRetracted(
    _ entries: ArraySlice<InFlight>, _ store: borrowing Store
  ) throws(StoreError) {
    var slots: [Int] = []
    for entry in entries where entry.state == .retracted { slots.append(entry.slot) }
    guard !slots.isEmpty, let journal = try Journal.open(in: store.home) else { return }
    try system { () throws(SystemError) in try journal.clear(slots) }
  }

  /// Lets go of what is in the store: first in the journal, for what is found there must be known
  /// to the table, or to the store by its number.
  private func free(
    _ entries: ArraySlice<InFlight>, _ table: InFlightTable, _ store: borrowing Store,
    at now: Timestamp
  ) {
    let journal = try? Journal.open(in: store.home)
    for entry in entries where entry.control.word != 0 {
      let control = table.control(entry.slot)
      guard control.becoming(entry.state) == entry.control else { continue }
      // A slot that is being written is its process's for as long as that lives.
      guard control.state != .writing || table.isLeft(entry.slot, at: now) else { continue }
      try? journal?.clear(entry.slot)
      if control.state == .journaled || control == entry.control {
        _ = table.replace(control, by: control.becoming(.free), entry.slot)
      }
    }
    table.noteChange()
  }

  /// Writes failures, refusals and retractions to the store, in one commit.
  func file(
    _ entries: ArraySlice<InFlight>, at now: Timestamp, in store: borrowing Store
  ) throws(StoreError) {
    try commit(to: store, at: now) { (transaction, schema, changes) throws(LMDBError) in
      for entry in entries {
        for subject in entry.subjects {
          try file(entry, for: subject, at: now, transaction, schema, &changes)
        }
      }
      guard !isPurging else { return }
      try expire(2 * entries.count, at: now, transaction, schema, &changes)
    }
  }

  private func file(
    _ entry: InFlight, for subject: Subject, at now: Timestamp,
    _ transaction: borrowing WriteTransaction, _ schema: Schema, _ changes: inout [Change]
  ) throws(LMDBError) {
    switch entry.state {
    case .retracted:
      try remove(entry.id, of: subject, at: now, transaction, schema, &changes)
    case .succeeded: try noteLogin(entry.time, of: subject, transaction, schema, &changes)
    default:
      try append(
        entry.recorded(of: subject), to: subject, of: entry.attempt, at: now,
        transaction, schema, &changes)
    }
  }

  /// Takes one attempt out of the history of `subject`.
  private func remove(
    _ id: UInt64, of subject: Subject, at now: Timestamp,
    _ transaction: borrowing WriteTransaction, _ schema: Schema, _ changes: inout [Change]
  ) throws(LMDBError) {
    let key = SubjectKey(subject)
    guard var record = try known(key, transaction, schema), record.contains(id) else { return }
    let mayEnd = mayEndBlock(
      of: subject, after: record.times(at: now), record.series(at: now), at: now)
    remove(id, from: &record, of: subject, at: now)
    // Not by what is left, of which no rule may say that it has ever blocked.
    if record.isBlocked, mayEnd, block(of: subject, record, at: now) == nil {
      record.isBlocked = false
      changes.append(Change(subject, .ended, .verdict))
    }
    guard record.isEmpty else {
      return try schema.subjects.set(record, for: key, in: transaction)
    }
    try schema.subjects.remove(key, in: transaction)
    try schema.expiry.remove(ExpiryKey(of: record, key), in: transaction)
  }
}

extension InFlightTable {
  /// How many failures, refusals and retractions wait for the store.
  var waitingCount: Int {
    var count = 0
    for slot in 0..<high {
      let state = control(slot).state
      if state?.isFailure == true || state == .retracted { count += 1 }
    }
    return count
  }

  /// All of these.
  var unfiled: [InFlight] {
    var entries: [InFlight] = []
    for slot in 0..<high {
      guard let view = view(slot), view.state.isUnfiled, let entry = entry(view) else { continue }
      entries.append(entry)
    }
    return entries
  }

  /// Whether the owner of a slot is gone.
  func isLeft(_ slot: Int, at now: Timestamp) -> Bool {
    guard let view = view(slot) else { return false }
    switch condition(of: view, at: now) {
    case .running, .stopped: return false
    case .gone, .lost, .overdue: return true
    }
  }
}

extension [InFlight] {
  /// Right logins, for failures at home count only where the user is known; then the oldest first;
  /// and retractions behind all that they may be of.
  fileprivate var inOrder: [InFlight] {
    filter { $0.state == .succeeded }
      + filter { $0.state != .retracted && $0.state != .succeeded }.inOrderOfTime
      + filter { $0.state == .retracted }
  }

  private var inOrderOfTime: [InFlight] {
    var ordered = self
    // Not `sort`, which is a fortieth of the module: they are in order but for a few.
    for index in ordered.indices {
      var place = index
      while place > 0, ordered[place - 1].time > ordered[place].time {
        ordered.swapAt(place - 1, place)
        place -= 1
      }
    }
    return ordered
  }
}

extension InFlight {
  /// How this stands in the history of `subject`.
  package func recorded(of subject: Subject) -> RecordedAttempt {
    let (state, reason): (RecordedAttempt.State, RecordedAttempt.Reason) =
      switch kind {
      case .failure: (.failed, .authentication)
      case .refusal(let reason): (.refused, reason)
      }
    return RecordedAttempt(
      id: id, time: time, state: state, reason: reason, service: attempt.service,
      counterpart: attempt.counterpart(of: subject), port: attempt.port,
      isUnknownUser: isUnknownUser == true && subject.kind.isOrigin)
  }
}
