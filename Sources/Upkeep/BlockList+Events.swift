public import BlockList
internal import LMDB
internal import Platform
public import Policy
internal import Text

/// What the store has of blocks that began and ended, for programs that carry them further.
extension BlockList {
  /// The events behind `sequence`, in their order, and the number of the last one of all.
  ///
  /// If the first one isn't the next, the ring was overtaken. If the last one is before `sequence`,
  /// the store is another one.
  /// - Parameter count: at most so many, no more than 1000; the lock is held while they are read.
  public func events(
    after sequence: UInt64, atMost count: Int
  ) throws(StoreError) -> (events: [Event], last: UInt64) {
    var (entries, last) = (Entries(), UInt64(0))
    try locked(.shared) { (store) throws(StoreError) in
      try store.read { (transaction, schema) throws(LMDBError) in
        last = try schema.lastSequence(transaction)
        guard let events = schema.events, last > sequence else { return }
        entries = try events.entries(
          after: Bytes.bigEndian(sequence), count: count, in: transaction)
      }
    }
    return (entries.values.compactMap { Event(decoding: $0.value) }, last)
  }

  /// Why the decrees were made that `events` tell of, by the numbers of the events.
  ///
  /// An event doesn't have it. So it is known only as long as the decree stands as it was made
  /// then, and not of an end.
  ///
  /// - Parameter events: no more than 1000; the lock is held while they are looked up.
  public func reasons(of events: [Event]) throws(StoreError) -> [UInt64: Name] {
    let made = events.filter { $0.decreeKey != nil }
    guard !made.isEmpty else { return [:] }
    var reasons: [UInt64: Name] = [:]
    try locked(.shared) { (store) throws(StoreError) in
      try store.read { (transaction, schema) throws(LMDBError) in
        guard let decrees = schema.decrees else { return }
        for event in made {
          guard let key = event.decreeKey, let value = try decrees.value(for: key, in: transaction),
            let decree = Decree(key, value), decree.made == event.since,
            decree.until == event.until, !decree.reason.bytes.isEmpty
          else { continue }
          reasons[event.sequence] = decree.reason
        }
      }
    }
    return reasons
  }

  /// The subjects that are blocked, each with the event that said so last, in the order of their
  /// keys; failures that are still to be written count.
  ///
  /// What is told is what was true when it was written: `update` makes it so by this configuration.
  public func blocked(at now: Timestamp) throws(StoreError) -> [Event] {
    let waiting = try unwrittenFailures(at: now)
    var found = try written(at: now)
    var seen: [SubjectKey] = []
    for failure in waiting where !seen.contains(SubjectKey(failure.subject)) {
      seen.append(SubjectKey(failure.subject))
      if let event = try event(of: failure, at: now) {
        found.removeAll { $0.subject == failure.subject }
        found.append(event)
      }
    }
    return found
  }

  /// Whether `blocked` has every subject that is blocked. In a store of an older version it has
  /// once `update` or a purge went through.
  public func isBlockedComplete() throws(StoreError) -> Bool {
    var isComplete = true
    try locked(.shared) { (store) throws(StoreError) in
      try store.read { (transaction, schema) throws(LMDBError) in
        isComplete = try schema.meta.value(for: Schema.completeKey, in: transaction) != nil
      }
    }
    return isComplete
  }

  /// Writes down that blocks have ended whose time is over, and gives their number.
  ///
  /// No look at these subjects may come for long.
  @discardableResult
  public func endBlocks(at now: Timestamp) throws(StoreError) -> Int {
    let over = try allRows().filter { $0.until <= now }.map { SubjectKey($0.subject) }
    for start in stride(from: 0, to: over.count, by: 500) {
      try noteBlocks(of: Array(over[start..<min(start + 500, over.count)]), at: now)
    }
    return over.count
  }
}

extension BlockList {
  private func written(at now: Timestamp) throws(StoreError) -> [Event] {
    guard try isBlockedComplete() else { return try blockedRecords(at: now) }
    return try allRows().filter { $0.until > now }
  }

  /// All of `blocked`.
  private func allRows() throws(StoreError) -> [Event] {
    var (found, last): ([Event], [UInt8]?) = ([], nil)
    while true {
      var entries = Entries()
      try locked(.shared) { (store) throws(StoreError) in
        try store.read { (transaction, schema) throws(LMDBError) in
          guard let blocked = schema.blocked else { return }
          entries = try blocked.entries(after: last, count: 1000, in: transaction)
        }
      }
      guard let end = entries.lastKey else { return found }
      last = end
      found += entries.values.compactMap { Event(decoding: $0.value, row: $0.key) }
    }
  }

  /// What `blocked` has for each of `keys`.
  func rows(of keys: [SubjectKey]) throws(StoreError) -> [Event?] {
    var rows: [Event?] = []
    try locked(.shared) { (store) throws(StoreError) in
      try store.read { (transaction, schema) throws(LMDBError) in
        for key in keys {
          let row = try schema.blocked?.value(for: key.bytes, in: transaction)
          rows.append(row.flatMap { Event(decoding: $0, row: key.bytes) })
        }
      }
    }
    return rows.isEmpty ? keys.map { _ in nil } : rows
  }

  /// Of a store whose `blocked` isn't complete: what its records say.
  private func blockedRecords(at now: Timestamp) throws(StoreError) -> [Event] {
    var (found, last): ([Event], SubjectKey?) = ([], nil)
    while true {
      let chunk = try subjects(after: last, count: 500)
      guard let end = chunk.last else { return found }
      last = end.key
      for (key, record) in chunk where record.isBlocked {
        guard let subject = key.subject else { continue }
        if let event = event(of: subject, record, at: now) { found.append(event) }
      }
    }
  }

  /// The block of a subject that has a failure that isn't written yet; nil if it has none.
  private func event(
    of failure: UnwrittenFailure, at now: Timestamp
  ) throws(StoreError) -> Event? {
    guard let record = try knownRecord(of: failure.subject, at: now),
      try decree(for: failure.subject, at: now)?.kind != .allow
    else { return nil }
    return event(of: failure.subject, record, at: now)
  }

  private func event(
    of subject: Subject, _ record: SubjectRecord, at now: Timestamp
  ) -> Event? {
    guard let block = block(of: subject, record, at: now) else { return nil }
    let last = record.attempts.last
    let change = Change(subject, .began, .attempt, block, failures: record.count)
    return Event(
      change, since: last?.time ?? now, service: last?.service, other: last?.counterpart, at: now)
  }

  /// Completes `blocked` in a store of an older version, if that is still to be done.
  func completeBlocked(at now: Timestamp) throws(StoreError) {
    if try !isBlockedComplete() { try update(at: now) }
  }

  /// Notes that `blocked` has everybody.
  func noteAllBlocked(at now: Timestamp) throws(StoreError) {
    if try isBlockedComplete() { return }
    try locked(.exclusive) { (store) throws(StoreError) in
      try commit(to: store, at: now) { (transaction, schema, _) throws(LMDBError) in
        try schema.meta.set([1], for: Schema.completeKey, in: transaction)
      }
    }
  }
}

extension Event {
  /// Under which the decree stands that was made or changed; nil if it is of none, or of its end.
  fileprivate var decreeKey: [UInt8]? {
    guard let decree, kind != .ended, kind != .disallowed else { return nil }
    switch subject {
    case .network(let network): return AllowList.Entry.network(network).decreeKey(decree)
    case .host(.address(let address)):
      let network = Network(address, prefixLength: address.bitCount)
      return AllowList.Entry.network(network).decreeKey(decree)
    case .host(.name(let name)): return AllowList.Entry.host(name).decreeKey(decree)
    case .user(let name): return AllowList.Entry.user(name).decreeKey(decree)
    case .host(.network), .home, .caller: return nil
    }
  }
}

extension Schema {
  /// Removes what a ring of a smaller map has no room for.
  func trimEvents(_ transaction: borrowing WriteTransaction) throws(LMDBError) {
    guard let events else { return }
    let (last, limit) = (try lastSequence(transaction), try Self.eventLimit(transaction))
    while let first = try Cursor(events, in: transaction).first()?.0 {
      var reader = Bytes.Reader(first)
      guard let sequence = reader.integer(8), sequence &+ limit <= last else { return }
      try events.remove(first, in: transaction)
    }
  }
}

extension Entries {
  fileprivate var values: [(key: [UInt8], value: [UInt8])] {
    (0..<count).map { (Array(key($0)), Array(value($0))) }
  }
}
