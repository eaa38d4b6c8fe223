public import BlockList
public import Policy
internal import Text

/// The lists of pam_abl 0.6.0, with its tabs.
///
/// Names stand as everywhere, escaped, and a blank in one as `\x20`: programs that read these
/// lists split them at blanks.
public struct OldListing {
  private let configuration: Configuration
  private let now: Timestamp
  private let isVerbose: Bool
  private let isRelative: Bool

  /// - Parameters:
  ///   - isVerbose: whether to list the attempts instead of the verdict.
  ///   - isRelative: whether of an attempt only its age is told.
  public init(
    _ configuration: Configuration, at now: Timestamp, isVerbose: Bool, isRelative: Bool
  ) {
    (self.configuration, self.now) = (configuration, now)
    (self.isVerbose, self.isRelative) = (isVerbose, isRelative)
  }

  /// What stands above each of the two lists.
  public static let (users, hosts) = ("Failed users:", "Failed hosts:")
  /// What stands in place of a list that is empty.
  public static let nothing = "   <none>"

  /// The lines of a subject.
  ///
  /// - Parameter clock: gives a time as C's `asctime` does.
  public func lines(
    of subject: Subject, _ record: SubjectRecord, clock: (Timestamp) -> String
  ) -> [String] {
    let head = "\t\(subject.text.description.unblanked) (\(record.times.count))"
    guard isVerbose else { return [head, "\t\t" + verdict(on: subject, record)] }
    return [head] + record.attempts.map { "\t\t" + line($0, clock) }
  }

  /// `Blocked based on rule [*], [!root/sshd]`: the names of each clause that blocks.
  private func verdict(on subject: Subject, _ record: SubjectRecord) -> String {
    let (times, series) = (record.times(at: now), record.series(at: now))
    guard !configuration.isAllowed(subject),
      let block = configuration.block(of: subject, using: nil, after: times, series, at: now)
    else { return "Not blocking" }
    var clauses = configuration.rule(for: subject).clauses.filter { clause in
      Rule([clause]).block(of: subject, using: nil, after: times, inFlight: 0, at: now) != nil
    }
    // One that lasts longer than its limit says.
    if clauses.isEmpty, let clause = block.clause { clauses = [clause] }
    return "Blocked based on rule " + clauses.map { "[\($0.names)]" }.joined(separator: ", ")
  }

  private func line(_ attempt: RecordedAttempt, _ clock: (Timestamp) -> String) -> String {
    guard !isRelative else { return Self.age(now.interval(since: attempt.time)) }
    let service = attempt.service.escaped.description.unblanked
    let other = attempt.counterpart?.text.description.unblanked ?? ""
    return [service, other, attempt.reason.oldWord, clock(attempt.time)].joined(separator: "\t\t")
  }

  /// `days/HH:MM:SS`
  public static func age(_ seconds: Int64) -> String {
    let seconds = max(seconds, 0)
    let clock = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60]
    let digits = clock.map { ($0 < 10 ? "0" : "") + String($0) }
    return "\(seconds / 86_400)/" + digits.joined(separator: ":")
  }
}

extension Clause {
  /// The clause without its limits.
  fileprivate var names: String {
    // Limits have no colon.
    let text = self.text.description
    return String(text[..<(text.lastIndex(of: ":") ?? text.endIndex)])
  }
}

extension String {
  fileprivate var unblanked: String {
    split(separator: " ", omittingEmptySubsequences: false).joined(separator: "\\x20")
  }
}

extension RecordedAttempt.Reason {
  /// As the old tool says it.
  public var oldWord: String {
    switch self {
    case .authentication: "AUTH"
    case .host: "HOST"
    case .user: "USER"
    case .both: "BOTH"
    }
  }
}
