internal import BlockList
internal import Policy
internal import Upkeep

/// All attempts of a subject: those on record, then those in flight.
struct History {
  let subject: Subject
  let attempts: [ShownAttempt]
  private let record: SubjectRecord?

  init(_ subject: Subject, _ record: SubjectRecord?, _ pending: [PendingAttempt]) {
    self.subject = subject
    self.record = record
    let recorded = record?.attempts ?? []
    let inFlight = pending.filter { $0.subjects.contains(subject) }
    attempts =
      recorded.map { ShownAttempt($0, of: subject) } + inFlight.map { ShownAttempt($0) }
  }

  func writeObjects(to output: inout Output) throws {
    for attempt in attempts { try output.add(bytes: attempt.object.line()) }
  }

  /// A line on how things stand, and below it each attempt.
  func writeTable(
    _ configuration: Configuration, _ decrees: DecreeBook, at now: Timestamp,
    to output: inout Output
  ) throws {
    var local = LocalTime()
    let times = record?.times(at: now) ?? []
    let standing = configuration.standing(
      of: subject, using: nil, after: times, record?.series(at: now) ?? Series(), decrees, at: now)
    try output.tell("\(subject.shown): \(standing.sentence(&local, at: now))")
    // Of what is only decreed there is no attempt.
    guard !attempts.isEmpty else { return }
    let columns = [Column(19), Column(12), Column(30), Column(0)]
    let other = subject.kind.hasUsers ? "USER" : "HOST"
    let rows = attempts.map { attempt in
      [local.shown(attempt.time, output.width)] + attempt.cells(besides: subject)
    }
    let all = [["TIME", "SERVICE", other, "STATE"]] + rows
    for line in Column.lines(all, columns, width: output.width) { try output.add(line) }
  }
}

extension SubjectKind {
  /// Whether the other side of its attempts are the users that were tried; else the hosts.
  var hasUsers: Bool { isOrigin || self == .caller }
}

/// An attempt in words, its names escaped.
struct ShownAttempt {
  let time: Timestamp
  let service: String
  let user: String?
  let host: String?
  /// `failed`, `refused`, `inFlight`.
  let state: String
  /// `authentication`, `host`, `user`, `both`; nil if in flight.
  let reason: String?
  /// Whether there was no such user, as far as a rule asked.
  let isUnknownUser: Bool

  /// One on the record of `subject`.
  init(_ recorded: RecordedAttempt, of subject: Subject) {
    let sides = [subject] + (recorded.counterpart.map { [$0] } ?? [])
    (time, service) = (recorded.time, recorded.service.shown)
    user = sides.compactMap { $0.user }.first?.shown
    host = sides.compactMap { $0.host }.first?.shown
    (state, reason) = (recorded.state.word, recorded.reason.word)
    isUnknownUser = recorded.isUnknownUser
  }

  init(_ pending: PendingAttempt) {
    (time, service) = (pending.time, pending.attempt.service.shown)
    user = pending.attempt.user?.shown
    host = pending.attempt.host?.shown
    (state, reason, isUnknownUser) = ("inFlight", nil, false)
  }

  var object: JSONObject {
    var object = JSONObject()
    object.set("time", time)
    object.set("service", service)
    object.set("user", user)
    object.set("host", host)
    object.set("state", state)
    object.set("reason", reason)
    if isUnknownUser { object.set("unknownUser", true) }
    return object
  }

  /// Of a table: the service, the user that `subject` tried or the host that tried it, and what came
  /// of it.
  func cells(besides subject: Subject) -> [String] {
    let other = subject.kind.hasUsers ? user : host
    return [service.cell, other?.cell ?? "-", sentence]
  }

  /// `failed`, `failed: no such user`, `refused: the host was blocked`, `in flight`.
  var sentence: String {
    switch reason {
    case nil: "in flight"
    case "host"?, "user"?: "refused: the \(reason ?? "") was blocked"
    case "both"?: "refused: both were blocked"
    default: state + (isUnknownUser ? ": no such user" : "")
    }
  }
}
