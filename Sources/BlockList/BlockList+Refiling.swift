package import LMDB
package import Policy

/// When a subject is to go that is looked at.
package enum Removal {
  case never
  /// Once all of its attempts are too old.
  case expired
  /// Once it stands where it belongs: the room is needed, and it comes first.
  case inPlace
}

extension BlockList {
  /// Notes what time has brought for the subject of `entry`, and removes it, and says so; or files
  /// it where it belongs by now.
  ///
  /// The index is lazy: it doesn't know of the attempts that came since.
  @discardableResult
  package func refile(
    _ entry: ExpiryKey, removing removal: Removal, at now: Timestamp,
    _ transaction: borrowing WriteTransaction, _ schema: Schema, _ changes: inout [Change]
  ) throws(LMDBError) -> Bool {
    let key = entry.subject
    try schema.expiry.remove(entry, in: transaction)
    guard var record = try known(key, transaction, schema), let subject = key.subject else {
      return false
    }
    record.noteAhead(at: now)
    let isFreed = try schema.frees(subject, of: nil, at: now, transaction)
    note(subject, nil, in: &record, isFreed: isFreed, at: now, &changes)
    let due = due(of: subject, record, at: now)
    let isNearlyFull = removal == .inPlace
    let isToGo =
      isNearlyFull
      ? due <= entry.due && record.isBlocked == entry.isBlocked
      : removal == .expired && !isWanted(record, subject, at: now)
        && !(record.isBlocked && lasting.contains(subject.kind))
    guard isToGo else {
      record.file(
        under: max(due, isNearlyFull ? entry.due : now.adding(1)),
        asBlocked: isNearlyFull && record.isBlocked)
      try schema.set(record, for: key, transaction)
      return false
    }
    if record.isBlocked {
      changes.append(Change(subject, .ended, isNearlyFull ? .room : .time))
    }
    try schema.subjects.remove(key, in: transaction)
    return true
  }

  /// Writes down whether `keys` are blocked now; and since when attempts lie in the future.
  package func noteBlocks(
    of keys: [SubjectKey], at now: Timestamp, in store: borrowing Store
  ) throws(StoreError) {
    try commit(to: store, at: now) { (transaction, schema, changes) throws(LMDBError) in
      for key in keys {
        try absorb(into: key.subject, at: now, transaction, schema, &changes)
        guard let record = try known(key, transaction, schema) else { continue }
        try refile(
          ExpiryKey(of: record, key), removing: .never, at: now, transaction, schema, &changes)
      }
    }
  }

  /// In seconds.
  static var day: Int64 { 24 * 60 * 60 }

  /// How long the attempts of a subject are kept, in seconds. A login keeps them for a day, and for
  /// longer where its purge time says so: another configuration may share the store and count them.
  /// `ablctl purge` goes by the purge time.
  func period(for subject: Subject) -> UInt32 {
    let purge = configuration.purge(for: subject)
    return isPurging ? purge : max(purge, UInt32(Self.day))
  }

  /// When a subject is to be looked at for having expired.
  private func due(of subject: Subject, _ record: SubjectRecord, at now: Timestamp) -> Timestamp {
    let newest =
      record.times(at: now).max()?.time ?? (record.lastLogin == nil ? now : .init(seconds: 0))
    let kept = Int64(period(for: subject)) + 1
    let due = max(newest, end(of: record, subject, at: now)).adding(kept)
    guard let login = record.lastLogin else { return due }
    return max(due, login.adding(Int64(configuration.userKnown) + 1))
  }

  /// What is known of a subject. Nil also if a newer version wrote it: that is left alone.
  package func known(
    _ key: SubjectKey, _ transaction: borrowing WriteTransaction, _ schema: Schema
  ) throws(LMDBError) -> SubjectRecord? {
    do throws(LMDBError) { return try schema.subjects.value(for: key, in: transaction) } catch {
      guard error == .foreign else { throw error }
      return nil
    }
  }
}
