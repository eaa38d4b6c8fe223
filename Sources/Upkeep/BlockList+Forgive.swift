public import BlockList
internal import LMDB
internal import Platform
public import Policy

extension BlockList {
  /// Forgets the attempts of `subjects`, so that none of them is blocked any more; says which of
  /// them were known.
  public func forgive(_ subjects: [Subject], at now: Timestamp) throws(StoreError) -> [Subject] {
    var known: [Subject] = []
    try locked(.exclusive) { (store) throws(StoreError) in
      let table = try store.home.table()
      // What has failed but isn't written yet would come back.
      try checkpoint(table, at: now, in: store)
      if table.hasPredecessor { store.home.freeOld() }
      let hashes = subjects.map { table.hash($0) }
      table.freeStuck(subjects, at: now)
      let views = table.views(concerning: hashes)
      // Also after a power cut: what isn't known any more must not stand in the journal.
      if let journal = try Journal.open(in: store.home) {
        let free = table.claimFree()
        defer { table.release(free) }
        try system { () throws(SystemError) in try journal.clear(free.map { $0.slot }) }
      }
      guard try store.usableFile() != nil else { return }
      try commit(to: store, at: now) { (transaction, schema, changes) throws(LMDBError) in
        known = []
        for subject in subjects {
          guard
            let record = try forgive(
              SubjectKey(subject), views.map { $0.id }, transaction, schema)
          else { continue }
          known.append(subject)
          guard record.isBlocked else { continue }
          changes.append(Change(subject, .ended, .hand))
        }
      }
    }
    return known
  }

  /// Removes what the store has of a subject, and says what it was; but those of `waiting` stand in
  /// the table still, for other subjects too, and are pardoned for this one.
  private func forgive(
    _ key: SubjectKey, _ waiting: [UInt64], _ transaction: borrowing WriteTransaction,
    _ schema: Schema
  ) throws(LMDBError) -> SubjectRecord? {
    guard let record = try schema.subjects.value(for: key, in: transaction) else { return nil }
    var forgiven = record
    forgiven.forgive(waiting)
    if forgiven.isEmpty {
      try schema.subjects.remove(key, in: transaction)
      try schema.expiry.remove(ExpiryKey(of: record, key), in: transaction)
    } else {
      try schema.subjects.set(forgiven, for: key, in: transaction)
    }
    return record.guesses.isEmpty ? nil : record
  }
}

extension InFlightTable {
  /// Seconds after which an attempt that is still being judged is in the way of others.
  private static let stuck: UInt64 = 10

  /// Lets go of attempts that hang, if they count for none but these subjects. A verdict that comes
  /// later counts.
  fileprivate func freeStuck(_ subjects: [Subject], at now: Timestamp) {
    let hashes = subjects.map { hash($0) }
    for view in views(concerning: hashes) where view.state.isWaiting || view.state.isJudged {
      guard let entry = entry(view), entry.concernsNone(but: subjects) else { continue }
      let isRunning = if case .running = condition(of: view, at: now) { true } else { false }
      if !isRunning || now.interval(since: view.time).magnitude >= Self.stuck {
        _ = become(.free, view)
      }
    }
  }
}

extension InFlight {
  /// A user is the same at home.
  fileprivate func concernsNone(but others: [Subject]) -> Bool {
    subjects.allSatisfy { subject in
      if case .home(let user, _) = subject, others.contains(.user(user)) { return true }
      return others.contains(subject)
    }
  }
}
