internal import BlockList
internal import Policy
internal import Upkeep

/// What monitoring wants to know.
struct Measurements {
  private var kinds = KindCount()
  private var blocked: BlockedCount
  private var attempts = Tally()
  private let waiting: Int
  private let oldestWaiting: Timestamp?
  private let inFlight: Int
  private let counters: LoginCounters
  /// Nil if there is no store.
  private let size: StoreSize?
  private let movedAside: Int

  init(_ blockList: BlockList, at now: Timestamp) throws {
    blocked = BlockedCount(blockList.configuration, try blockList.decrees(at: now), at: now)
    inFlight = try blockList.pending(at: now).count
    let listing = try RecordListing(blockList, at: now)
    waiting = Set(listing.waiting.map { $0.attempt.id }).count
    oldestWaiting = listing.waiting.map { $0.attempt.time }.min()
    size = try blockList.storeLook()?.size
    counters = try blockList.counters()
    movedAside = try blockList.movedAside().count
    var seen: Set<UInt64> = []
    try listing.forEachSubject { subject, record in
      let recorded = record.attempts
      // Of one that was forgiven the store may still know so.
      guard !recorded.isEmpty else { return }
      kinds.add(subject.kind)
      blocked.add(subject, record.times(at: now), record.series(at: now))
      for attempt in recorded where seen.insert(attempt.id).inserted {
        attempts.add(attempt.state)
      }
    }
  }

  var text: String {
    var metrics = OpenMetrics()
    addSubjects(to: &metrics)
    addStore(to: &metrics)
    addCounters(to: &metrics)
    return metrics.text
  }

  private func addSubjects(to metrics: inout OpenMetrics) {
    metrics.add(
      MetricFamily(
        .gauge, "abl_blocked", "Hosts, networks, users and callers that are blocked now."),
      "kind", blocked.kinds.numbers.map { ($0.kind.word.description, $0.count) })
    metrics.add(
      MetricFamily(.gauge, "abl_subjects", "Hosts, networks, users and callers on record."),
      "kind", kinds.numbers.map { ($0.kind.word.description, $0.count) })
    metrics.add(
      MetricFamily(.gauge, "abl_attempts", "Attempts on record, each counted once."),
      "state", [("failed", attempts.failed), ("refused", attempts.refused)])
    metrics.add(
      MetricFamily(.gauge, "abl_attempts_waiting", "Attempts that wait to be put into the store."),
      waiting)
    metrics.add(
      MetricFamily(
        .gauge, "abl_oldest_waiting_timestamp_seconds", unit: "seconds",
        "When the oldest attempt that waits for the store was made."),
      oldestWaiting.map { Int($0.seconds) })
    metrics.add(
      MetricFamily(.gauge, "abl_attempts_in_flight", "Attempts whose password is being judged."),
      inFlight)
  }

  private func addStore(to metrics: inout OpenMetrics) {
    metrics.add(
      MetricFamily(.gauge, "abl_store_bytes", unit: "bytes", "What the store takes on the disk."),
      size?.disk)
    metrics.add(
      MetricFamily(
        .gauge, "abl_store_limit_bytes", unit: "bytes", "How large the store may become."),
      size?.map)
    metrics.add(
      MetricFamily(.gauge, "abl_store_free_bytes", unit: "bytes", "What the store has room for."),
      size.map { ($0.pages.all - $0.pages.used) * $0.pages.size })
    metrics.add(
      MetricFamily(
        .gauge, "abl_store_files_moved_aside", "Files of the store that were found damaged."),
      movedAside)
  }

  private func addCounters(to metrics: inout OpenMetrics) {
    metrics.add(
      MetricFamily(
        .counter, "abl_login_waits", "Attempts that waited for others at their own host or user."),
      counters.waits)
    metrics.add(
      MetricFamily(
        .counter, "abl_login_lock_taken",
        "Times that a login found the lock of the store taken, and went on without it."),
      counters.lockTaken)
    metrics.add(
      MetricFamily(
        .counter, "abl_login_slots_lost",
        "Attempts that lost their slot of the table to another process, and began anew."),
      counters.lost)
  }
}
