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
    case .reserved(let held):
      try await settle(held, verdict.outcome)
      return .done
    }
  }

  /// A right one is one word of memory; a wrong one counts for all at once, and is on the disk when
  /// this returns.
  private func settle(_ held: HeldAttempt, _ outcome: Outcome) async throws(Problem) {
    let workers = outcome == .failed ? writes : looks
    do throws(Problem) {
      try await use(workers, within: bounds.write) { _ in
        try held.settle(outcome, at: Desk.now)
        held.runCommands()
      }
    } catch {
      await room.ring(held.attempt)
      throw error
    }
    await room.ring(held.attempt)
  }

  /// Counts a failure that nothing was reserved for.
  func count(_ attempt: Attempt) async throws(Problem) {
    try await use(writes, within: bounds.write) { blockList in
      try blockList.recordFailure(of: attempt, at: Desk.now)
    }
    await room.ring(attempt)
  }

  /// Lets go of what has lapsed: no program has judged it, as far as is known.
  func lapse(at milliseconds: Int64) async {
    for held in await book.lapsed(at: milliseconds) {
      try? await settle(held, .succeeded)
    }
  }
}
