package import Policy

/// Blocks that grow: which one of its subject's a block is, as the records have it.
extension BlockList {
  /// Writes down in `record` what its attempts tell of its blocks.
  @inline(never)
  func settle(
    _ subject: Subject, in record: inout SubjectRecord, after times: [Guess], at now: Timestamp
  ) {
    let series = record.series(at: now)
    record.take(configuration.settled(series, of: subject, after: times, at: now), at: now)
  }

  /// Takes an attempt out. If the last block needed it, that was none.
  @inline(never)
  func remove(
    _ id: UInt64, from record: inout SubjectRecord, of subject: Subject, at now: Timestamp
  ) {
    let series = record.series(at: now)
    let stood = stands(series, record, subject, at: now)
    record.remove(id)
    if stood, !stands(series, record, subject, at: now) { record.series.takeBack() }
    settle(subject, in: &record, after: record.times(at: now), at: now)
  }

  private func stands(
    _ series: Series, _ record: SubjectRecord, _ subject: Subject, at now: Timestamp
  ) -> Bool {
    series.over == nil
      && configuration.stands(series, of: subject, after: record.times(at: now))
  }

  /// When the last block of a subject ends, or has ended.
  @inline(never)
  func end(of record: SubjectRecord, _ subject: Subject, at now: Timestamp) -> Timestamp {
    configuration.end(of: record.series(at: now), subject, after: record.times(at: now))
  }

  /// Whether it must be known which block the next one is.
  func isRemembered(_ record: SubjectRecord, _ subject: Subject, at now: Timestamp) -> Bool {
    guard record.series.count > 0 else { return false }
    return now <= end(of: record, subject, at: now).adding(Int64(configuration.purge(for: subject)))
  }

  /// From when on the attempts tell why the last block has begun, if it may last.
  @inline(never)
  func begin(neededIn record: SubjectRecord, of subject: Subject) -> Timestamp {
    guard record.series.count > 0, record.series.over == nil else { return .never }
    let window = max(configuration.rule(for: subject).longestWindow, 24 * 60 * 60)
    return record.series.begin.adding(-Int64(window))
  }
}

/// Likewise of what a login asks about.
extension BlockList {
  @inline(never)
  package func block(_ tally: Tally, _ service: Name?, at now: Timestamp) -> Block? {
    configuration.block(
      of: tally.subject, using: service, after: tally.times, tally.series, at: now)
  }

  @inline(never)
  func isBlocked(_ tally: Tally, at now: Timestamp) -> Bool {
    isBlocked(tally.subject, after: tally.times, tally.series, at: now)
  }

  /// Whether a block has begun that the store doesn't know to be the subject's next one.
  @inline(never)
  func begins(_ tally: Tally, at now: Timestamp) -> Bool {
    let settled = configuration.settled(
      tally.series, of: tally.subject, after: tally.times, at: now)
    return settled.begin != tally.series.begin
  }
}
