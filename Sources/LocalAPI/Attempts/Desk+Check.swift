internal import BlockList
internal import Policy

/// What there is to say of a login that is asked about.
struct Blocking: Sendable {
  let subject: Subject
  let block: Block
}

extension Desk {
  /// Whether a rule blocks the host or the user now; nothing is changed.
  ///
  /// - Parameter service: nil is any.
  func blocking(
    _ subjects: [Subject], _ service: Name?
  ) async throws(Problem) -> Blocking? {
    try await use(looks, within: bounds.look) { blockList in
      for subject in subjects {
        if let block = try blockList.block(of: subject, using: service, at: Desk.now) {
          return Blocking(subject: subject, block: block)
        }
      }
      return nil
    }
  }
}
