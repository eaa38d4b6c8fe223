public import BlockList
internal import LMDB
internal import Platform
public import Policy

extension BlockList {
  /// What the store knows of the subjects behind `key`, in the order of their keys: hosts, then
  /// users.
  ///
  /// - Parameters:
  ///   - key: of the last subject of the look before; nil begins.
  ///   - count: at most so many; the lock is held while they are read, so no more than 1000.
  public func subjects(
    after key: SubjectKey?, count: Int
  ) throws(StoreError) -> [(key: SubjectKey, record: SubjectRecord)] {
    let chunk = try chunk(after: key, count: count)
    var found: [(key: SubjectKey, record: SubjectRecord)] = []
    found.reserveCapacity(chunk.count)
    for index in 0..<chunk.count { found.append(try chunk.entry(index)) }
    return found
  }

  /// The attempts of `subject`, oldest first, without those in flight.
  public func record(of subject: Subject) throws(StoreError) -> SubjectRecord? {
    var record: SubjectRecord?
    try locked(.shared) { (store) throws(StoreError) in
      try store.read { (transaction, schema) throws(LMDBError) in
        record = try schema.subjects.value(for: SubjectKey(subject), in: transaction)
      }
    }
    return record
  }

  /// Whether `subject` is blocked, and by what; nothing is changed.
  ///
  /// - Parameter service: what it logs in to; nil for any.
  public func block(
    of subject: Subject, using service: Name?, at now: Timestamp
  ) throws(StoreError) -> Block? {
    guard !configuration.isAllowed(subject) else { return nil }
    var (tally, decree): (Tally?, Decree?)
    table = nil
    try sheltered { (home, table) throws(StoreError) in
      let views = table.views(concerning: [table.hash(subject)])
      let waiting = try waiting(beside: table, home)
      let tallies = try tallies(of: [subject], views, waiting, table, home, at: now)
      tally = tallies.first
      decree = tally?.decree
    }
    if let decree { return decree.kind == .block ? decree.block : nil }
    return tally.flatMap { block($0, service, at: now) }
  }
}

extension BlockList {
  /// The decree that decides of `subject`, by the address that it is; nil if none does.
  public func decree(for subject: Subject, at now: Timestamp) throws(StoreError) -> Decree? {
    var decree: Decree?
    try locked(.shared) { (store) throws(StoreError) in
      try store.read { (transaction, schema) throws(LMDBError) in
        decree = try schema.decree(for: Decree.name(of: subject, nil), at: now, transaction)
      }
    }
    return decree
  }
}

/// What logins have met since the table of attempts in flight was made.
public struct LoginCounters: Sendable {
  /// Attempts that waited for others at their own host or user.
  public let waits: Int
  /// Times that a login found the lock of the store taken, and went on without it.
  public let lockTaken: Int
  /// Attempts that lost their slot to another process, and began anew.
  public let lost: Int
}

extension BlockList {
  /// What was met so far.
  public func counters() throws(StoreError) -> LoginCounters {
    var counts: [Int] = []
    try sheltered { (_, table) throws(StoreError) in
      for counter: InFlightTable.Counter in [.waits, .lockTaken, .lost] {
        counts.append(Int(truncatingIfNeeded: table[counter]))
      }
    }
    return LoginCounters(waits: counts[0], lockTaken: counts[1], lost: counts[2])
  }
}

/// An attempt whose password is being asked for or looked at.
public struct PendingAttempt: Sendable {
  public let id: UInt64
  public let time: Timestamp
  public let process: Int32
  public let attempt: Attempt
  /// What it counts for.
  public let subjects: [Subject]
}

extension BlockList {
  /// The attempts in flight that may still be alive.
  public func pending(at now: Timestamp) throws(StoreError) -> [PendingAttempt] {
    try entries(at: now).filter { $0.state.isJudged || $0.state.isWaiting }.map {
      PendingAttempt(
        id: $0.id, time: $0.time, process: $0.owner.process.id, attempt: $0.attempt,
        subjects: $0.subjects)
    }
  }

  /// What stands in the table, after a look at whose processes still live.
  func entries(at now: Timestamp) throws(StoreError) -> [InFlight] {
    var entries: [InFlight] = []
    table = nil
    try sheltered { (_, table) throws(StoreError) in
      table.sweep(isAbandonedCounted: isAbandonedCounted, at: now)
      entries = table.views.compactMap { table.entry($0) }
    }
    return entries
  }
}
