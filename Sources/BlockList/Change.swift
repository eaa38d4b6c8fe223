public import Policy

/// A subject has become blocked, is blocked for longer, or has ceased to be blocked.
public final class Change: Sendable {
  public let subject: Subject
  public let kind: Event.Kind
  public let cause: Event.Cause
  /// Why it is blocked, and until when; nil if it isn't, or if that isn't known.
  public let block: Block?
  /// How many attempts on record count against it.
  public let failures: UInt32
  /// The attempt that did it; without one, the subject is all that is known.
  public let attempt: Attempt?

  @inline(never)
  package init(
    _ subject: Subject, _ kind: Event.Kind, _ cause: Event.Cause, _ block: Block? = nil,
    failures: Int = 0, by attempt: Attempt? = nil
  ) {
    (self.subject, self.kind, self.cause) = (subject, kind, cause)
    (self.block, self.attempt) = (block, attempt)
    self.failures = UInt32(truncatingIfNeeded: failures)
  }

  /// How long a command may take.
  public static let seconds: UInt32 = 5

  /// What the administrator wants to be run then; nil if nothing.
  public func command(by configuration: Configuration) -> Command? {
    switch kind {
    case .began: configuration.blockCommand(for: subject.kind)
    case .extended, .allowed, .disallowed: nil
    case .ended: configuration.clearCommand(for: subject.kind)
    }
  }

  /// `command`, filled in; nil if a name would be taken for an option.
  public func arguments(of command: Command) -> [[UInt8]]? {
    var (host, user) = (attempt?.host, attempt?.user)
    switch subject {
    case .host(let own): host = own
    case .network(let own): host = .network(own)
    case .user(let own), .home(let own, _): user = own
    case .caller: break
    }
    return command.arguments(for: host, user: user, service: attempt?.service)
  }
}

extension BlockList {
  /// What has changed since this was last asked; each change is told once.
  public func takeChanges() -> [Change] {
    defer { changes = [] }
    return changes
  }

  /// Why `subject` is blocked for any service, unless an allow list has it: one that tries a
  /// service after the other must not be blocked and cleared in turns.
  @inline(never)
  func block(
    of subject: Subject, after times: [Guess], _ series: Series, at now: Timestamp
  ) -> Block? {
    guard !configuration.isAllowed(subject) else { return nil }
    return configuration.block(of: subject, using: nil, after: times, series, at: now)
  }

  func isBlocked(
    _ subject: Subject, after times: [Guess], _ series: Series, at now: Timestamp
  ) -> Bool {
    block(of: subject, after: times, series, at: now) != nil
  }

  /// Likewise of what is on record.
  @inline(never)
  package func block(of subject: Subject, _ record: SubjectRecord, at now: Timestamp) -> Block? {
    block(of: subject, after: record.times(at: now), record.series(at: now), at: now)
  }
}
