internal import BlockList
internal import CPAM
internal import Platform
internal import Policy
internal import Text

/// What is remembered of an attempt from the question whether it may begin to its verdict.
///
/// Its configuration is the one it began by, its subjects those it began for: sudo changes PAM_USER
/// before it says how the attempt ended.
final class Login {
  let attempt: Attempt
  let blockList: BlockList
  /// What a line in front over another store remembers; it has its say at the answer, too.
  private(set) var other: Login?
  var stage = Stage.open
  /// Whether abld is asked in place of the store, which is root's.
  var isAtSocket = false
  /// What abld has reserved.
  var ticket = abl_ticket()
  /// How it was judged; nil until it was.
  private(set) var verdict: Verdict?
  /// Failures on this handle by empty answers: no guesses, if it turns out right.
  private(set) var empty: [Reservation] = []
  /// What tells whether the password was wrong before; nil if that isn't asked, or can't be known.
  private var repeats: Repeats?
  private var isNoted = false

  /// - Parameters:
  ///   - last: what this handle has tried before.
  ///   - earlier: what the lines in front remember of this attempt.
  init(_ attempt: Attempt, _ blockList: BlockList, after last: Login?, behind earlier: Login?) {
    (self.attempt, self.blockList, other) = (attempt, blockList, earlier)
    if let known = last?.line(askingWith: blockList), known.attempt == attempt {
      empty = known.empty
    }
    guard let same = earlier?.line(askingWith: blockList) else { return }
    // Both are one question, which has no gap in which others could be let on.
    blockList.front = same.blockList
    (isAtSocket, ticket) = (same.isAtSocket, same.ticket)
    (repeats, isNoted) = (same.repeats, same.isNoted)
    if case .over = same.stage {} else { stage = same.stage }
    same.stage = .refused
    remove(same)
  }

  enum Stage {
    /// There is no answer yet, and nothing is reserved.
    case open
    /// Likewise, and when that was asked the store could not be used.
    case troubled
    case inFlight(Reservation)
    /// Likewise with abld, by the process of that number.
    case reserved(pid_t)
    /// It was answered, and the store could not be used.
    case unreserved
    /// No answer of it is judged.
    case refused
    /// None of its subjects is counted, or it was judged.
    case over
  }

  /// Whether it was let on, and turned out right.
  var isIn: Bool { if case .refused = stage { false } else { verdict == .right } }

  var hasEmpty: Bool { !empty.isEmpty || other?.hasEmpty == true }
}

/// Several lines of one stack.
extension Login {
  /// Whether the lines up to here do all that one by `blockList` would do.
  func covers(_ blockList: BlockList, _ attempt: Attempt) -> Bool {
    guard let known = line(askingWith: blockList) else { return false }
    return blockList.isCovered(by: known.blockList, for: attempt)
  }

  /// The one with which `blockList` is one question.
  private func line(askingWith blockList: BlockList) -> Login? {
    let isSame =
      isAtSocket
      ? self.blockList.configuration.socket == blockList.configuration.socket
      : self.blockList.shares(with: blockList)
    return isSame ? self : other?.line(askingWith: blockList)
  }

  private func remove(_ login: Login) {
    if other === login { other = login.other } else { other?.remove(login) }
  }

  /// Lets go of what is reserved: a line refuses, and nothing of this attempt is counted.
  func drop(_ handle: Handle) {
    other?.drop(handle)
    settle(.notAsked, handle)
    stage = .refused
  }
}

/// Up to the answer.
extension Login {
  /// Whether it may begin: if it is answered already, it is in flight then.
  func begin(_ handle: Handle) throws(StoreError) -> Refusal? {
    let now = Timestamp(seconds: Clock.now)
    defer { handle.act(on: blockList) }
    var old: Reservation?
    if case .inFlight(let reservation) = stage { old = reservation }
    // Where a prompt that is left is a failure, it has to be on record.
    guard handle.hasAnswer || old != nil || blockList.configuration.abandoned == .count else {
      return try blockList.refusal(of: attempt, at: now)
    }
    let wasHalfway = old?.isHalfway == true
    let refusal = take(
      try blockList.admit(attempt, replacing: old, at: now))
    if wasHalfway { _ = goesHalfway(handle) }
    if handle.hasAnswer, !isNoted { unsafe note(handle.token) }
    return refusal
  }

  /// The code to go on with although the store can't be used; the verdict counts nevertheless.
  func begin(_ handle: Handle, without error: StoreError) -> CInt {
    if case .inFlight(let reservation) = stage {
      _ = try? blockList.settle(reservation, .succeeded, at: Timestamp(seconds: Clock.now))
    }
    stage = handle.hasAnswer ? .unreserved : .troubled
    return handle.decide(without: error.message, blockList.configuration)
  }

  /// The code to go on with although libpam won't tell what becomes of it.
  func end(_ handle: Handle, without reason: Text) -> CInt {
    settle(.notAsked, handle)
    return handle.decide(
      without: "cannot learn whether an answer is right: \(reason)", blockList.configuration)
  }

  private func take(_ admission: Admission) -> Refusal? {
    switch admission {
    case .admitted(let reservation?): stage = .inFlight(reservation)
    case .admitted(nil): stage = .over
    case .refused(let refusal):
      stage = .refused
      return refusal
    }
    return nil
  }

  /// There is an answer, and no other module has it yet.
  ///
  /// This is called in the middle of another module: libpam puts its name in front of what we log.
  func answer(_ handle: Handle) -> abl_reply {
    var reply = other?.answer(handle) ?? abl_hand_on
    if reply == abl_hand_on { reply = answerAlone(handle) }
    if reply != abl_hand_on { drop(handle) }
    return reply
  }

  private func answerAlone(_ handle: Handle) -> abl_reply {
    if isAtSocket { return answerAtSocket(handle) }
    defer { handle.act(on: blockList) }
    do throws(StoreError) {
      guard let refusal = try admit() else { return abl_hand_on }
      handle.log(.notice, "refusing \(attempt.text): \(refusal.message)")
      return refusal.cause == .inFlight ? abl_hold_back : abl_hand_on_junk
    } catch { return answer(handle, without: error) }
  }

  private func admit() throws(StoreError) -> Refusal? {
    let now = Timestamp(seconds: Clock.now)
    switch stage {
    case .open, .troubled: return take(try blockList.admit(attempt, at: now))
    case .inFlight(let reservation) where reservation.isOfThisProcess:
      return take(try blockList.answer(reservation, at: now))
    case .inFlight, .reserved, .unreserved, .refused, .over: return nil
    }
  }

  private func answer(_ handle: Handle, without error: StoreError) -> abl_reply {
    switch stage {
    case .troubled: break
    default:
      var line: BlockList? = blockList
      while let asked = line {
        guard handle.decide(without: error.message, asked.configuration) == PAM_IGNORE else {
          return abl_hold_back
        }
        line = asked.front
      }
    }
    switch stage {
    case .inFlight: break
    default: stage = .unreserved
    }
    return abl_hand_on
  }

  /// An answer was handed on to the modules that judge; null is one that can't be known.
  func note(_ answer: UnsafePointer<CChar>?) {
    unsafe other?.note(answer)
    guard blockList.configuration.alike.contains(.password), case .inFlight = stage else { return }
    // From the first answer on, or not at all.
    if !isNoted { repeats = blockList.repeats(of: attempt) }
    isNoted = true
    guard let answer = unsafe answer else {
      unsafe repeats?.note(nil)
      return
    }
    let bytes = unsafe UnsafeRawBufferPointer(start: answer, count: strlen(answer))
    unsafe repeats?.note(bytes.bindMemory(to: UInt8.self))
  }

  /// Whether more may be asked for after an answer: that tells something of it, so the attempt is
  /// a failure from then on if it is left there.
  func mayAskMore(_ handle: Handle) -> Bool {
    other?.mayAskMore(handle) != false && goesHalfway(handle)
  }

  private func goesHalfway(_ handle: Handle) -> Bool {
    guard case .inFlight(let reservation) = stage, reservation.isOfThisProcess,
      !reservation.isHalfway
    else { return true }
    do throws(StoreError) {
      stage = .inFlight(
        try blockList.goHalfway(reservation, at: Timestamp(seconds: Clock.now)))
      return true
    } catch { return handle.decide(without: error.message, blockList.configuration) == PAM_IGNORE }
  }
}

/// From the verdict on.
extension Login {
  /// Settles the attempt, if that is still to be done, and for this process to do.
  func settle(_ verdict: Verdict, _ handle: Handle) {
    other?.settle(verdict, handle)
    // The first to say it was libpam; setcred knows no better, and comes after failures too.
    let verdict = self.verdict ?? verdict
    self.verdict = verdict
    defer { handle.act(on: blockList) }
    switch stage {
    // The copy of this in a forked child has nothing to settle.
    case .inFlight(let reservation) where reservation.isOfThisProcess:
      settle(reservation, verdict, handle)
    case .reserved(let process) where process == getpid(): settleAtSocket(verdict, handle)
    case .unreserved where verdict.outcome == .failed:
      isAtSocket ? settleAtSocket(verdict, handle) : recordFailure(verdict, handle)
    default: break
    }
    if verdict == .right { takeBack(handle) }
  }

  private func settle(_ reservation: Reservation, _ verdict: Verdict, _ handle: Handle) {
    defer { repeats?.forget() }
    var isFailure = false
    do throws(StoreError) {
      isFailure = try blockList.settle(
        reservation, verdict.outcome,
        isUnknownUser: verdict.isUnknownUser(isOfSSH: handle.isOfSSH),
        knowing: verdict == .wrong ? repeats : nil, at: Timestamp(seconds: Clock.now))
    } catch {
      return handle.log(.error, "cannot settle an attempt: \(error.message)")
    }
    stage = .over
    if verdict == .wrongAndEmpty { empty.append(reservation) }
    guard blockList.configuration.isDebugging else { return }
    let what: Text = isFailure ? "a failure" : "nothing"
    let isRepeat = verdict == .wrong && repeats != nil && !isFailure
    handle.log(.debug, "counted \(what)" + (isRepeat ? ": this password was wrong before" : ""))
  }

  /// The store could not be used at the answer; now, perhaps.
  private func recordFailure(_ verdict: Verdict, _ handle: Handle) {
    stage = .over
    do throws(StoreError) {
      try blockList.recordFailure(
        of: attempt, isUnknownUser: verdict.isUnknownUser(isOfSSH: handle.isOfSSH),
        at: Timestamp(seconds: Clock.now))
    } catch { handle.log(.error, "cannot count a failure: \(error.message)") }
  }

  /// The handle is in, as the same user from the same host: the empty answers before were not
  /// guesses, but sshd's way to ask whether a password is needed.
  func takeBack(_ handle: Handle) {
    other?.takeBack(handle)
    for reservation in empty where reservation.isOfThisProcess {
      do throws(StoreError) {
        try blockList.takeBack(reservation, at: Timestamp(seconds: Clock.now))
      } catch { handle.log(.error, "cannot take a failure back: \(error.message)") }
    }
    if !empty.isEmpty { handle.act(on: blockList) }
    empty = []
  }
}
