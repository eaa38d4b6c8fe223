internal import BlockList
internal import CPAM
internal import Platform
internal import Policy
internal import Text

/// A program that is not root can't open the store: it asks abld, at the same moments.
extension Login {
  /// Whether it may begin: nil if it may, else the code to go on with.
  func beginAtSocket(_ handle: Handle, without error: StoreError) -> CInt? {
    isAtSocket = true
    let word =
      handle.hasAnswer ? reserve() : blockList.asks(attempt) ? look() : abl_fine
    guard word != abl_fine else { return nil }
    return reply(word, handle, error.message) == abl_hand_on ? PAM_IGNORE : PAM_AUTH_ERR
  }

  /// There is an answer, and no other module has it yet.
  func answerAtSocket(_ handle: Handle) -> abl_reply {
    guard case .open = stage else { return abl_hand_on }
    return reply(reserve(), handle, blockList.complaint(abl_absent, attempt))
  }

  /// Tells the verdict.
  func settleAtSocket(_ verdict: Verdict, _ handle: Handle) {
    stage = .over
    let isFailure = verdict.outcome == .failed
    let word = ask(isFailure ? abl_fail : abl_succeed)
    if isFailure, word != abl_fine {
      let reason = blockList.complaint(word, attempt)
      handle.log(.error, "perhaps a failure is not counted: \(reason)")
    }
  }

  /// Before the answer. Only what refuses a guess writes it down, so that a guesser that goes on
  /// stays blocked.
  private func look() -> abl_word {
    let word = ask(abl_look)
    guard word == abl_refused, blockList.counts(attempt), ask(abl_reserve) == abl_fine else {
      return word
    }
    // The block has just ended.
    return ask(abl_succeed)
  }

  /// A line that only refuses reserves nothing, and one that only counts is never refused.
  private func reserve() -> abl_word {
    if case .reserved = stage { return abl_fine }
    stage = .unreserved
    guard blockList.asks(attempt) else { return abl_fine }
    let counts = blockList.counts(attempt)
    let word = ask(counts ? abl_reserve : abl_look, blockList.configuration.pendingWait)
    if word == abl_fine { stage = counts ? .reserved(getpid()) : .over }
    return word
  }

  private func ask(_ deed: abl_deed, _ patience: UInt32 = 0) -> abl_word {
    blockList.ask(deed, attempt, .checkBoth, patience, &ticket)
  }

  private func reply(_ word: abl_word, _ handle: Handle, _ error: Text) -> abl_reply {
    if word == abl_fine { return abl_hand_on }
    let isBlocked = word == abl_refused
    if isBlocked || word == abl_refused_in_flight {
      stage = .refused
      let reason: Text =
        isBlocked ? "it is blocked" : "as many attempts are in flight as may still fail"
      handle.log(.notice, "refusing \(attempt.text): abld says that \(reason)")
      return isBlocked ? abl_hand_on_junk : abl_hold_back
    }
    // Where nothing listens all is as if there were no socket.
    let reason = word == abl_absent ? error : blockList.complaint(word, attempt)
    _ = handle.decide(without: reason, blockList.configuration)
    return abl_hand_on
  }
}

extension BlockList {
  /// What abld says of an attempt at its socket.
  ///
  /// - Parameter actions: whether the user is told, and whether the host.
  func ask(
    _ deed: abl_deed, _ attempt: Attempt, _ actions: Actions, _ patience: UInt32,
    _ ticket: inout abl_ticket
  ) -> abl_word {
    var words = Text(configuration.socket.bytes)
    words += "\0"
    words += Text(attempt.service.bytes)
    words += "\0"
    if actions.contains(.checkUser), let user = attempt.user { words += Text(user.bytes) }
    words += "\0"
    // A name is no address: abld takes none.
    if actions.contains(.checkHost), case .address(let host)? = attempt.host { words += host.text }
    return unsafe words.withCString { words in
      unsafe abl_ask(deed, words, UInt32(attempt.port), patience, &ticket)
    }
  }

  /// Why that was no word.
  func complaint(_ word: abl_word, _ attempt: Attempt) -> Text {
    let what: Text
    switch word {
    case abl_no_right:
      return "abld doesn't let this program ask, but with 'report = "
        + "\(Int64(getuid())):\(attempt.service.escaped)' in abld.conf"
    case abl_absent: what = "can't be reached"
    case abl_foreign: what = "is not root's"
    case abl_slow: what = "doesn't answer in time"
    default: what = "has no answer"
    }
    return "\(configuration.socket.escaped.quoted) \(what)"
  }
}
