internal import BlockList
internal import NIOCore
internal import NIOHTTP1
internal import Platform
internal import Policy
internal import Upkeep

/// What becomes of a wish to have a password judged.
enum Reserved: Sendable {
  /// It may be, and its verdict is awaited under this number.
  case reserved(String)
  /// A rule blocks it, or as many attempts are in flight as may still fail.
  case refused(Refusal)
}

extension Desk {
  /// Reserves `attempt` for `user`, as a login does.
  ///
  /// - Parameter quiet: if it has to wait for others, for how many milliseconds while none of them is
  ///   settled; five times as long at most.
  func reserve(
    _ attempt: Attempt, for user: UInt32, quiet: Int
  ) async throws(Problem) -> Reserved {
    guard await book.begin(attempt, of: user) else { throw .full }
    do throws(Problem) {
      let turn = Turn(attempt, quiet: Int64(quiet))
      switch try await admit(turn) {
      case .held(let held):
        return .reserved(await book.add(held, of: user, at: Clock.milliseconds))
      case .refused(let refusal):
        await book.giveUp(attempt, of: user)
        return .refused(refusal)
      }
    } catch {
      await book.giveUp(attempt, of: user)
      throw error
    }
  }

  /// An attempt that may have to wait.
  private struct Turn {
    let attempt: Attempt
    let quiet: Int64
    let start = Clock.milliseconds
    var end: Int64 { start + min(5 * quiet, 10_000) }

    init(_ attempt: Attempt, quiet: Int64) { (self.attempt, self.quiet) = (attempt, quiet) }
  }

  private enum Step: Sendable {
    case held(HeldAttempt)
    case refused(Refusal)

    static func full(_ subject: Subject) -> Step {
      .refused(Refusal(subject: subject, cause: .inFlight))
    }

    /// The subject that has as many in flight as may still fail.
    var full: Subject? {
      guard case .refused(let refusal) = self, refusal.cause == .inFlight else { return nil }
      return refusal.subject
    }
  }

  /// Asks at once, unless others wait for a subject of it already; those that came first go first.
  private func admit(_ turn: Turn) async throws(Problem) -> Step {
    var step: Step
    if let subject = await room.occupied(by: turn.attempt) {
      step = .full(subject)
    } else {
      step = try await admitOrFull(turn.attempt)
    }
    while let subject = step.full {
      guard let place = await room.enter(subject) else { return step }
      let next = await admit(turn, at: place)
      await room.leave(place)
      guard let next else { return step }
      step = next
    }
    return step
  }

  /// Waits in a line, and asks when it is its turn: until it is let on or refused, or has to wait for
  /// another subject. Nil if its time is over.
  private func admit(_ turn: Turn, at place: WaitingRoom.Place) async -> Step? {
    while await room.wait(place, quiet: turn.quiet, from: turn.start, until: turn.end) {
      // Others are ahead: where the store doesn't answer it is full, not as if abld weren't there.
      guard let step = try? await admit(turn.attempt) else { return nil }
      guard step.full == place.subject else {
        if case .refused = step { await room.open(place.subject) }
        return step
      }
    }
    return nil
  }

  /// Where the store doesn't answer in time it is full, if as many of the same host or user ask or are
  /// being judged as may fail: a crowd must not get in because it is one.
  private func admitOrFull(_ attempt: Attempt) async throws(Problem) -> Step {
    do throws(Problem) { return try await admit(attempt) } catch {
      for subject in source.subjects(of: attempt) {
        let most = source.leastCount(for: subject)
        if await book.count(of: subject) > most { return .full(subject) }
      }
      throw error
    }
  }

  private func admit(_ attempt: Attempt) async throws(Problem) -> Step {
    try await use(looks, within: bounds.look) { blockList in
      switch try blockList.admit(attempt, at: Desk.now) {
      case .admitted(let reservation):
        return Step.held(HeldAttempt(attempt, blockList, reservation))
      case .refused(let refusal): return Step.refused(refusal)
      }
    } late: { outcome in
      // No client knows of it, so none would settle it.
      if case .success(.held(let held)) = outcome { try? held.settle(.succeeded, at: Desk.now) }
    }
  }
}

extension Problem {
  /// 403: where the way is full a proxy must not let a guess pass.
  static let full: Problem = {
    var problem = Problem(
      .forbidden, "Too many in flight", "this user has as many attempts in flight as it may",
      retryAfter: 1)
    problem.isInFlight = true
    return problem
  }()
}
