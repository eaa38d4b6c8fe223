internal import LMDB
internal import Platform
public import Policy

extension BlockList {
  /// Takes the reservation back, or makes a failure of it, which is on disk when this returns.
  ///
  /// - Throws: if the store can't be used. A failure is then still in the table, as one: whoever looks next writes it.
  public func settle(
    _ reservation: Reservation, _ outcome: Outcome, at now: Timestamp
  ) throws(StoreError) {
    switch outcome {
    case .succeeded: try withdraw(reservation.entry.id)
    case .abandoned where configuration.abandoned == .lapse:
      try withdraw(reservation.entry.id)
    case .abandoned: try fail(reservation, at: now)
    case .failed: try fail(reservation, at: now)
    }
  }

  /// Asks again for an attempt whose password took long to be typed: it may have lapsed, and others
  /// been let on in its place.
  public func renew(_ reservation: Reservation, at now: Timestamp) throws(StoreError) -> Admission {
    try withdraw(reservation.entry.id)
    return try admit(reservation.entry.attempt, at: now)
  }

  private func withdraw(_ id: UInt64) throws(StoreError) {
    try locked(.exclusive) { (_) throws(StoreError) in
      var table = try InFlightTable.load(configuration)
      try table.remove(id)
    }
  }

  private func fail(_ reservation: Reservation, at now: Timestamp) throws(StoreError) {
    let own = reservation.entry.failed(at: now)
    // Before the lock is waited for: whatever happens to this process from here on, the failure
    // counts.
    try? InFlightTable.markFailed(reservation, at: now, configuration)
    try locked(.exclusive) { (store) throws(StoreError) in
      var table = try InFlightTable.load(configuration)
      // One commit for all who wait for the lock with a failure.
      let failures = [own] + table.entries(.failed).filter { $0.id != own.id }
      try file(failures, at: now, in: store)
      for failure in failures { try table.remove(failure.id) }
    }
  }

  /// Counts a failure that was judged elsewhere.
  public func recordFailure(of attempt: Attempt, at now: Timestamp) throws(StoreError) {
    let subjects = counted(attempt)
    guard !subjects.isEmpty else { return }
    let entry = InFlight(
      id: Random.number, time: now, process: .current, state: .failed, attempt: attempt,
      subjects: subjects)
    try locked(.exclusive) { (store) throws(StoreError) in
      try file([entry], at: now, in: store)
    }
  }
}
