internal import BlockList
internal import Policy
internal import Upkeep

/// What there is to say of a login that is asked about.
struct Blocking: Sendable {
  let subject: Subject
  let block: Block
}

extension Desk {
  /// Whether a rule blocks `attempt` now; nothing is changed.
  ///
  /// - Parameter service: nil is any.
  func blocking(_ attempt: Attempt, _ service: Name?) async throws(Problem) -> Blocking? {
    try await use(looks, within: bounds.look) { blockList in
      let refusal = try blockList.standing(
        of: attempt, using: service, asking: .checkBoth, at: Desk.now)
      guard let refusal, case .blocked(let block) = refusal.cause else { return nil }
      return Blocking(subject: refusal.subject, block: block)
    }
  }
}

extension Attempt {
  /// Whether it is about a host or a user.
  var namesSomething: Bool { host != nil || user?.bytes.isEmpty == false }
}
