internal import Policy

/// A subject, and what counts against it.
///
/// A class, as an attempt in flight is, and for the same reason.
package final class Tally {
  let subject: Subject
  let hash: SubjectHash
  /// Of its attempts, also of failures that are still to be written to the store.
  var times: [Guess]
  /// Its blocks, as they were written, and what has come since.
  private(set) var series: Series
  /// The numbers of those that are not in the store, and of those that turned out to be none.
  private var known: [UInt64]
  /// Whether some of these are not in the store yet.
  var hasUnfiled = false
  /// Whether it was blocked when it was last written.
  let wasBlocked: Bool
  /// Whether attempts in the future have not been seen so yet.
  let isNewlyAhead: Bool
  /// Of a user at home: whether the user is known there.
  var isKnown = false
  /// What decides before anything is counted; nil if nothing does.
  package let decree: Decree?

  init(
    _ subject: Subject, _ hash: SubjectHash, _ record: SubjectRecord?, _ decree: Decree?,
    without ids: [UInt64], at now: Timestamp
  ) {
    (self.subject, self.hash, self.decree) = (subject, hash, decree)
    known = ids
    times = record?.times(at: now, without: ids) ?? []
    wasBlocked = record?.isBlocked ?? false
    series = record?.series(at: now) ?? Series()
    isNewlyAhead = record?.isNewlyAhead(at: now) ?? false
  }

  /// Whether a decree lets the attempt pass, whatever counts against the subject.
  var isFreed: Bool { decree?.kind == .allow }

  /// Whether it lets all pass that the subject is, not only one address of it.
  var isWhollyFreed: Bool { isFreed && (decree?.length ?? 0) <= Decree.longest(of: subject) }

  var refusalByDecree: Refusal? {
    guard let decree, decree.kind == .block else { return nil }
    return Refusal(subject: subject, cause: .blocked(decree.block))
  }

  /// Counts a failure that `record` doesn't know, once, unless it was taken back.
  func add(_ id: UInt64, _ guess: Guess, beside record: SubjectRecord?) {
    guard record?.contains(id) != true, !known.contains(id) else { return }
    known.append(id)
    times.append(guess)
    series.note(guess.time)
    hasUnfiled = true
  }

  /// Adds what counts for another subject that this one stands for now.
  func add(_ other: SubjectRecord, without ids: [UInt64], at now: Timestamp) {
    times += other.times(at: now, without: ids)
    let theirs = other.series(at: now)
    if theirs.count > 0, theirs.begin > series.begin { series = theirs }
  }
}

extension [Tally] {
  /// Those that decide about `attempt`, whatever a decree says: a user that is known where it comes
  /// from is judged by what has failed there, and else by all that has.
  func judging(_ attempt: Attempt) -> [Tally] {
    let isAtHome = contains { $0.isKnown } || attempt.isAtOwnAccount
    let kind: SubjectKind = isAtHome && contains { $0.subject.kind == .home } ? .user : .home
    return filter { $0.subject.kind != kind }
  }
}
