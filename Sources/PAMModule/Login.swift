internal import BlockList
internal import CPAM
internal import Platform
internal import Policy
internal import Text

/// What is remembered of an attempt from its admission to its verdict.
///
/// Its configuration is the one it was admitted by, its subjects those it was admitted for: sudo
/// changes PAM_USER before it says how the attempt ended.
final class Login {
  private let blockList: BlockList
  private var reservation: Reservation?
  /// How its password was judged; nil until it was.
  private(set) var outcome: Outcome?

  init(_ blockList: BlockList, _ reservation: Reservation) {
    (self.blockList, self.reservation) = (blockList, reservation)
  }

  /// Settles the attempt, if that is still to be done, and for this process to do.
  func settle(_ outcome: Outcome, _ handle: Handle) {
    // The first to say it was libpam; setcred knows no better, and comes after failures too.
    let outcome = self.outcome ?? outcome
    self.outcome = outcome
    // The copy of this in a forked child has nothing to settle.
    guard let reservation, reservation.isOfThisProcess else { return }
    defer { handle.act(on: blockList) }
    do throws(StoreError) {
      try blockList.settle(reservation, outcome, at: Timestamp(seconds: Clock.now))
      self.reservation = nil
      guard blockList.configuration.isDebugging else { return }
      handle.log(.debug, "pam_abl: counted \(outcome == .failed ? "a failure" : "nothing")")
    } catch {
      handle.log(.error, "pam_abl: cannot settle an attempt: \(error.message)")
    }
  }

  /// Whether an answer to a prompt may be judged, or more be asked for after one; called in the
  /// middle of another module, whose name libpam puts in front of what we log.
  ///
  /// An answer that was waited for so long that the attempt may have lapsed asks again, as a
  /// newcomer.
  func mayGoOn(_ handle: Handle) -> Bool {
    let now = Timestamp(seconds: Clock.now)
    // Without a verdict, one that has none any more was refused: so is what another module asks.
    guard let reservation else { return outcome != nil }
    guard reservation.isOfThisProcess, !reservation.isHalfway else { return true }
    do throws(StoreError) {
      switch try blockList.answer(reservation, at: now) {
      case .admitted(let renewed):
        self.reservation = renewed
        return true
      case .refused(let refusal):
        self.reservation = nil
        handle.log(.notice, "pam_abl: refusing a late answer: \(refusal.message)")
        return false
      }
    } catch {
      return handle.decide(without: error, blockList.configuration) == PAM_IGNORE
    }
  }
}
