internal import BlockList
internal import Policy

/// Why a subject is blocked, or is not.
struct Explanation {
  let subject: Subject
  let now: Timestamp
  let standing: Standing
  /// What of the allow list names it.
  let allowing: [AllowList.Entry]
  let limits: [ExplainedLimit]
  let attemptCount: Int
  let inFlight: Int

  init(
    of subject: Subject, _ record: SubjectRecord?, inFlight: Int, _ configuration: Configuration,
    _ service: Name?, at now: Timestamp
  ) {
    (self.subject, self.now, self.inFlight) = (subject, now, inFlight)
    let times = record?.times(at: now) ?? []
    standing = configuration.standing(of: subject, using: service, after: times, at: now)
    let list = subject.isHost ? configuration.hostAllowList : configuration.userAllowList
    allowing = list.entries.filter { $0.contains(subject) }
    attemptCount = times.count
    let attempts = zip(times, record?.attempts ?? []).map { (time: $0, attempt: $1) }
    limits = configuration.rule(for: subject).clauses
      .filter { $0.matches(subject, using: service) }
      .flatMap { clause in
        clause.limits.map { limit in
          ExplainedLimit(limit, of: clause, for: subject, service, attempts, at: now)
        }
      }
  }

  var isKnown: Bool { attemptCount > 0 || inFlight > 0 || !allowing.isEmpty }
}

/// A limit that is for a subject, and what counts for it.
struct ExplainedLimit {
  let limit: Limit
  /// `*:10/1h`
  let rule: String
  /// The attempts that count.
  let attempts: [ShownAttempt]
  /// Nil if it doesn't block.
  let until: Timestamp?

  fileprivate init(
    _ limit: Limit, of clause: Clause, for subject: Subject, _ service: Name?,
    _ attempts: [(time: Timestamp, attempt: RecordedAttempt)], at now: Timestamp
  ) {
    self.limit = limit
    var alone = clause
    alone.limits = [limit]
    rule = String(alone.text)
    let counted = attempts.filter { now.interval(since: $0.time) <= Int64(limit.window) }
    self.attempts = counted.map { ShownAttempt($0.attempt, of: subject) }
    until =
      Rule([alone]).block(
        of: subject, using: service, after: attempts.map { $0.time }, inFlight: 0, at: now
      )?.until
  }
}
