public import BlockList
internal import LMDB
internal import Platform
public import Policy
internal import Text

/// How far a purge has come.
public struct PurgeProgress: Equatable, Sendable {
  public var removed = 0
  /// How many subjects it has dealt with, and how many there were when it began.
  public var (done, all) = (0, 0)
}

extension BlockList {
  /// Removes the subjects whose attempts are all older than `host_purge` or `user_purge`, and says
  /// how many.
  ///
  /// In many small transactions: a login never waits long for it. It may be stopped at any moment.
  /// First those go that the expiry index has as due; it is as old as the settings were, so then
  /// all that are left are looked at.
  ///
  /// - Parameter goesOn: is asked after each step, without the lock, whether to take another one.
  public func purge(
    at now: Timestamp, goesOn: (PurgeProgress) -> Bool = { _ in true }
  ) throws(StoreError) -> Int {
    // What has expired is counted here, not removed on the way.
    isPurging = true
    defer { isPurging = false }
    fileWaiting(at: now)
    try expireDecrees(at: now)
    var progress = PurgeProgress()
    progress.all = try subjectCount()
    guard try removeDue(at: now, &progress, goesOn) else { return progress.removed }
    try removeExpired(at: now, &progress, goesOn)
    try completeBlocked(at: now)
    return progress.removed
  }

  private func subjectCount() throws(StoreError) -> Int {
    var count = 0
    try locked(.shared) { (store) throws(StoreError) in
      try store.read { (transaction, schema) throws(LMDBError) in
        count = try schema.subjects.count(in: transaction)
      }
    }
    return count
  }

  /// Removes what the expiry index has as due; false if that is all for now.
  private func removeDue(
    at now: Timestamp, _ progress: inout PurgeProgress, _ goesOn: (PurgeProgress) -> Bool
  ) throws(StoreError) -> Bool {
    while true {
      var (step, isSteady) = ((looked: 0, removed: 0), true)
      try change(at: now, isSteady: &isSteady) {
        (transaction, schema, changes) throws(LMDBError) in
        step = try expire(500, at: now, transaction, schema, &changes)
      }
      guard isSteady else {
        notice(.error, Self.leap)
        return false
      }
      progress.removed += step.removed
      progress.done += step.removed
      guard goesOn(progress) else { return false }
      if step.looked == 0 { return true }
    }
  }

  /// Looks at all subjects, and removes those that have expired whatever the index says.
  private func removeExpired(
    at now: Timestamp, _ progress: inout PurgeProgress, _ goesOn: (PurgeProgress) -> Bool
  ) throws(StoreError) {
    var last: SubjectKey?
    while true {
      let chunk = try chunk(after: last, count: 500)
      guard let end = chunk.last else { return }
      last = end
      var expired: [SubjectKey] = []
      for index in 0..<chunk.count {
        guard let (key, record) = try chunk.known(index) else { continue }
        if hasExpired(record, key, at: now) { expired.append(key) }
      }
      progress.removed += try remove(expired, at: now)
      progress.done += chunk.count
      guard goesOn(progress) else { return }
    }
  }

  /// Removes those of `keys` that are still there, and have expired.
  private func remove(_ keys: [SubjectKey], at now: Timestamp) throws(StoreError) -> Int {
    var (removed, isSteady) = (0, true)
    guard !keys.isEmpty else { return 0 }
    try change(at: now, isSteady: &isSteady) {
      (transaction, schema, changes) throws(LMDBError) in
      removed = 0
      for key in keys {
        guard let record = try known(key, transaction, schema),
          hasExpired(record, key, at: now)
        else { continue }
        let entry = ExpiryKey(of: record, key)
        if try refile(entry, removing: .expired, at: now, transaction, schema, &changes) {
          removed += 1
        }
      }
    }
    return removed
  }

  private func hasExpired(
    _ record: SubjectRecord, _ key: SubjectKey, at now: Timestamp
  ) -> Bool {
    guard let subject = key.subject else { return false }
    return !isWanted(record, subject, at: now)
  }

  /// Writes what `body` does, if there is a store; nothing unless the clock can be trusted.
  private func change(
    at now: Timestamp, isSteady: inout Bool,
    _ body: (borrowing WriteTransaction, Schema, inout [Change]) throws(LMDBError) -> Void
  ) throws(StoreError) {
    var isTrusted = true
    try locked(.exclusive) { (store) throws(StoreError) in
      guard try store.usableFile() != nil else { return }
      try commit(to: store, at: now) { (transaction, schema, changes) throws(LMDBError) in
        isTrusted = try schema.isSteady(at: now, transaction)
        if isTrusted { try body(transaction, schema, &changes) }
      }
    }
    isSteady = isTrusted
  }

  private static var leap: Text {
    "the clock has leapt, removing nothing until it has gone on for a day"
  }
}
