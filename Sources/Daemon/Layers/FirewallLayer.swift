internal import CLinux
internal import Firewall
internal import Policy
internal import Text

/// Holds what is wanted in the kernel's firewall, whatever happens to it there.
final class FirewallLayer {
  private var table: KernelTable?
  private(set) var watch: TableWatch?
  private var live: LiveConnections?
  private let tell: Telling
  /// Nil before the first look: until then the kernel keeps what an abld before this one gave it.
  private var wanted: Wanted?
  private var layout = Layout()
  private var known: KnownGeneration?
  private var storm = Storm()
  private var retry = Retry()
  /// Whether what the kernel has isn't what it was told, or may not be.
  private var isDoubtful = true
  /// By how many milliseconds the clock on the wall was ahead of the one that never steps.
  private var offset: Int64?
  var endsLiveConnections = false

  /// How often the table was made anew because another program had changed it, and by which.
  private(set) var rebuilds = 0
  private(set) var meddler: Text = ""
  /// Why it doesn't hold what is wanted, if so.
  private(set) var trouble: FirewallError?
  /// How many elements the kernel has refused.
  private(set) var refused = 0

  init(_ tell: @escaping Telling) { self.tell = tell }

  /// How many blocks the kernel has.
  var count: Int { table?.held.count ?? 0 }

  var lengths: (v4: [UInt8], v6: [UInt8]) {
    (layout.lengths(isIPv6: false), layout.lengths(isIPv6: true))
  }

  /// Why the table isn't made anew yet, if that waits since it is changed again and again.
  func delay(_ clock: Int64) -> Text? {
    guard isDoubtful, wanted != nil, clock < storm.due else { return nil }
    let count = Text(rebuilds)
    return "waits before it makes its table anew: it was changed \(count) times, last by \(meddler)"
  }

  /// When it wants to be called again, by a clock of milliseconds; nil: not by itself.
  var due: Int64? { isDoubtful && wanted != nil ? max(retry.due, storm.due) : nil }

  // MARK: What a daemon asks of it

  /// Makes `wanted` what the kernel has.
  func hold(_ wanted: Wanted, _ layout: Layout, at now: Moment, _ clock: Int64) {
    self.wanted = wanted
    var layout = layout
    layout.keepSets(of: self.layout)
    _ = layout.widen(for: wanted)
    if layout != self.layout { isDoubtful = true }
    self.layout = layout
    settle(at: now, clock)
  }

  /// Looks whether the table is as it was left; makes it anew if not.
  func check(at now: Moment, _ clock: Int64) {
    guard let table, let watch, !isDoubtful else { return settle(at: now, clock) }
    attempt(clock) { () throws(FirewallError) in
      let finding = watch.read(ownedBy: table)
      let generation = try table.generation()
      let isForeign = known?.isForeign(generation, table) ?? true
      known = KnownGeneration(generation, table)
      guard finding.isTouched || finding.isIncomplete && isForeign else { return }
      storm.note(clock)
      noteMeddling(finding, clock)
    }
    settle(at: now, clock)
  }

  /// Tells the kernel all time-outs anew, for the wall clock has stepped, or an hour has passed.
  func renewTimes(at now: Moment, _ clock: Int64) {
    table?.forgetTimes()
    settle(at: now, clock)
  }

  /// Ends: the kernel's time-outs run on, or all blocks go at once.
  func end(clearing: Bool) {
    guard clearing else { return }
    do throws(FirewallError) {
      if let table { try table.remove() } else { try KernelTable().remove() }
    } catch {
      tell(.error, error.message)
    }
    (table, watch, wanted, isDoubtful) = (nil, nil, nil, true)
  }

  /// Tries at once what it had given up.
  func tryAgain() { retry = Retry() }

  // MARK: How it is done

  private func settle(at now: Moment, _ clock: Int64) {
    guard let wanted, clock >= retry.due, !isDoubtful || clock >= storm.due else { return }
    heedStep(at: now)
    attempt(clock) { () throws(FirewallError) in
      if isDoubtful { try rebuild(wanted, at: now, clock) } else { try amend(wanted, at: now) }
    }
  }

  /// The clock may have stepped at any time before: what is over by it now has not left the kernel by
  /// itself then, and is to be taken out.
  private func heedStep(at now: Moment) {
    let new = now.milliseconds - clinux_milliseconds()
    guard let offset, abs(new - offset) <= 2000 else {
      if offset != nil { table?.forgetTimes() }
      offset = new
      return
    }
  }

  private func rebuild(
    _ wanted: Wanted, at now: Moment, _ clock: Int64
  ) throws(FirewallError) {
    let table = try opened()
    let before = KnownGeneration(try table.generation(), table)
    // Where the table is gone its blocks are gone, too: many steps bring back the first ones sooner.
    let isThere = try table.isThere()
    let refusals = try table.replace(
      by: wanted.elements, layout, at: now, atomically: isThere)
    note(refusals)
    // What is heard here may have happened before, or since. Whether another program had its hand in
    // meanwhile is told by the numbers: then once more.
    _ = watch?.read(ownedBy: table)
    let after = try table.generation()
    known = KnownGeneration(after, table)
    isDoubtful = before.isForeign(after, table)
    if isDoubtful { storm.note(clock) }
  }

  private func amend(_ wanted: Wanted, at now: Moment) throws(FirewallError) {
    let table = try opened()
    table.forgetExpired(at: now)
    let difference = Difference(from: table.held, to: wanted.elements, at: now)
    guard !difference.isEmpty else { return }
    let fresh = Set(difference.asserted.map { $0.element }.filter { table.held[$0] == nil })
    note(try table.apply(difference, at: now))
    try endConnections(fresh)
  }

  private func endConnections(_ elements: Set<Element>) throws(FirewallError) {
    guard endsLiveConnections, !elements.isEmpty else { return }
    let live = try openedLive()
    let count = try live.end(elements)
    if count > 0 { tell(.info, "ended \(Text(count)) connections of hosts that got blocked") }
  }

  private func openedLive() throws(FirewallError) -> LiveConnections {
    if let live { return live }
    let live = try LiveConnections()
    self.live = live
    return live
  }

  private func opened() throws(FirewallError) -> KernelTable {
    if let table { return table }
    let table = try KernelTable()
    watch = try TableWatch()
    self.table = table
    return table
  }

  private func note(_ refusals: KernelTable.Refusals) {
    refused = refusals.count
    guard let first = refusals.first else { return }
    let message: Text =
      "\(Text(refusals.count)) blocks were refused; the first: \(first.element.text)"
    tell(.error, message + ": " + first.error.message)
  }

  /// Does it; what goes wrong is told once, and tried again later.
  private func attempt(_ clock: Int64, _ body: () throws(FirewallError) -> Void) {
    do throws(FirewallError) {
      try body()
      if trouble != nil { tell(.notice, "the kernel's firewall can be used again") }
      trouble = nil
      retry = Retry()
    } catch {
      // The next look finds out which process removed it between two looks.
      isDoubtful = true
      if trouble != error { tell(.error, error.message) }
      trouble = error
      retry.fail(clock, isLasting: error.isLasting)
    }
  }

  private func noteMeddling(_ finding: TableWatch.Finding, _ clock: Int64) {
    isDoubtful = true
    rebuilds += 1
    meddler =
      finding.program.map { "\($0.name.quoted) (process \(Text($0.process)))" }
      ?? "a program that isn't known"
    let what: Text = finding.isTouched ? "was changed or removed" : "may have been changed"
    let pause: Text = storm.due > clock ? " in \(Text(storm.due - clock)) ms" : ""
    tell(.warning, "the table 'abl' \(what) by \(meddler); it is made anew\(pause)")
  }
}

/// Which generation of all tables was seen, and how often our own had changed them by then.
private struct KnownGeneration {
  let number: UInt32
  let commits: UInt32

  init(_ generation: UInt32, _ table: KernelTable) {
    (number, commits) = (generation, table.commits)
  }

  /// Whether another program has changed something since.
  func isForeign(_ generation: UInt32, _ table: KernelTable) -> Bool {
    generation &- number != table.commits &- commits
  }
}
