public import BlockList
internal import LMDB
public import Policy

/// All that the store keeps of a subject, to be kept elsewhere and taken back.
public struct StoredSubject: Equatable, Sendable {
  public var subject: Subject
  /// Whether it was blocked when it was last written, so that a command has been run for it.
  public var isBlocked = false
  /// When it is looked at for having expired; nil leaves that to the store that takes it over.
  public var due: Timestamp?
  /// Whether it is among those that leave a full store last.
  public var isEvictedLast = false
  /// When attempts of it were first seen to lie in the future.
  public var aheadSince: Timestamp?
  /// Of a user at home: when the last login was right.
  public var lastLogin: Timestamp?
  /// Its blocks, where their lengths grow.
  public var series = Series()
  /// In the order in which they were written.
  public var attempts: [RecordedAttempt]

  public init(_ subject: Subject, attempts: [RecordedAttempt]) {
    (self.subject, self.attempts) = (subject, attempts)
  }

  init(_ subject: Subject, _ record: SubjectRecord) {
    self.init(subject, attempts: record.attempts)
    (isBlocked, isEvictedLast) = (record.isBlocked, record.isFiledAsBlocked)
    (due, aheadSince, lastLogin) = (record.due, record.aheadSince, record.lastLogin)
    series = record.series
  }

  /// - Parameter due: if nothing else is known.
  func record(due: Timestamp) -> SubjectRecord {
    var record = SubjectRecord(due: due)
    record.file(under: self.due ?? due, asBlocked: isEvictedLast)
    record.isBlocked = isBlocked
    record.note(aheadSince: aheadSince)
    record.lastLogin = lastLogin
    for attempt in attempts { record.append(attempt) }
    // As it was: not what an attempt that is added would make of it.
    record.series = series
    return record
  }
}
