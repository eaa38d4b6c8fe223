public import Policy

/// A subject has become blocked, or has ceased to be.
public final class Change: Sendable {
  public let subject: Subject
  public let isBlocked: Bool
  /// The attempt that did it; without one, the subject is all that is known.
  public let attempt: Attempt?

  init(_ subject: Subject, isBlocked: Bool, by attempt: Attempt?) {
    (self.subject, self.isBlocked, self.attempt) = (subject, isBlocked, attempt)
  }

  /// How long a command may take.
  public static let seconds: UInt32 = 5

  /// What the administrator wants to be run then; nil if nothing.
  public func command(by configuration: Configuration) -> Command? {
    isBlocked ? configuration.blockCommand(for: subject) : configuration.clearCommand(for: subject)
  }

  /// `command`, filled in; nil if a name would be taken for an option.
  public func arguments(of command: Command) -> [[UInt8]]? {
    var (host, user) = (attempt?.host, attempt?.user)
    switch subject {
    case .host(let own): host = own
    case .user(let own): user = own
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

  /// Whether a rule blocks `subject`, for any service: who tries one service after the other must
  /// not be blocked and cleared in turns.
  func isBlocked(_ subject: Subject, after times: [Timestamp], at now: Timestamp) -> Bool {
    configuration.rule(for: subject)
      .isBlocking(subject, using: nil, after: times, inFlight: 0, at: now)
  }
}
