/// What this machine has counted, and what of it is still to be told: a message each second at most.
///
/// What others have missed they hear when all is told again: after each connection, when another
/// machine is back, and every quarter of an hour.
struct CountLog: Sendable {
  private(set) var counts: [Prefix: BucketCounts] = [:]
  /// What was told and is forgiven since: until when that is repeated.
  private var gone: [Prefix: UInt32] = [:]
  private var pending: Set<Prefix> = []
  /// Whether to speak even if there is nothing: it replaces what an earlier log has told.
  private var isGreetingDue = false
  private var sequence: UInt64 = 0
  private let window: UInt32

  /// By a clock of milliseconds that never steps.
  private var last: UInt64?
  private var lastOfAll: UInt64?
  private var allDue: UInt64?

  static let pause: UInt64 = 1000
  /// Between two times that all is told since another machine is back.
  static let pauseOfAll: UInt64 = 60_000
  /// All is told again after so long, and as much again by chance.
  static let repetition: UInt64 = 600_000

  /// - Parameter window: how far back failures count, in seconds.
  init(window: UInt32) { self.window = window }

  /// Takes over what has been counted by now.
  mutating func replace(with new: [Prefix: BucketCounts], at now: UInt32) {
    forgetEnded(at: now)
    let new = new.mapValues { $0.holding(at: now, window: window) }.filter { !$0.value.isEmpty }
    for (prefix, old) in counts where new[prefix] == nil {
      counts[prefix] = nil
      pending.insert(prefix)
      gone[prefix] = old.buckets.last?.end(after: window)
    }
    for (prefix, fresh) in new where counts[prefix] != fresh {
      counts[prefix] = fresh
      gone[prefix] = nil
      pending.insert(prefix)
    }
  }

  private mutating func forgetEnded(at now: UInt32) {
    counts = counts.mapValues { $0.holding(at: now, window: window) }.filter { !$0.value.isEmpty }
    gone = gone.filter { $0.value > now }
  }

  /// All is to be told now: a connection is new.
  mutating func tellAll() { (isGreetingDue, allDue) = (true, 0) }

  /// All is to be told within some seconds: another machine is back.
  ///
  /// - Parameter delay: in milliseconds, by chance; so not all machines do it at once.
  mutating func tellAllSoon(at clock: UInt64, delay: UInt64) {
    let earliest = lastOfAll.map { $0 + Self.pauseOfAll } ?? 0
    allDue = min(allDue ?? .max, max(clock + delay, earliest))
  }

  /// In how many milliseconds there is something to tell; nil: nothing.
  func delay(at clock: UInt64) -> UInt64? {
    let isWaiting = !pending.isEmpty || isGreetingDue
    guard let due = isWaiting ? 0 : allDue else { return nil }
    let earliest = max(due, last.map { $0 + Self.pause } ?? 0)
    return earliest > clock ? earliest - clock : 0
  }

  /// The next message; nil if none is due.
  ///
  /// - Parameter chance: any number.
  mutating func next(
    _ stamp: Stamp, at now: UInt32, clock: UInt64, chance: UInt64
  ) -> CountMessage? {
    guard delay(at: clock) == 0 else { return nil }
    if let allDue, clock >= allDue { gatherAll(at: now, clock: clock, chance: chance) }
    guard !pending.isEmpty || isGreetingDue else { return nil }
    (isGreetingDue, last) = (false, clock)
    sequence += 1
    return CountMessage(stamp, sequence: sequence, takePending(stamp.sent))
  }

  private mutating func gatherAll(at now: UInt32, clock: UInt64, chance: UInt64) {
    forgetEnded(at: now)
    pending.formUnion(counts.keys)
    pending.formUnion(gone.keys)
    lastOfAll = clock
    allDue = clock + Self.repetition + chance % Self.repetition
  }

  /// As many as a message has room for.
  private mutating func takePending(_ sent: UInt32) -> [CountRecord] {
    var (records, room): ([CountRecord], Int) = ([], CountMessage.room)
    while let prefix = pending.first {
      let all = counts[prefix] ?? BucketCounts()
      // What lies in the future by now, since the clock has gone back, has no place in it.
      let told = all.holding(at: sent, window: BucketCounts.longestWindow)
        .shifted(by: 0, upTo: sent / BucketCounts.seconds)
      let record = CountRecord(prefix, told)
      guard record.size <= room else { break }
      room -= record.size
      records.append(record)
      pending.remove(prefix)
    }
    return records
  }
}
