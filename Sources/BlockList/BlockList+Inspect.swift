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
    var times: [Timestamp] = []
    try locked(.shared) { (store) throws(StoreError) in
      let table = try InFlightTable.load(in: store)
      for tally in try tallies(of: [subject], at: now, table, store) { times = tally.times }
    }
    return configuration.rule(for: subject)
      .block(of: subject, using: service, after: times, inFlight: 0, at: now)
  }
}

/// An attempt whose password is being asked for or looked at.
public struct PendingAttempt: Sendable {
  public let id: UInt64
  public let time: Timestamp
  public let process: Int32
  public let attempt: Attempt
}

extension BlockList {
  /// The attempts in flight that may still be alive.
  public func pending(at now: Timestamp) throws(StoreError) -> [PendingAttempt] {
    var open: [InFlight] = []
    try locked(.shared) { (store) throws(StoreError) in
      open = try InFlightTable.load(in: store).all
    }
    return open.filter { $0.state.isOpen && !$0.hasLapsed(at: now) }.map {
      PendingAttempt(id: $0.id, time: $0.time, process: $0.process.id, attempt: $0.attempt)
    }
  }
}
