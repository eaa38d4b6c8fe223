package import BlockList
internal import Firewall
package import Policy
package import Sharing
internal import Upkeep

/// How often hosts have failed on this machine of late, for other machines to add up.
///
/// As its own store and journal have it: what was refused, by rule or by advice, was no guess, and
/// what a host was forgiven isn't there any more.
package enum OwnFailures {
  /// Reads the times of all hosts, and the attempts of those that failed within `window` seconds.
  package static func read(
    _ blockList: BlockList, window: UInt32, at now: Timestamp
  ) throws(StoreError) -> [Sharing.Prefix: BucketCounts] {
    // A bucket counts whole, as it does elsewhere, as long as the window touches it.
    let edge = now.adding(-Int64(window)).seconds
    let oldest = Timestamp(seconds: edge - edge % Int64(BucketCounts.seconds))
    // In this order: a failure leaves the journal only once it is in the store.
    var waiting = try waiting(blockList, at: now)
    var found: [Sharing.Prefix: BucketCounts] = [:]
    var summary = SubjectSummary()
    var last = SubjectKey.start(of: .host)
    reading: while true {
      let chunk = try blockList.chunk(after: last, count: 500)
      guard let end = chunk.last else { break }
      last = end
      for index in 0..<chunk.count {
        let stored = chunk.key(index)
        guard SubjectKey.kind(of: stored) == .host else { break reading }
        let more = waiting.isEmpty ? nil : waiting.removeValue(forKey: Array(stored))
        try chunk.summarize(index, into: &summary)
        guard more != nil || summary.newest.map({ $0 >= oldest }) ?? false else { continue }
        let (key, record) = try chunk.entry(index)
        guard let prefix = key.subject?.fleetPrefix else { continue }
        found[prefix] = counts(SubjectRecord(record, adding: more ?? []), from: oldest, to: now)
      }
    }
    for (key, attempts) in waiting {
      guard let prefix = SubjectKey(stored: key[...])?.subject?.fleetPrefix else { continue }
      found[prefix] = counts(SubjectRecord(nil, adding: attempts), from: oldest, to: now)
    }
    return found.filter { !$0.value.isEmpty }
  }

  /// What isn't in the store yet, by the key of its host there.
  private static func waiting(
    _ blockList: BlockList, at now: Timestamp
  ) throws(StoreError) -> [[UInt8]: [RecordedAttempt]] {
    var waiting: [[UInt8]: [RecordedAttempt]] = [:]
    for failure in try blockList.unwrittenFailures(at: now) where failure.subject.kind == .host {
      waiting[SubjectKey(failure.subject).bytes, default: []].append(failure.attempt)
    }
    return waiting
  }

  /// Those that were judged, and wrong. One that lies in the future counts as of now: the clock has
  /// gone back.
  private static func counts(
    _ record: SubjectRecord, from oldest: Timestamp, to now: Timestamp
  ) -> BucketCounts {
    let failures = record.attempts.filter { $0.state == .failed && $0.time >= oldest }
    return BucketCounts(times: failures.map { UInt32(clamping: min($0.time, now).seconds) })
  }
}

extension Subject {
  /// Of a host with an address.
  fileprivate var fleetPrefix: Sharing.Prefix? { prefix.flatMap { Sharing.Prefix($0) } }
}

/// When this machine's failures are read anew: at once after a pause, and for a tenth of the time at
/// most, since a large store takes long.
struct CountingPace {
  private(set) var due: Int64 = 0
  /// How many looks at the store the last reading has seen.
  private var looks: Int?

  func isDue(_ looks: Int, at clock: Int64) -> Bool { isWanted(looks) && clock >= due }

  func isWanted(_ looks: Int) -> Bool { self.looks != looks }

  /// - Parameter looks: nil if the store couldn't be read.
  mutating func read(_ looks: Int?, begun: Int64, ended: Int64) {
    self.looks = looks ?? self.looks
    due = max(begun + 1000, ended + 9 * (ended - begun))
  }
}
