internal import BlockList
internal import Policy
internal import Upkeep

/// Why a subject is blocked, or is not.
struct Explanation {
  var subject: Subject { known.subject }
  let known: KnownSubject
  /// What the answer is about.
  let told: Subject
  /// What was asked about; nil is any.
  let service: Name?
  let now: Timestamp
  let standing: Standing
  /// The decree that decides, whatever is counted.
  let decree: Decree?
  /// What of the allow list names it.
  let allowing: [AllowList.Entry]
  let limits: [ExplainedLimit]
  let attemptCount: Int
  /// The last ones on record, the latest first.
  let last: [ShownAttempt]
  /// What it tried, or what tried it.
  let counterparts: Counterparts
  let inFlight: Int
  /// Of a user at home: whether it is known there.
  let isKnownHome: Bool
  /// Which of its blocks this one is, or the next one would be; nil if that isn't counted.
  let growth: BlockGrowth?
  private let kernel = KernelLayer()
  /// What the fleet says of it, if that refuses it.
  let advice: FleetAdvice?

  init(
    of known: KnownSubject, inFlight: Int, _ configuration: Configuration, _ decrees: DecreeBook,
    _ service: Name?, advice: FleetAdvice? = nil, at now: Timestamp
  ) {
    let (subject, record) = (known.subject, known.record)
    (self.known, self.service, self.now) = (known, service, now)
    (self.inFlight, self.advice) = (inFlight, advice)
    told = known.told(by: configuration, decrees, at: now)
    let times = known.times(at: now)
    standing = configuration.standing(
      of: subject, using: service, after: times, known.series(at: now), decrees,
      from: known.host, at: now)
    isKnownHome = configuration.isKnown(subject, record, at: now)
    growth = BlockGrowth(of: known, configuration, at: now)
    decree =
      configuration.isAllowed(known.passing) ? nil : decrees.decree(for: known.passing, at: now)
    let list = subject.isOrigin ? configuration.hostAllowList : configuration.userAllowList
    allowing = list.entries.filter { $0.contains(known.passing) }
    attemptCount = times.count
    let recorded = record?.attempts ?? []
    last = recorded.suffix(Self.mostShown).reversed().map { ShownAttempt($0, of: subject) }
    counterparts = Counterparts(recorded, of: subject)
    let attempts = zip(times, recorded).map { (guess: $0, attempt: $1) }
    limits = configuration.rule(for: subject).clauses
      .filter { $0.matches(subject, using: service) }
      .flatMap { clause in
        clause.limits.map { limit in
          ExplainedLimit(limit, of: clause, for: subject, service, attempts, at: now)
        }
      }
  }

  /// How many of the last attempts are told.
  private static let mostShown = 5
  /// What the kernel's firewall does to it; nil of a user, and where abld has never run.
  var kernelSentence: String? {
    subject.address.flatMap { kernel.sentence(on: $0, isBlocked: standing.block != nil) }
  }

  /// Whether the kernel keeps it away; nil if that isn't known.
  var isInKernel: Bool? {
    guard let address = subject.address else { return nil }
    return switch kernel.answer(address) {
    case .unknown: nil
    case .clear: false
    case .held: true
    }
  }

  /// Whether an allow list or a decree lets it pass: no limit blocks it.
  var isAllowed: Bool { !allowing.isEmpty || decree?.kind == .allow }

  var isKnown: Bool {
    attemptCount > 0 || inFlight > 0 || !allowing.isEmpty || decree != nil || advice != nil
  }
}

extension Configuration {
  /// Whether a user is known where it logs in from; at home on this machine each is.
  fileprivate func isKnown(
    _ subject: Subject, _ record: SubjectRecord?, at now: Timestamp
  ) -> Bool {
    guard case .home(_, let network) = subject else { return false }
    return network == .thisMachine || isKnown(record, at: now)
  }
}

/// A limit that is for a subject, and what counts for it.
struct ExplainedLimit {
  let limit: Limit
  /// `*:10/1h`
  let rule: String
  /// Whose attempts it counts; nil counts all.
  let users: Users?
  /// The attempts that count.
  let attempts: [ShownAttempt]
  /// Nil if it doesn't block; of a subject on an allow list, what it would do if it weren't there.
  let until: Timestamp?

  fileprivate init(
    _ limit: Limit, of clause: Clause, for subject: Subject, _ service: Name?,
    _ attempts: [(guess: Guess, attempt: RecordedAttempt)], at now: Timestamp
  ) {
    self.limit = limit
    var alone = clause
    alone.limits = [limit]
    rule = String(alone.text)
    users = clause.users
    let counted = attempts.filter {
      now.interval(since: $0.guess.time) <= Int64(limit.window)
        && clause.users?.include($0.guess.tried) ?? true
    }
    self.attempts = counted.map { ShownAttempt($0.attempt, of: subject) }
    until =
      Rule([alone]).block(
        of: subject, using: service, after: attempts.map { $0.guess }, inFlight: 0, at: now
      )?.until
  }
}
