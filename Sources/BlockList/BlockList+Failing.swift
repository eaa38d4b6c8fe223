internal import LMDB
internal import Platform
public import Policy
internal import Text

extension BlockList {
  /// Makes a failure of an attempt. It counts from the first step on, for all; then it is written
  /// to the journal, without a lock.
  func fail(
    _ reservation: Reservation, isUnknownUser told: Bool?, knowing repeats: Repeats?,
    at now: Timestamp
  ) throws(StoreError) {
    let isUnknown = isUnknownUser(reservation.entry.attempt, told: told)
    let entry = reservation.entry.resolved(isUnknownUser: isUnknown)
    let shelter = Shelter()
    try withExtendedLifetime(shelter) { () throws(StoreError) in
      var claim = reservation.claim
      // Before it counts as a failure: until then it counts for either.
      claim.table.resolve(entry.tried, from: reservation.entry.tried, claim.slot)
      // Whatever happens to this process from here on, the failure counts.
      var isOurs = claim.become(.writing)
      repeats?.hasCounted()
      do throws(StoreError) {
        let home = try Home(configuration, notice: notice)
        repeat {
          if !isOurs || !home.uses(claim.table) {
            // It was taken over, or no login looks into this table any more: it is known by its
            // number, wherever it is found twice.
            if isOurs { claim.free() }
            claim = try claimFailure(entry, try home.table(), at: now)
            isOurs = true
          }
          try write(entry, claim, home, at: now)
          // Else the slot of the journal may be another failure's, in the table that is used now.
        } while !home.uses(claim.table)
      } catch {
        // In both places, for perhaps no other login looks into this table any more: it is known by
        // its number. Not here if it was let go of.
        if claim.control.state == .writing, claim.become(.failed) {
          claim.table.isCheckpointWanted = true
        }
        let home = try Home(configuration, withRun: false, notice: notice)
        try home.append(late: entry)
        throw error
      }
    }
  }

  /// Claims a slot for what has failed already.
  private func claimFailure(
    _ entry: InFlight, _ table: InFlightTable, at now: Timestamp
  ) throws(StoreError) -> Claim {
    guard let claim = claim(entry, table, at: now), claim.become(.writing) else {
      throw .system(SystemError.full(Path(configuration.runHome.bytes)))
    }
    return claim
  }

  /// Brings what stands in a slot to the disk: into the store if that is due and the lock is free,
  /// else into the journal.
  private func write(
    _ entry: InFlight, _ claim: Claim, _ home: borrowing Home, at now: Timestamp
  ) throws(StoreError) {
    let table = claim.table
    table.setTime(now, claim.slot)
    let failure = InFlight(
      slot: claim.slot, id: entry.id, time: now, owner: entry.owner, state: .journaled,
      kind: entry.kind, attempt: entry.attempt, subjects: entry.subjects,
      isUnknownUser: entry.isUnknownUser)
    if table.hasPredecessor || completesLimit(failure, table, home, at: now) {
      table.isCheckpointWanted = true
    }
    table.noteChange()
    let isDue = isCheckpointDue(table)
    if isDue, claim.become(.failed) {
      checkpointIfFree(table, at: now)
      // Then it is in the store.
      guard claim.become(.writing) else { return }
    }
    let error = journal(failure, home)
    _ = claim.become(error == nil ? .journaled : .failed)
    guard let error else { return }
    notice(.error, "failures take longer: \(error.message)")
    table.isCheckpointWanted = true
    if !isDue { checkpointIfFree(table, at: now) }
  }

  /// Writes the failure to the journal; nil, or why that can't be done.
  private func journal(_ failure: InFlight, _ home: borrowing Home) -> StoreError? {
    do throws(StoreError) {
      let journal = try Journal.openOrMake(in: home)
      try system { () throws(SystemError) in try journal.write(failure) }
      return nil
    } catch {
      return error
    }
  }

  /// Whether a subject of this failure is blocked now, and the store doesn't know it yet: a block
  /// doesn't wait in the journal, nor does a command for it.
  private func completesLimit(
    _ failure: InFlight, _ table: InFlightTable, _ home: borrowing Home, at now: Timestamp
  ) -> Bool {
    guard failure.kind == .failure else { return false }
    let subjects = failure.subjects
    let views = table.views(concerning: subjects.map { table.hash($0) })
    guard let waiting = try? waiting(beside: table, home),
      let tallies = try? tallies(
        of: subjects, by: failure.attempt, views, waiting, table, home, at: now)
    else { return true }
    for tally in tallies where !tally.isFreed && isBlocked(tally, at: now) {
      if !tally.wasBlocked || begins(tally, at: now) { return true }
    }
    return false
  }

  /// Writes down that an attempt was refused, so that its subjects stay blocked if it goes on: as a
  /// failure is, without a lock. Should that fail, the verdict stands all the same.
  func record(
    refused attempt: Attempt, for subjects: [Subject], because blocked: [Subject],
    _ table: InFlightTable, _ home: borrowing Home, at now: Timestamp
  ) {
    let origins = blocked.filter { $0.kind.isOrigin }.count
    let reason: RecordedAttempt.Reason =
      origins == blocked.count ? .host : origins == 0 ? .user : .both
    let entry = InFlight(
      slot: 0, id: Random.number, time: now, owner: InFlightTable.owner(borrower: borrower),
      state: .claimed, kind: .refusal(reason), attempt: attempt, subjects: subjects,
      isUnknownUser: isUnknownUser(attempt))
    beside { () throws(StoreError) in
      let claim = try claimFailure(entry, table, at: now)
      try write(entry, claim, home, at: now)
    }
  }

  /// Counts a failure for which there is no reservation: the store could not be used when it was to
  /// be made.
  ///
  /// - Parameter isUnknownUser: as of `settle`.
  public func recordFailure(
    of attempt: Attempt, isUnknownUser told: Bool? = nil, at now: Timestamp
  ) throws(StoreError) {
    let attempt = configuration.counted(attempt)
    let subjects = counted(attempt)
    guard !subjects.isEmpty else { return }
    let entry = InFlight(
      slot: 0, id: Random.number, time: now, owner: InFlightTable.owner(borrower: borrower),
      state: .claimed, attempt: attempt, subjects: subjects,
      isUnknownUser: isUnknownUser(attempt, told: told))
    do throws(StoreError) {
      try sheltered { (home, table) throws(StoreError) in
        let claim = try claimFailure(entry, table, at: now)
        try write(entry, claim, home, at: now)
      }
    } catch {
      try shelteredHome { (home) throws(StoreError) in try home.append(late: entry) }
      notice(.error, "a failure waits in a file of its own: \(error.message)")
    }
  }
}
