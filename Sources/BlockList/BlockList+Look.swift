internal import LMDB
internal import Platform
internal import Policy
internal import Text

/// What one look at the store and the table told of an attempt.
enum Look {
  case decided(Admission)
  /// It depends on attempts in flight. The table's number tells whether it has changed since.
  case undecided(Subject, change: UInt64)
}

/// A subject, and what counts against it.
///
/// A class, as an attempt in flight is, and for the same reason.
final class Tally {
  let subject: Subject
  /// Of its attempts, also of failures that are still to be written to the store.
  var times: [Timestamp]
  /// Whether it was blocked when it was last written.
  let wasBlocked: Bool
  /// Whether attempts in the future have not been seen so yet.
  let isNewlyAhead: Bool

  init(_ subject: Subject, _ record: SubjectRecord?, at now: Timestamp) {
    self.subject = subject
    times = record?.times(at: now) ?? []
    wasBlocked = record?.isBlocked ?? false
    isNewlyAhead = record?.isNewlyAhead(at: now) ?? false
  }
}

extension BlockList {
  /// Judges `attempt` by what is known now, under the lock.
  func look(
    at attempt: Attempt, _ asked: [Subject], _ counted: [Subject], _ now: Timestamp,
    _ store: borrowing Store
  ) throws(StoreError) -> Look {
    var table = try InFlightTable.load(in: store)
    beside { () throws(StoreError) in
      try retire(&table, concerning: asked, at: now, store)
    }
    let tallies = try tallies(of: asked, at: now, table, store)
    beside { () throws(StoreError) in try noticeTime(tallies, now, store) }
    if let refusal = refusal(of: attempt, tallies, now, &table, store) {
      return .decided(.refused(refusal))
    }
    for tally in tallies where try isUndecided(tally, attempt.service, &table, now) {
      return .undecided(tally.subject, change: table.change)
    }
    guard !counted.isEmpty else { return .decided(.admitted(nil)) }
    return .decided(.admitted(try reserve(attempt, counted, &table, now)))
  }

  /// Writes what changes no verdict; should that fail, it is said, and the verdict stands: on a
  /// full disk, who is blocked stays so.
  private func beside(_ body: () throws(StoreError) -> Void) {
    do throws(StoreError) { try body() } catch {
      notice("deciding by what is known: \(error.message)")
    }
  }

  /// Writes the failures to the store that nobody else will: those of processes that died before
  /// they could.
  ///
  /// With `abandoned = count`, attempts that never got a verdict are failures too; those that were
  /// left at a second question always are.
  private func retire(
    _ table: inout InFlightTable, concerning subjects: [Subject], at now: Timestamp,
    _ store: borrowing Store
  ) throws(StoreError) {
    let all = table.all
    // Those of others, who may never come back, would pile up: each look lets go of two.
    let chosen = all.count > 16 ? Int(Random.number % UInt64(all.count)) : -2
    var orphans: [InFlight] = []
    for (index, entry) in all.enumerated() {
      if !entry.state.isOpen {
        let isForStore = entry.state == .journaled ? entry.isOld(at: now) : !entry.process.isAlive
        if isForStore { orphans.append(entry) }
        continue
      }
      let isFailure = isFailure(leaving: entry)
      if chosen...chosen + 1 ~= index || isFailure && entry.concerns(anyOf: subjects),
        try table.hasLapsed(entry, at: now)
      {
        if isFailure { orphans.append(entry) } else { try table.remove(entry.id) }
      }
    }
    // The others count as well where they are, and the next look is not kept waiting.
    try fold(Array(orphans.prefix(256)), &table, at: now, in: store)
  }

  /// Whether an attempt that lapses without a verdict is a failure.
  private func isFailure(leaving entry: InFlight) -> Bool {
    entry.state == .halfway || configuration.abandoned == .count
  }

  /// Notices blocks that have ended, if something is to be run then, and that the clock was set
  /// back; else time costs no write.
  private func noticeTime(
    _ tallies: [Tally], _ now: Timestamp, _ store: borrowing Store
  ) throws(StoreError) {
    for tally in tallies {
      let hasEnded =
        tally.wasBlocked && configuration.clearCommand(for: tally.subject) != nil
        && !isBlocked(tally.subject, after: tally.times, at: now)
      guard hasEnded || tally.isNewlyAhead else { continue }
      try endBlocks(of: [SubjectKey(tally.subject)], at: now, in: store)
    }
  }

  /// What counts against each of `subjects`.
  func tallies(
    of subjects: [Subject], at now: Timestamp, _ table: borrowing InFlightTable,
    _ store: borrowing Store
  ) throws(StoreError) -> [Tally] {
    let values = try store.values(for: subjects.map { SubjectKey($0).bytes })
    var tallies: [Tally] = []
    for (index, subject) in subjects.enumerated() {
      let record = try store.record(in: values[index])
      let tally = Tally(subject, record, at: now)
      for failure in table.all where !failure.state.isOpen && failure.concerns(subject) {
        let isFiled = record?.contains(failure.id) ?? false
        if !isFiled { tally.times.append(failure.time) }
      }
      tallies.append(tally)
    }
    return tallies
  }

  /// Why the attempt is refused by a rule, if it is; then it is also written down, but rarely.
  private func refusal(
    of attempt: Attempt, _ tallies: [Tally], _ now: Timestamp, _ table: inout InFlightTable,
    _ store: borrowing Store
  ) -> Refusal? {
    var refusal: Refusal?
    var (blocked, due): ([Subject], [Subject]) = ([], [])
    for tally in tallies {
      guard
        let block = configuration.rule(for: tally.subject).block(
          of: tally.subject, using: attempt.service, after: tally.times, inFlight: 0, at: now)
      else { continue }
      blocked.append(tally.subject)
      let newest = tally.times.max() ?? now
      if now.interval(since: newest) >= block.refusalInterval { due.append(tally.subject) }
      if refusal == nil { refusal = Refusal(subject: tally.subject, cause: .blocked(block)) }
    }
    guard !due.isEmpty else { return refusal }
    // What came first stands first.
    beside { () throws(StoreError) in
      try fold(table.oldestFailures, &table, at: now, in: store)
    }
    beside { () throws(StoreError) in
      try record(refused: attempt, for: due, because: blocked, at: now, in: store)
    }
    return refusal
  }

  /// Whether the limit would be reached if all those in flight failed.
  private func isUndecided(
    _ tally: Tally, _ service: Name, _ table: inout InFlightTable, _ now: Timestamp
  ) throws(StoreError) -> Bool {
    let rule = configuration.rule(for: tally.subject)
    func isBlocked(_ inFlight: Int) -> Bool {
      rule.isBlocking(
        tally.subject, using: service, after: tally.times, inFlight: inFlight, at: now)
    }
    var open = 0
    for entry in table.all where entry.isOpen(of: tally.subject) { open += 1 }
    guard isBlocked(open) else { return false }
    // Only now is it worth asking the kernel which of them still live.
    for entry in table.all where entry.isOpen(of: tally.subject) {
      guard !isFailure(leaving: entry), try table.hasLapsed(entry, at: now) else { continue }
      try table.remove(entry.id)
      open -= 1
    }
    return isBlocked(open)
  }

  private func reserve(
    _ attempt: Attempt, _ subjects: [Subject], _ table: inout InFlightTable, _ now: Timestamp
  ) throws(StoreError) -> Reservation {
    let entry = InFlight(
      slot: table.freeSlot, id: Random.number, time: now, process: .current, state: .judging,
      attempt: attempt, subjects: subjects)
    try table.add(entry)
    return Reservation(entry: entry)
  }
}
