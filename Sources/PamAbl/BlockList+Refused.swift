public import BlockList
internal import Platform
public import Policy
internal import Upkeep

extension BlockList {
  /// Counts an attempt that another program has refused, for its host and its user, unless they are
  /// on an allow list.
  public func add(
    _ attempt: Attempt, refusedBecauseOf reason: RecordedAttempt.Reason, at now: Timestamp
  ) throws(StoreError) {
    let (attempt, id) = (configuration.counted(attempt), Random.number)
    let subjects = configuration.subjects(of: attempt).filter {
      $0.kind != .home && !configuration.isAllowed($0, for: attempt)
    }
    let histories = subjects.map { subject in
      let counterpart =
        subject.kind.isOrigin
        ? attempt.user.map { .user($0) } : attempt.host.map { Subject.host($0) }
      let refused = RecordedAttempt(
        id: id, time: now, state: .refused, reason: reason, service: attempt.service,
        counterpart: counterpart)
      return ImportedHistory(subject, wasBlocked: false, [refused])
    }
    _ = try add(histories, at: now)
  }
}
