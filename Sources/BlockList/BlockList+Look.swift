internal import LMDB
internal import Platform
public import Policy
internal import Text

/// What one look at the table and the store told of an attempt.
struct Look {
  /// Why a rule refuses it.
  var refusal: Refusal?
  /// The subject whose limit would be reached should those in flight fail.
  var undecided: Subject?
  /// Whether enough others wait for that one already.
  var isCrowded = false
  /// Of the table, before it was read.
  let change: UInt64
}

extension BlockList {
  /// Judges `attempt` by what is known now: the table first, and then the store, for a failure goes
  /// the same way and leaves the table only once it is in the store.
  ///
  /// - Parameter own: its slot; nil if it has none.
  func look(
    at attempt: Attempt, _ asked: [Subject], before own: Claim?, _ table: InFlightTable,
    _ home: borrowing Home, _ now: Timestamp
  ) throws(StoreError) -> Look {
    var look = Look(change: table.change)
    let hashes = asked.map { table.hash($0) }
    while true {
      let views = table.views(concerning: hashes).filter { $0.slot != own?.slot }
      let waiting = try waiting(beside: table, home)
      let all = try tallies(of: asked, by: attempt, views, waiting, table, home, at: now)
      let judging = all.judging(attempt)
      noticeTime(judging, views, table, now)
      look.refusal = refusal(byDecreeIn: all, home, now)
      let tallies = judging.filter { !$0.isFreed }
      look.refusal = look.refusal ?? refusal(of: attempt, tallies, table, home, now)
      look.refusal = look.refusal ?? refusal(byFleetOf: attempt, all, home, now)
      guard look.refusal == nil else { return look }
      let pending = views.filter { $0.isAhead(of: own) }
      guard let tally = tallies.first(where: { isUndecided($0, attempt, pending, now) })
      else {
        if own != nil { noteHits(ofAllowsIn: all, home, now) }
        return look
      }
      // Only now is it worth asking the kernel which of them still live.
      if settle(pending.filter { $0.concerns(tally.hash) }, table, now) { continue }
      var queue = 0
      for view in pending where view.state.isWaiting && view.concerns(tally.hash) { queue += 1 }
      look.undecided = tally.subject
      look.isCrowded = queue >= mostWaiting(for: tally.subject)
      return look
    }
  }

  private func noteHits(
    ofAllowsIn tallies: [Tally], _ home: borrowing Home, _ now: Timestamp
  ) {
    // A host and its networks have the same one.
    var last: Decree?
    for tally in tallies where tally.isFreed && tally.decree != last {
      last = tally.decree
      if let last { home.note(hitOf: last, at: now) }
    }
  }

  /// Lets go of those that will get no verdict; says whether there were any.
  private func settle(_ views: [SlotView], _ table: InFlightTable, _ now: Timestamp) -> Bool {
    var hasChanged = false
    for view in views
    where table.settle(view, isAbandonedCounted: isAbandonedCounted, at: now) {
      hasChanged = true
    }
    return hasChanged
  }

  /// How many attempts at one subject may wait for others: twice its limit, so that the workers of
  /// a program that has a few of them aren't all held; but a crowd of 64 behind one address is let
  /// in whatever the limit is.
  private func mostWaiting(for subject: Subject) -> Int {
    max(2 * Int(configuration.rule(for: subject).leastCount), 64)
  }

  /// Notices blocks that have ended, or that a tightened rule has begun, that the clock was set
  /// back, and that failures have waited for a day; else a look costs no write.
  private func noticeTime(
    _ tallies: [Tally], _ views: [SlotView], _ table: InFlightTable, _ now: Timestamp
  ) {
    var keys: [SubjectKey] = []
    for tally in tallies {
      if hasChanged(tally, at: now) || tally.isNewlyAhead { keys.append(SubjectKey(tally.subject)) }
    }
    let hasOld = views.contains { $0.state.isFailure && InFlight.isOld($0.time, at: now) }
    if hasOld || !keys.isEmpty { checkpointIfFree(table, notingBlocksOf: keys, at: now) }
  }

  /// Whether the store doesn't know yet that a block has begun or ended.
  private func hasChanged(_ tally: Tally, at now: Timestamp) -> Bool {
    let isBlocked = !tally.isWhollyFreed && self.isBlocked(tally, at: now)
    // What isn't written yet brings its block along.
    if isBlocked, tally.hasUnfiled { return false }
    guard isBlocked != tally.wasBlocked else { return isBlocked && begins(tally, at: now) }
    return isBlocked || tally.isWhollyFreed
      || mayEndBlock(of: tally.subject, after: tally.times, tally.series, at: now)
  }

  /// Does what changes no verdict; should that fail, it is said, and the verdict stands: on a full
  /// disk, a blocked subject stays blocked.
  func beside(_ body: () throws(StoreError) -> Void) {
    do throws(StoreError) { try body() } catch {
      notice(.error, "deciding by what is known: \(error.message)")
    }
  }

  /// What counts against each of `subjects`: the table first, and then the store. An attempt whose
  /// slot was taken over may stand in two, and counts once.
  ///
  /// - Parameters:
  ///   - attempt: what asks, by whose host a decree goes; nil if it is about the subjects alone.
  ///   - views: what the table has; nothing where it can't be had.
  ///   - waiting: what else waits for the store.
  package func tallies(
    of subjects: [Subject], by attempt: Attempt? = nil, _ views: [SlotView],
    _ waiting: [InFlight], _ table: InFlightTable?, _ home: borrowing Home, at now: Timestamp
  ) throws(StoreError) -> [Tally] {
    let singles = subjects.isEmpty ? nil : old(of: attempt)
    let records = try records(of: subjects + (singles.map { [$0] } ?? []), attempt, home)
    var retracted: [UInt64] = []
    for view in views where view.state == .retracted { retracted.append(view.id) }
    var tallies: [Tally] = []
    for (index, subject) in subjects.enumerated() {
      let (record, hash) = (records[index].record, table?.hash(subject) ?? 0)
      let decrees = records[index].decrees
      let decree = decrees.first { !$0.isOver(at: now) }
      let tally = Tally(subject, hash, record, decree, without: retracted, at: now)
      if singles != nil, case .host(.network) = subject, let single = records.last?.record {
        tally.add(single, without: retracted, at: now)
      }
      tally.isKnown = configuration.isKnown(record, at: now)
      for view in views where view.concerns(hash) {
        if view.state == .succeeded { tally.isKnown = true }
        guard view.state.isFailure, !decrees.haveFreed(subject, at: view.time) else { continue }
        tally.add(view.id, view.guess, beside: record)
      }
      for failure in waiting where failure.concerns(subject) {
        guard !decrees.haveFreed(subject, at: failure.time) else { continue }
        tally.add(failure.id, Guess(failure.time, failure.tried), beside: record)
      }
      tallies.append(tally)
    }
    return tallies
  }

  /// The host of `attempt` by its single address, where its prefix is counted instead: what was
  /// counted before counts for that.
  private func old(of attempt: Attempt?) -> Subject? {
    guard let host = attempt?.host, isSuperseded(host) else { return nil }
    return .host(host)
  }

  /// What waits for the store elsewhere than in `table`, and must be read before the store.
  package func waiting(
    beside table: InFlightTable, _ home: borrowing Home
  ) throws(StoreError) -> [InFlight] {
    try home.lateFailures() + (table.hasPredecessor ? home.oldFailures : [])
  }

  /// Why a rule refuses `attempt`, by what can be known without the table; nil if none does.
  func refusal(
    withoutTable attempt: Attempt, _ home: borrowing Home, at now: Timestamp
  ) throws(StoreError) -> Refusal? {
    let waiting = try home.lateFailures() + (Journal.open(in: home, .read)?.failures() ?? [])
    let asked = asked(attempt)
    let tallies = try tallies(of: asked, by: attempt, [], waiting, nil, home, at: now)
    return refusal(of: attempt, using: attempt.service, by: tallies, home, at: now)
  }

  /// Why a rule or a decree refuses `attempt`, if one does; nothing is written down.
  ///
  /// - Parameters:
  ///   - service: what it logs in to; nil is any.
  ///   - actions: what is asked about.
  public func standing(
    of attempt: Attempt, using service: Name?, asking actions: Actions, at now: Timestamp
  ) throws(StoreError) -> Refusal? {
    let attempt = configuration.counted(attempt)
    let asked = asked(attempt, by: actions)
    var refusal: Refusal?
    try sheltered { (home, table) throws(StoreError) in
      let views = table.views(concerning: asked.map { table.hash($0) })
      let waiting = try waiting(beside: table, home)
      let tallies = try tallies(of: asked, by: attempt, views, waiting, table, home, at: now)
      refusal = self.refusal(of: attempt, using: service, by: tallies, home, at: now)
    }
    return refusal
  }

  private func refusal(
    of attempt: Attempt, using service: Name?, by tallies: [Tally], _ home: borrowing Home,
    at now: Timestamp
  ) -> Refusal? {
    for tally in tallies {
      if let refusal = tally.refusalByDecree { return refusal }
    }
    for tally in tallies.judging(attempt) where !tally.isFreed {
      if let block = block(tally, service, at: now) {
        return Refusal(subject: tally.subject, cause: .blocked(block))
      }
    }
    return nil
  }

  /// What the store knows of each of `subjects`; nothing if it turns out to be damaged.
  func records(
    of subjects: [Subject], _ attempt: Attempt?, _ home: borrowing Home
  ) throws(StoreError) -> [(record: SubjectRecord?, decrees: [Decree])] {
    let keys = subjects.map { SubjectKey($0).bytes }
    let names = subjects.map { Decree.name(of: $0, attempt) }
    do throws(StoreError) { return try home.records(for: keys, names, &found) } catch {
      guard error.isDamage else { throw error }
    }
    try locked(.exclusive) { (store) throws(StoreError) in
      try store.confirmDamage(at: keys, names)
    }
    return try home.records(for: keys, names, &found)
  }

  /// Why a decree refuses the attempt; nil if none does. No refusal is recorded: a decree
  /// doesn't last longer for it.
  private func refusal(
    byDecreeIn tallies: [Tally], _ home: borrowing Home, _ now: Timestamp
  ) -> Refusal? {
    for tally in tallies {
      guard let refusal = tally.refusalByDecree, let decree = tally.decree else { continue }
      home.note(hitOf: decree, at: now)
      return refusal
    }
    return nil
  }

  /// Why the attempt is refused by a rule, if it is; then it is also written down, but rarely.
  private func refusal(
    of attempt: Attempt, _ tallies: [Tally], _ table: InFlightTable, _ home: borrowing Home,
    _ now: Timestamp
  ) -> Refusal? {
    var refusal: Refusal?
    var (blocked, due): ([Subject], [Subject]) = ([], [])
    for tally in tallies {
      guard let block = block(tally, attempt.service, at: now) else { continue }
      blocked.append(tally.subject)
      let newest = tally.times.max()?.time ?? now
      // A local user that is refused must get in again some time: there is no other way in.
      let isProlonged = tally.subject.kind != .caller
      if isProlonged, now.interval(since: newest) >= block.refusalInterval {
        due.append(tally.subject)
      }
      if tally.hasUnfiled, !tally.wasBlocked || begins(tally, at: now) {
        table.isCheckpointWanted = true
      }
      if refusal == nil { refusal = Refusal(subject: tally.subject, cause: .blocked(block)) }
    }
    if !due.isEmpty {
      record(refused: attempt, for: due, because: blocked, table, home, at: now)
    }
    if refusal != nil, table.isCheckpointWanted { checkpointIfFree(table, at: now) }
    return refusal
  }

  /// Whether a limit that counts the attempt would be reached if all those in flight failed.
  private func isUndecided(
    _ tally: Tally, _ attempt: Attempt, _ pending: [SlotView], _ now: Timestamp
  ) -> Bool {
    var open: [Tried] = []
    for view in pending where view.concerns(tally.hash) { open.append(view.tried) }
    guard !open.isEmpty else { return false }
    return configuration.rule(for: tally.subject).isBlocking(
      tally.subject, using: attempt.service, after: tally.times, inFlight: open,
      before: attempt.tried(isUnknown: nil), at: now)
  }
}

extension SlotView {
  /// What it counts as, being a failure. One that has lapsed is at a user that exists.
  fileprivate var guess: Guess { Guess(time, tried.resolved(isUnknown: tried.isUnknown ?? false)) }

  /// Whether this attempt has no verdict yet, and those behind it count it as if it failed.
  fileprivate func isAhead(of own: Claim?) -> Bool {
    switch state {
    case .choosing, .admitted, .halfway: true
    case .open: own.map { control.number < $0.control.number } ?? true
    default: false
    }
  }
}
