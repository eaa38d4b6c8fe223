internal import Platform
public import Policy
public import Text

/// Who may try, and who has failed: the rules of a configuration over the store of the machine.
///
/// Every question is one look under the lock, every change one transaction; nothing is kept open in
/// between. It doesn't log: what an administrator should know goes to `notice`.
public final class BlockList {
  public let configuration: Configuration
  let notice: (Text) -> Void
  /// Milliseconds that this login has waited: for the lock, and for others' verdicts.
  var (lockWait, pendingWait): (Int64, Int64) = (0, 0)
  /// Committed, and not told yet.
  var changes: [Change] = []

  public init(
    _ configuration: Configuration, notice: @escaping (Text) -> Void = { _ in }
  ) {
    (self.configuration, self.notice) = (configuration, notice)
  }

  /// The subjects of `attempt` that are counted: those this line of the stack is for, but not who
  /// is on an allow list.
  func counted(_ attempt: Attempt) -> [Subject] {
    let actions = configuration.actions
    return subjects(of: attempt, host: actions.counts(.logHost), user: actions.counts(.logUser))
  }

  /// The subjects of `attempt` that are asked about.
  func asked(_ attempt: Attempt) -> [Subject] {
    let actions = configuration.actions
    return subjects(of: attempt, host: actions.counts(.checkHost), user: actions.counts(.checkUser))
  }

  private func subjects(of attempt: Attempt, host: Bool, user: Bool) -> [Subject] {
    attempt.subjects.filter { subject in
      let isMeant = if case .host = subject { host } else { user }
      return isMeant && !configuration.isAllowed(subject)
    }
  }
}

/// The answer to "may this attempt go on?".
public indirect enum Admission: Sendable {
  /// Yes, and it is written down as in flight until it is settled; nil if it is nobody's whom we
  /// count.
  case admitted(Reservation?)
  /// No. It is not counted.
  case refused(Refusal)
}

/// An attempt that is written down as in flight.
public struct Reservation: Sendable {
  let entry: InFlight

  /// Whether it was made by this process, not by one that it was forked from.
  public var isOfThisProcess: Bool { entry.process.isOurs }

  /// Whether more is asked for since the password was typed.
  public var isHalfway: Bool { entry.state == .halfway }

  /// Whether it may lapse before it is settled, if it isn't renewed.
  public func isOld(at now: Timestamp) -> Bool {
    entry.isOverdue(at: now.adding(InFlight.patience / 2))
  }
}

/// Why an attempt was refused.
public struct Refusal: Equatable, Sendable {
  public let subject: Subject
  public let cause: Cause

  public init(subject: Subject, cause: Cause) {
    (self.subject, self.cause) = (subject, cause)
  }

  public enum Cause: Equatable, Sendable {
    /// A rule blocks the subject.
    case blocked(Block)
    /// The limit would be reached if the attempts in flight fail, and they have not been decided in
    /// time.
    case inFlight
  }

  /// "host 192.0.2.7 is blocked by *:10/1h"
  public var message: Text {
    let who: Text = "\(subject.kind) \(subject.text.quoted)"
    return switch cause {
    case .blocked(let block): "\(who) is blocked by \(block.ruleText)"
    case .inFlight: "\(who) has as many attempts in flight as may still fail"
    }
  }
}

/// How a password was judged.
public enum Outcome: Sendable {
  case succeeded, failed
  /// Not at all: the user was asked for it, and gave none.
  case abandoned
}

extension Actions {
  /// Whether a line with these words does `action`; one without any does everything.
  fileprivate func counts(_ action: Actions) -> Bool { isEmpty || contains(action) }
}
