package import Platform
public import Policy

extension BlockList {
  /// Whether there is any subject that `attempt` counts for.
  public func counts(_ attempt: Attempt) -> Bool { !counted(attempt).isEmpty }

  /// Whether there is any subject that is asked about before `attempt` is judged.
  public func asks(_ attempt: Attempt) -> Bool {
    !asked(attempt).isEmpty || front?.asks(attempt) == true
  }

  /// Whether a rule blocks the host or the user of `attempt` now: one look. It reserves nothing,
  /// and waits for nothing.
  public func refusal(
    of attempt: Attempt, at now: Timestamp
  ) throws(StoreError) -> Refusal? {
    let attempt = configuration.counted(attempt)
    let asked = asked(attempt)
    guard !asked.isEmpty else { return nil }
    var refusal: Refusal?
    do throws(StoreError) {
      try sheltered { (home, table) throws(StoreError) in
        refusal = try look(at: attempt, asked, before: nil, table, home, now).refusal
      }
    } catch {
      return try self.refusal(of: attempt, despite: error, at: now)
    }
    return refusal
  }

  /// Likewise where the table can't be had: a subject that is known as blocked stays so.
  private func refusal(
    of attempt: Attempt, despite error: StoreError, at now: Timestamp
  ) throws(StoreError) -> Refusal {
    guard table == nil else { throw error }
    var refusal: Refusal?
    try shelteredHome { (home) throws(StoreError) in
      refusal = try self.refusal(withoutTable: attempt, home, at: now)
    }
    guard refusal == nil, let front else {
      guard let refusal else { throw error }
      return refusal
    }
    return try front.refusal(of: attempt, despite: error, at: now)
  }

  /// Asks whether `attempt` may be judged, and if so writes it down as in flight.
  ///
  /// It is refused if a rule blocks its host or its user. If the limit is reached only should those
  /// in flight fail, it waits for them, for at most `pending_wait`; then it is refused, uncounted.
  ///
  /// With the lines in front this is one question: between two, others could be let on.
  ///
  /// - Parameter old: what a line in front has reserved; it is let go of.
  public func admit(
    _ attempt: Attempt, replacing old: Reservation? = nil, at now: Timestamp
  ) throws(StoreError) -> Admission {
    let attempt = configuration.counted(attempt)
    let counted = counted(attempt)
    guard asks(attempt) || !counted.isEmpty else { return .admitted(nil) }
    // First: a line that doesn't ask may have made it, and two such would wait for each other.
    old?.claim.free()
    let candidate = Candidate(attempt, counted: counted)
    let start = Clock.milliseconds
    let patience = Deadline(milliseconds: Int64(configuration.pendingWait))
    while true {
      let moment = now.adding((Clock.milliseconds - start) / 1000)
      switch try step(candidate, at: moment) {
      case .decided(let admission): return admission
      case .undecided(let subject, let change, let isCrowded):
        guard !isCrowded, !patience.hasPassed, let table = candidate.table else {
          candidate.free()
          return .refused(Refusal(subject: subject, cause: .inFlight))
        }
        if !candidate.hasWaited { table.count(.waits) }
        candidate.hasWaited = true
        wait(for: table, toChangeFrom: change, until: patience)
      case .lost: continue
      }
    }
  }

  /// There is an answer to a prompt that was admitted. If it took so long that others were let on
  /// in its place, it is admitted anew, or refused.
  public func answer(
    _ reservation: Reservation, at now: Timestamp
  ) throws(StoreError) -> Admission {
    if reservation.claim.isOurs { return .admitted(reservation) }
    return try admit(reservation.entry.attempt, at: now)
  }

  /// One step towards an answer: claims a slot if there is none, and looks.
  private func step(
    _ candidate: Candidate, at now: Timestamp
  ) throws(StoreError) -> Step {
    var step = Step.lost
    do throws(StoreError) {
      try sheltered { (home, table) throws(StoreError) in
        step = try decide(candidate, table, home, at: now)
      }
    } catch {
      candidate.free()
      step = .decided(.refused(try refusal(of: candidate.attempt, despite: error, at: now)))
    }
    return step
  }

  private func decide(
    _ candidate: Candidate, _ table: InFlightTable, _ home: borrowing Home,
    at now: Timestamp
  ) throws(StoreError) -> Step {
    candidate.table = table
    let change = table.change
    guard candidate.counted.isEmpty || publish(candidate, table, at: now) else {
      // A slot gets free soon if it is failures that fill the table: they are on their way.
      return .undecided(candidate.counted[0], change: change, isCrowded: borrower != 0)
    }
    // Not before it is published: processes that make a new table don't look here any more.
    guard home.uses(table) else {
      candidate.free()
      self.table = nil
      return .lost
    }
    var line: BlockList? = self
    while let judge = line {
      let look = try judge.look(at: candidate, table, home, now)
      if let refusal = look.refusal {
        candidate.free()
        return .decided(.refused(refusal))
      }
      if let subject = look.undecided {
        return .undecided(subject, change: look.change, isCrowded: look.isCrowded)
      }
      line = judge.front
    }
    guard let claim = candidate.claim, let entry = candidate.entry else {
      return .decided(.admitted(nil))
    }
    guard claim.become(.admitted) else {
      table.count(.lost)
      candidate.claim = nil
      return .lost
    }
    return .decided(.admitted(Reservation(claim: claim, entry: entry)))
  }

  private func look(
    at candidate: Candidate, _ table: InFlightTable, _ home: borrowing Home, _ now: Timestamp
  ) throws(StoreError) -> Look {
    try look(
      at: candidate.attempt, asked(candidate.attempt), before: candidate.claim, table, home,
      now)
  }

  /// Sees to it that the attempt is published; false if there is no slot for it.
  private func publish(
    _ candidate: Candidate, _ table: InFlightTable, at now: Timestamp
  ) -> Bool {
    if let claim = candidate.claim, claim.isOurs { return true }
    for _ in 0..<100 {
      let entry = InFlight(
        slot: 0, id: Random.number, time: now,
        owner: InFlightTable.owner(borrower: borrower), state: .claimed,
        attempt: candidate.attempt, subjects: candidate.counted)
      guard let claim = claim(entry, table, at: now) else { return false }
      guard claim.publish() else {
        table.count(.lost)
        continue
      }
      (candidate.claim, candidate.entry) = (claim, entry)
      if isWithinBounds(table, at: now) { return true }
      candidate.free()
      return false
    }
    return false
  }

  /// Whether the real user of a borrowed program has no more attempts in flight than one may have.
  private func isWithinBounds(_ table: InFlightTable, at now: Timestamp) -> Bool {
    guard borrower != 0, table.count(of: borrower) > InFlightTable.mostOfOneUser else {
      return true
    }
    table.sweep(isAbandonedCounted: isAbandonedCounted, of: borrower, at: now)
    return table.count(of: borrower) <= InFlightTable.mostOfOneUser
  }

  /// Claims a slot, if need be one whose owner is dead or stopped.
  func claim(_ entry: InFlight, _ table: InFlightTable, at now: Timestamp) -> Claim? {
    if let claim = table.claim(entry) { return claim }
    table.sweep(isAbandonedCounted: isAbandonedCounted, at: now)
    checkpointIfFree(table, at: now)
    return table.claim(entry)
  }

  package var isAbandonedCounted: Bool { configuration.abandoned == .count }

  /// Waits until an attempt in flight was settled, or might have died: a tenth of a second at most.
  private func wait(
    for table: InFlightTable, toChangeFrom change: UInt64, until patience: Deadline
  ) {
    let nextLook = min(Deadline(milliseconds: 100), patience)
    var backOff = BackOff()
    while !nextLook.hasPassed, table.change == change { backOff.pause() }
  }

  /// Calls `body` with the directories and the table, safe from a hostile caller of su: what is
  /// made belongs to root, and its limits don't hold.
  package func sheltered(
    _ body: (borrowing Home, InFlightTable) throws(StoreError) -> Void
  ) throws(StoreError) {
    let shelter = Shelter()
    try withExtendedLifetime(shelter) { () throws(StoreError) in
      let home = try Home(configuration, notice: notice)
      let earlier = table ?? earlierTable(home)
      let known = if let earlier, earlier.isWhole { earlier } else { try home.table() }
      table = known
      try body(home, known)
    }
  }

  private func earlierTable(_ home: borrowing Home) -> InFlightTable? {
    guard let earlierTable, home.uses(earlierTable) else { return nil }
    return earlierTable
  }
}

/// What a step of an admission has told.
private enum Step {
  case decided(Admission)
  /// It depends on attempts in flight. The table's number tells whether it has changed since.
  case undecided(Subject, change: UInt64, isCrowded: Bool)
  /// The slot was taken away, or the table has been replaced: from the beginning.
  case lost
}

/// An attempt that asks whether it may be judged.
private final class Candidate {
  let attempt: Attempt
  let counted: [Subject]
  var table: InFlightTable?
  var claim: Claim?
  var entry: InFlight?
  var hasWaited = false

  init(_ attempt: Attempt, counted: [Subject]) {
    (self.attempt, self.counted) = (attempt, counted)
  }

  /// Lets go of the slot.
  func free() {
    claim?.free()
    claim = nil
  }
}

extension BlockList {
  /// Calls `body` with the store, locked within `lock_timeout`: for ablctl.
  package func locked(
    _ mode: FileLock.Mode, _ body: (borrowing Store) throws(StoreError) -> Void
  ) throws(StoreError) {
    let deadline = Deadline(milliseconds: Int64(configuration.lockTimeout))
    try Store.locked(
      configuration, mode, until: deadline, isBorrowed: borrower != 0, notice: notice, body)
  }

  /// Likewise if the lock is free at this moment; false if another process has it.
  func lockedIfFree(
    _ body: (borrowing Store) throws(StoreError) -> Void
  ) throws(StoreError) -> Bool {
    do throws(StoreError) {
      try Store.locked(
        configuration, .exclusive, until: Deadline(milliseconds: 0),
        isBorrowed: borrower != 0, notice: notice, body)
      return true
    } catch {
      guard error.isTimeout else { throw error }
      return false
    }
  }
}
