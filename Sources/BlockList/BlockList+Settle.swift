internal import LMDB
internal import Platform
public import Policy

extension BlockList {
  /// Takes the reservation back, or makes a failure of it, which is on disk when this returns.
  ///
  /// A right password costs one word of memory. Of two verdicts the first one holds.
  ///
  /// - Parameters:
  ///   - isUnknownUser: what the application or the stack tells of whether there is no such user;
  ///     nil where they don't.
  ///   - repeats: what tells whether a wrong password was so before; nil if each counts.
  /// - Returns: whether it has become a failure.
  /// - Throws: if the store can't be used. A failure is then still in the table, as one: it counts,
  ///   and the next writer takes it into the store.
  @discardableResult
  public func settle(
    _ reservation: Reservation, _ outcome: Outcome, isUnknownUser: Bool? = nil,
    knowing repeats: Repeats? = nil, at now: Timestamp
  ) throws(StoreError) -> Bool {
    guard reservation.claim.control.state?.isJudged == true else { return false }
    let isFailure = outcome == .failed || outcome == .abandoned && isAbandonedCounted
    if isFailure, repeats?.isRepeat() != true {
      try fail(reservation, isUnknownUser: isUnknownUser, knowing: repeats, at: now)
      return true
    }
    try withdraw(reservation, at: now)
    return false
  }

  /// Notes that more will be asked for after an answer: that tells something of it, so the attempt
  /// is a failure from then on if it is left there.
  public func goHalfway(
    _ reservation: Reservation, at now: Timestamp
  ) throws(StoreError) -> Reservation {
    // One that has lost its slot was taken for a failure already, or for nothing that counts.
    _ = reservation.claim.become(.halfway)
    return reservation
  }

  private func withdraw(_ reservation: Reservation, at now: Timestamp) throws(StoreError) {
    let claim = reservation.claim
    if claim.become(.free) {
      claim.table.noteChange()
    } else {
      try takeBack(reservation, at: now)
    }
  }

  /// Takes a failure back that turned out to be none: its password was right, or the same handle
  /// was let in behind it.
  public func takeBack(_ reservation: Reservation, at now: Timestamp) throws(StoreError) {
    try shelteredHome(withRun: true) { (home) throws(StoreError) in
      let known = reservation.claim
      let table = home.uses(known.table) ? known.table : try home.table()
      if table.identity == known.table.identity, retract(known) {
        table.noteChange()
      } else {
        try retract(reservation.entry, table, at: now)
      }
      table.isCheckpointWanted = true
      if borrower == 0 { checkpointIfFree(table, at: now) }
    }
  }

  /// Makes a retraction of what stands in the slot, if that is still this attempt.
  private func retract(_ claim: Claim) -> Bool {
    if claim.table.control(claim.slot) == claim.control.becoming(.retracted) { return true }
    for state: InFlight.State in [.failed, .journaled, .halfway, .admitted] {
      let control = claim.control.becoming(state)
      if claim.table.replace(control, by: control.becoming(.retracted), claim.slot) { return true }
    }
    return false
  }

  /// Says in a slot of its own that a failure counts no more, wherever it is found.
  private func retract(
    _ entry: InFlight, _ table: InFlightTable, at now: Timestamp
  ) throws(StoreError) {
    guard let claim = claim(entry, table, at: now), claim.become(.retracted) else {
      throw .system(SystemError.full(Path(configuration.runHome.bytes)))
    }
    table.noteChange()
  }

  /// Calls `body` with the directories, safe from a hostile caller of su.
  ///
  /// - Parameter withRun: whether `run_home` is needed; else it may be in whatever state it is.
  package func shelteredHome(
    withRun: Bool = false, _ body: (borrowing Home) throws(StoreError) -> Void
  ) throws(StoreError) {
    let shelter = Shelter()
    try withExtendedLifetime(shelter) { () throws(StoreError) in
      try body(try Home(configuration, withRun: withRun, notice: notice))
    }
  }
}
