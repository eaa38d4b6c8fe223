public import BlockList
internal import Platform
public import Policy

extension BlockList {
  /// Counts a failure that was judged elsewhere, at once in the store: for ablctl.
  public func fileFailure(of attempt: Attempt, at now: Timestamp) throws(StoreError) {
    let attempt = configuration.counted(attempt)
    let subjects = counted(attempt)
    guard !subjects.isEmpty else { return }
    let entry = InFlight(
      slot: 0, id: Random.number, time: now, owner: .none, state: .failed, attempt: attempt,
      subjects: subjects, isUnknownUser: isUnknownUser(attempt))
    try locked(.exclusive) { (store) throws(StoreError) in
      try checkpoint(try store.home.table(), and: [entry], at: now, in: store)
    }
  }
}
