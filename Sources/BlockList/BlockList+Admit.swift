internal import Platform
public import Policy

extension BlockList {
  /// Asks whether `attempt` may go on, and if so writes it down as in flight.
  ///
  /// It is refused if a rule blocks its host or its user. If the limit is reached only should those
  /// in flight fail, it waits for them, without the lock, for at most `pending_wait`; then it is
  /// refused, uncounted.
  public func admit(_ attempt: Attempt, at now: Timestamp) throws(StoreError) -> Admission {
    let (asked, counted) = (asked(attempt), counted(attempt))
    guard !asked.isEmpty || !counted.isEmpty else { return .admitted(nil) }
    let start = Clock.milliseconds
    // Over the whole login: a late answer asks a second time.
    let patience = Deadline(milliseconds: Int64(configuration.pendingWait) - pendingWait)
    var look = Look.decided(.admitted(nil))
    while true {
      let passed = (Clock.milliseconds - start) / 1000
      do throws(StoreError) {
        try lockedForLogin { (store) throws(StoreError) in
          look = try self.look(at: attempt, asked, counted, now.adding(passed), store)
        }
      } catch {
        // A crowd that waits for each other keeps the lock busy. That is no trouble of the store,
        // for which somebody might be let on without being counted.
        guard case .undecided(let subject, _) = look, error.isTimeout else { throw error }
        return .refused(Refusal(subject: subject, cause: .inFlight))
      }
      switch look {
      case .decided(let admission): return admission
      case .undecided(let subject, let change):
        guard !patience.hasPassed else {
          return .refused(Refusal(subject: subject, cause: .inFlight))
        }
        let began = Clock.milliseconds
        waitForChange(since: change, until: patience)
        pendingWait += Clock.milliseconds - began
      }
    }
  }

  /// Waits until an attempt in flight was settled, or might have died: a tenth of a second at most.
  private func waitForChange(since change: UInt64, until patience: Deadline) {
    let nextLook = min(Deadline(milliseconds: 100), patience)
    var backOff = BackOff()
    while !nextLook.hasPassed, (try? InFlightTable.change(configuration)) == change {
      backOff.pause()
    }
  }

  /// Calls `body` with the store, locked within `lock_timeout`.
  func locked(
    _ mode: FileLock.Mode, _ body: (borrowing Store) throws(StoreError) -> Void
  ) throws(StoreError) {
    let deadline = Deadline(milliseconds: Int64(configuration.lockTimeout))
    try Store.locked(configuration, mode, until: deadline, notice: notice, body)
  }

  /// Likewise, for a login: it waits for `lock_timeout` in all, however often it needs the lock.
  func lockedForLogin(
    _ body: (borrowing Store) throws(StoreError) -> Void
  ) throws(StoreError) {
    let start = Clock.milliseconds
    let waited = lockWait
    let deadline = Deadline(milliseconds: Int64(configuration.lockTimeout) - waited)
    // Should it fail, all of the time has been waited for; else as much as it was.
    lockWait = Int64(configuration.lockTimeout)
    try Store.locked(configuration, .exclusive, until: deadline, notice: notice) {
      (store) throws(StoreError) in
      lockWait = waited + Clock.milliseconds - start
      try body(store)
    }
  }
}
