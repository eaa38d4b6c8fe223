internal import Platform
package import Policy

/// What this process may do with the slots of others: a process that is stopped, frozen or killed
/// at any instruction costs no more than its own slot.
extension InFlightTable {
  /// Tenths of a second for which a borrowed process must have been seen stopped with an answer
  /// that is being judged.
  private static let patienceWhenStopped: UInt64 = 30

  /// Lets go of an attempt without a verdict that will never get one, or makes a failure of it;
  /// says whether something has changed: by this process, or by another one since the view.
  ///
  /// - Parameter isAbandonedCounted: whether an attempt that lapses is a failure.
  func settle(_ view: SlotView, isAbandonedCounted: Bool, at now: Timestamp) -> Bool {
    if view.state.isWaiting { return free(waiting: view, at: now) }
    guard view.state.isJudged else { return false }
    let isFailure =
      view.state == .halfway || view.owner.isBorrowed || isAbandonedCounted
    switch condition(of: view, at: now) {
    case .running:
      // Were it stopped again, that would be another time.
      if view.owner.isBorrowed { setStopped(0, from: stopped(view.slot), view.slot) }
      return false
    case .stopped:
      guard view.owner.isBorrowed, hasLongBeenStopped(view) else { return false }
      _ = become(.failed, view)
    case .lost: _ = become(.failed, view)
    case .overdue, .gone: _ = become(isFailure ? .failed : .free, view)
    }
    return true
  }

  private func free(waiting view: SlotView, at now: Timestamp) -> Bool {
    if case .running = condition(of: view, at: now) { return false }
    _ = become(.free, view)
    return true
  }

  /// Makes another state of it, if it is still what was seen.
  package func become(_ state: InFlight.State, _ view: SlotView) -> Bool {
    guard replace(view.control, by: view.control.becoming(state), view.slot) else { return false }
    if state == .failed { isCheckpointWanted = true }
    noteChange()
    return true
  }

  /// What has become of the owner of an attempt that has no verdict.
  package enum Condition {
    case running, stopped, gone
    /// It lives, and has never told a verdict.
    case overdue
    /// It can't be seen from here, and has had its time.
    case lost
  }

  package func condition(of view: SlotView, at now: Timestamp) -> Condition {
    let age = now.interval(since: view.time).magnitude
    guard view.owner.isOf(ProcessNamespace.current) else {
      return age >= InFlight.patience.magnitude ? .lost : .running
    }
    switch view.owner.process.condition {
    case .gone: return .gone
    case .stopped: return .stopped
    case .running: return age >= InFlight.patienceWhenAlive.magnitude ? .overdue : .running
    }
  }

  /// Whether its process has been seen stopped for three seconds; notes since when it is.
  private func hasLongBeenStopped(_ view: SlotView) -> Bool {
    hasLongBeen(view.control, view.slot, tenths: Self.patienceWhenStopped)
  }

  /// Whether what this asks about has been so for so many tenths of a second, as far as any process
  /// has looked. The note is a hint, and holds for one attempt: it carries the lower half of its
  /// number.
  private func hasLongBeen(_ control: SlotControl, _ slot: Int, tenths: UInt64) -> Bool {
    let now = UInt64(Clock.milliseconds.magnitude) / 100 & 0xFFFF_FFFF
    let (tag, known) = (control.number << 32, stopped(slot))
    guard known & ~0xFFFF_FFFF == tag else {
      setStopped(tag | now, from: known, slot)
      return false
    }
    return now &- (known & 0xFFFF_FFFF) >= tenths
  }

  /// Looks at all attempts without a verdict, as at those of `borrower` only if that is given.
  package func sweep(isAbandonedCounted: Bool, of borrower: UInt32? = nil, at now: Timestamp) {
    for slot in 0..<high {
      let control = control(slot)
      if control.state == .claimed { free(claimed: control, slot) }
      guard let view = view(slot), borrower == nil || view.owner.borrower == borrower else {
        continue
      }
      _ = settle(view, isAbandonedCounted: isAbandonedCounted, at: now)
    }
  }

  /// Frees a slot whose owner died while it wrote it; never that of one that is only stopped, which
  /// would go on to write.
  ///
  /// Its namespace may not stand there yet, and its number mean nothing here: hence the time.
  private func free(claimed control: SlotControl, _ slot: Int) {
    let process = ProcessIdentity(id: control.process, seen: .max)
    let tenths = InFlight.patience.magnitude * 10
    guard process.condition == .gone, hasLongBeen(control, slot, tenths: tenths) else { return }
    _ = replace(control, by: control.becoming(.free), slot)
  }
}
