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
    let patience = Deadline(milliseconds: Int64(configuration.pendingWait))
    while true {
      let passed = (Clock.milliseconds - start) / 1000
      var look = Look.decided(.admitted(nil))
      try locked(.exclusive) { (store) throws(StoreError) in
        look = try self.look(at: attempt, asked, counted, now.adding(passed), store)
      }
      switch look {
      case .decided(let admission): return admission
      case .undecided(let subject, let change):
        guard !patience.hasPassed else {
          return .refused(Refusal(subject: subject, cause: .inFlight))
        }
        waitForChange(since: change, until: patience)
      }
    }
  }

  /// Waits until an attempt in flight was settled, or might have died: a tenth of a second at most.
  private func waitForChange(since change: UInt64, until patience: Deadline) {
    let nextLook = min(Deadline(milliseconds: 100), patience)
    var backOff = BackOff(longest: 10_000)
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
}
