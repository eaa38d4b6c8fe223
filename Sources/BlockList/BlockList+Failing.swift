internal import LMDB
internal import Platform
public import Policy
internal import Text

extension BlockList {
  /// Makes a failure of an attempt: in the journal, or where that can't be in the store.
  func fail(_ reservation: Reservation, at now: Timestamp) throws(StoreError) {
    let shelter = Shelter()
    defer { withExtendedLifetime(shelter) {} }
    let isKept = isKept(reservation.entry)
    // Whatever happens to this process once its slot is marked, the failure counts.
    var own = try? mark(reservation, as: isKept ? .writing : .failed, at: now)
    if isKept, let writing = own {
      if journal(writing.entry), (try? mark(writing, as: .journaled, at: now)) != nil { return }
      own = try? mark(writing, as: .failed, at: now)
    }
    let isMarked = own != nil
    try file(own?.entry ?? reservation.entry.becoming(.failed, at: now), isMarked, at: now)
  }

  /// Whether it may stand in the journal for a while: a command that waits for it must not be kept
  /// waiting.
  private func isKept(_ failure: InFlight) -> Bool {
    Journal.keeps(failure.slot) && !configuration.hasCommands
  }

  /// Writes the failure to the journal, without the lock; false if that can't be done.
  private func journal(_ failure: InFlight) -> Bool {
    let home = Path(configuration.databaseHome.bytes)
    guard let journal = try? Journal.open(in: home) else { return false }
    return (try? journal.write(failure.becoming(.journaled, at: failure.time))) != nil
  }

  /// Writes the failure to the store, and with it those of all who wait for that: one commit for
  /// many.
  ///
  /// One that is marked in the table, but isn't there any more, was filed by somebody else; and may
  /// have been forgiven since.
  private func file(
    _ own: InFlight, _ isMarked: Bool, at now: Timestamp
  ) throws(StoreError) {
    Environment.prepare()
    try lockedForLogin { (store) throws(StoreError) in
      var table = try InFlightTable.load(in: store)
      var failures = table.oldestFailures
      let isToBeFiled = !isMarked || table.contains(own.id)
      if isToBeFiled, !failures.contains(where: { $0.id == own.id }) { failures.append(own) }
      try fold(failures, &table, at: now, in: store)
      if isKept(own) {
        do throws(StoreError) { try Journal.make(in: store) } catch {
          notice("failures take longer: \(error.message)")
        }
      }
    }
  }

  /// Brings what waits in the journal into the store, for who wants to find it there; says why if
  /// that can't be done.
  public func fileWaiting(at now: Timestamp) {
    do throws(StoreError) { try fileAll(at: now) } catch {
      notice("the last failures stay in the journal: \(error.message)")
    }
  }

  func fileAll(at now: Timestamp) throws(StoreError) {
    try locked(.exclusive) { (store) throws(StoreError) in
      var table = try InFlightTable.load(in: store)
      try fold(table.failures, &table, at: now, in: store)
    }
  }

  /// Counts a failure that was judged elsewhere.
  public func recordFailure(of attempt: Attempt, at now: Timestamp) throws(StoreError) {
    let subjects = counted(attempt)
    guard !subjects.isEmpty else { return }
    let entry = InFlight(
      slot: 0, id: Random.number, time: now, process: .current, state: .failed, attempt: attempt,
      subjects: subjects)
    try locked(.exclusive) { (store) throws(StoreError) in
      var table = try InFlightTable.load(in: store)
      try fold(table.failures + [entry], &table, at: now, in: store)
    }
  }
}
