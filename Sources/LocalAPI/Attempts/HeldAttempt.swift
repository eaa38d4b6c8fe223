internal import Administration
internal import BlockList
internal import Policy

/// An attempt that was reserved for a client, with the store that it stands in.
///
/// What it holds is one thread's at a time: `AttemptBook` gives it away once, to be settled.
final class HeldAttempt: @unchecked Sendable {
  let attempt: Attempt
  private let blockList: BlockList
  /// Nil if none of its subjects is counted.
  private let reservation: Reservation?

  init(_ attempt: Attempt, _ blockList: BlockList, _ reservation: Reservation?) {
    (self.attempt, self.blockList, self.reservation) = (attempt, blockList, reservation)
  }

  /// Says how it was judged; a failure is on the disk when this returns.
  func settle(_ outcome: Outcome, at now: Timestamp) throws(StoreError) {
    guard let reservation else { return }
    try blockList.settle(reservation, outcome, at: now)
  }

  /// What has become blocked by it, and not been told yet.
  func runCommands() { blockList.runCommands() }
}
