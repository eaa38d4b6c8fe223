internal import Platform
public import Policy
public import Text

/// What an administrator should know, and how much: it is syslog's `notice`, or its `err`.
public enum Urgency: Sendable {
  case notice, error
}

/// Is given what an administrator should know.
public typealias Notice = (Urgency, Text) -> Void

/// Which logins may be tried, and which have failed: the rules of a configuration over the store of
/// the machine.
///
/// A login looks without a lock, and waits for attempts at its own host and user only. It doesn't
/// log: what an administrator should know goes to `notice`.
public final class BlockList {
  public let configuration: Configuration
  /// The line of the stack in front of this one over the same store.
  public var front: BlockList?
  package let notice: Notice
  /// The real user of a program that borrows root's rights; else 0. Asked before anything is done
  /// as root.
  var borrower: UInt32
  /// As this login found it; whether it still is the one is asked where that matters.
  package var table: InFlightTable?
  /// One that this process mapped for an earlier login; it is used if it still is the one.
  package var earlierTable: InFlightTable?
  /// What this login has found in the store.
  var found: Found?
  /// Whether a purge brings failures into the store, and removes what has expired by itself.
  package var isPurging = false
  /// Whether blocks end by this configuration alone, whatever another one's rules may be: the
  /// administrator has asked for it.
  package var isUpdating = false
  /// Why subjects are judged anew, but for an attempt: an allow that ends lets a block begin.
  package var rejudgedBy = Event.Cause.configuration
  /// Kinds of subjects whose rule is not read as it was meant: without it, none of them has ceased
  /// to be blocked.
  package var lasting: [SubjectKind] = []
  /// So many milliseconds a login gives to the failures of others. The next one goes on.
  var longestCheckpoint: Int64 = 300
  /// Committed, and not told yet.
  package var changes: [Change] = []

  public init(
    _ configuration: Configuration, notice: @escaping Notice = { _, _ in }
  ) {
    (self.configuration, self.notice) = (configuration, notice)
    borrower = Account.isBorrowed ? Account.real : 0
  }

  /// Whether nothing with this number has been told since the boot, as far as is known.
  public func isNews(_ number: UInt64) -> Bool {
    let table = table ?? (try? Home(configuration, notice: { _, _ in }).table())
    return table?.isNews(number) ?? true
  }

  /// The subjects of `attempt` that are counted: those that this line of the stack and those in
  /// front are for, without those on an allow list.
  package func counted(_ attempt: Attempt) -> [Subject] {
    let actions = configuration.actions
    var counted = front?.counted(attempt) ?? []
    for subject in subjects(
      of: attempt, host: actions.counts(.logHost), user: actions.counts(.logUser))
    where configuration.isCounted(subject, by: attempt) && !counted.contains(subject) {
      counted.append(subject)
    }
    return counted
  }

  /// The subjects of `attempt` that this line asks about.
  func asked(_ attempt: Attempt) -> [Subject] { asked(attempt, by: configuration.actions) }

  func asked(_ attempt: Attempt, by actions: Actions) -> [Subject] {
    subjects(of: attempt, host: actions.counts(.checkHost), user: actions.counts(.checkUser))
  }

  private func subjects(of attempt: Attempt, host: Bool, user: Bool) -> [Subject] {
    configuration.subjects(of: attempt).filter { subject in
      (subject.kind.isOrigin ? host : user) && !configuration.isAllowed(subject, for: attempt)
    }
  }
}

/// The answer to "may this attempt go on?".
public indirect enum Admission {
  /// Yes, and it is written down as in flight until it is settled; nil if none of its subjects is
  /// counted.
  case admitted(Reservation?)
  /// No. It is not counted.
  case refused(Refusal)
}

/// An attempt that is written down as in flight.
public struct Reservation {
  let claim: Claim
  let entry: InFlight

  /// Whether it was made by this process, not by one that it was forked from.
  public var isOfThisProcess: Bool { entry.owner.process.isOurs }

  /// Whether more is asked for since the answer.
  public var isHalfway: Bool { claim.control.state == .halfway }
}

/// Why an attempt was refused. A class: it is handed on, and never changed.
public final class Refusal: Equatable, Sendable {
  public let subject: Subject
  public let cause: Cause

  public init(subject: Subject, cause: Cause) {
    (self.subject, self.cause) = (subject, cause)
  }

  public static func == (one: Refusal, other: Refusal) -> Bool {
    one.subject == other.subject && one.cause == other.cause
  }

  /// What stands against it.
  public enum Cause: Equatable, Sendable {
    /// A rule blocks the subject.
    case blocked(Block)
    /// The limit would be reached if the attempts in flight fail, and they have not been decided in
    /// time.
    case inFlight
    /// Other machines report the host, and no rule of this one blocks it.
    case advised(FleetReport)
  }

  /// "host 192.0.2.7 is blocked by *:10/1h"
  public var message: Text {
    let name: Text =
      if case .home(let user, let network) = subject {
        "user \(user.escaped.quoted) at \(network.place)"
      } else {
        "\(subject.kind.text) \(subject.text.quoted)"
      }
    return switch cause {
    case .blocked(let block): "\(name) is blocked by \(block.ruleText)"
    case .inFlight: "\(name) has as many attempts in flight as may still fail"
    case .advised(let report):
      "\(name) is blocked by advice of the fleet: \(report.text)"
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
