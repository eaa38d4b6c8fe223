internal import BlockList
internal import Platform
internal import Policy

/// What became of a verdict.
enum Settled: Equatable, Sendable {
  case done
  /// It was settled before, otherwise: the first verdict holds.
  case before(Verdict)
  /// There is no attempt of this number, or it has lapsed.
  case unknown
}

extension Desk {
  /// Tells the verdict on the attempt of this number.
  func settle(_ number: String, _ verdict: Verdict) async throws(Problem) -> Settled {
    switch await book.take(number, verdict) {
    case .unknown: return .unknown
    case .settled(let first): return first == verdict ? .done : .before(first)
    case .reserved(let held, let owner):
      try await settle(held, of: owner, verdict.outcome)
      return .done
    }
  }

  /// A right one is one word of memory; a wrong one counts for all at once, and is on the disk when
  /// this returns.
  ///
  /// It is never refused, however many wait: a verdict that is lost would leave its place in the table
  /// taken for a day. Until it is done the attempt counts for its owner, so that is the bound.
  private func settle(
    _ held: HeldAttempt, of owner: UInt32, _ outcome: Outcome
  ) async throws(Problem) {
    let workers = outcome == .failed ? writes(for: owner) : looks
    do throws(Problem) {
      try await use(workers, within: bounds.write, isOwed: true) { _ in
        try held.settle(outcome, at: Desk.now)
        held.runCommands()
      } late: { [self] _ in
        Task { await letGo(held, of: owner) }
      }
    } catch {
      // What is late goes on.
      if !error.isLate { await letGo(held, of: owner) }
      throw error
    }
    await letGo(held, of: owner)
  }

  private func letGo(_ held: HeldAttempt, of owner: UInt32) async {
    await book.giveUp(held.attempt, of: owner)
    await room.ring(held.attempt)
  }

  /// Counts a failure that nothing was reserved for, and that `user` reports.
  func count(_ attempt: Attempt, for user: UInt32) async throws(Problem) {
    try await use(writes(for: user), within: bounds.write) { blockList in
      try blockList.recordFailure(of: attempt, at: Desk.now)
    }
    await room.ring(attempt)
  }

  /// Lets go of what has lapsed: no program has judged it, as far as is known.
  func lapse(at milliseconds: Int64) async {
    for (held, owner) in await book.lapsed(at: milliseconds) {
      try? await settle(held, of: owner, .succeeded)
    }
  }
}
