/// What other machines have counted, as far as their messages have told, and what this one has.
///
/// Of two messages of a machine about one source the later one holds, so their order doesn't matter,
/// and one that comes twice counts once. Nothing here decides: `FleetPolicy` sums.
public struct FleetCounts: Sendable {
  /// This machine: its own messages are not taken over.
  public let own: Origin
  /// What this machine has counted itself.
  public internal(set) var ownCounts: [Prefix: BucketCounts] = [:]
  /// What was refused, by reason and machine.
  public private(set) var refusals: [Origin: [FleetMap.Refusal: Int]] = [:]
  /// Sources that were not taken over since there are too many of them, by machine.
  public private(set) var overflow: [Origin: Int] = [:]
  private var ledgers: [Origin: Ledger] = [:]
  private var total = 0
  /// When a machine was refused last since there are too many.
  private var crowded: UInt32?
  private let window: UInt32

  /// How many machines are summed: more would tell all of each other more than brokers carry.
  public static let mostMachines = 200
  /// How many sources of one machine are counted.
  public static let mostSources = 10_000
  /// How many of all machines; each has a thousand places all the same.
  static let (mostInAll, share) = (200_000, 1000)
  /// By how many seconds a clock may be wrong before its times are shifted.
  static let tolerance: Int64 = 300
  /// How many messages of a machine are read at once, and how many more each second. It sends one each
  /// second at most.
  static let (burst, rate) = (60, 2)
  /// How long a source is remembered that was forgiven, and a machine that says nothing, in seconds.
  static let (memory, absence): (UInt32, UInt32) = (600, 86_400)

  private struct Entry: Sendable {
    var sequence: UInt64
    var counts: BucketCounts
    var heard: UInt32
  }

  private struct Ledger: Sendable {
    var epoch: UInt64 = 0
    var heard: UInt32
    var sources: [Prefix: Entry] = [:]
    /// How many messages may be read at once, and when that was so.
    private var (allowance, since): (Int, UInt32)

    init(at now: UInt32) { (heard, allowance, since) = (now, FleetCounts.burst, now) }

    mutating func mayRead(at now: UInt32) -> Bool {
      // A clock that has gone back gives nothing.
      let passed = max(0, Int64(now) - Int64(since))
      let gained = Int(min(passed, Int64(FleetCounts.burst))) * FleetCounts.rate
      (allowance, since) = (min(allowance + gained, FleetCounts.burst), now)
      guard allowance > 0 else { return false }
      allowance -= 1
      return true
    }
  }

  /// - Parameter window: how far back failures count, in seconds.
  public init(own: Origin, window: UInt32) { (self.own, self.window) = (own, window) }
}

extension FleetCounts {
  /// Takes a message over. Returns whether that changes what is known.
  public mutating func receive(_ bytes: [UInt8], under topic: Topic, at now: UInt32) -> Bool {
    let origin = topic.origin
    guard origin != own else { return false }
    guard ledgers[origin] != nil || ledgers.count < Self.mostMachines - 1 else {
      crowded = now
      return refuse(origin, .tooMany)
    }
    // Whatever it says: what floods is bounded, too.
    var ledger = ledgers.removeValue(forKey: origin) ?? Ledger(at: now)
    defer { ledgers[origin] = ledger }
    guard ledger.mayRead(at: now) else { return refuse(origin, .tooOften) }
    let message: CountMessage
    do throws(MessageError) {
      guard case .counts(let counts) = try Message(decoding: bytes, under: topic) else {
        throw .otherTopic
      }
      message = counts
    } catch { return refuse(origin, .malformed(error)) }
    let epoch = message.stamp.epoch
    guard epoch >= ledger.epoch else { return refuse(origin, .stale) }
    let wasEmpty = ledger.sources.isEmpty
    if epoch > ledger.epoch {
      // Another log: it tells all that it knows.
      total -= ledger.sources.count
      (ledger.epoch, ledger.sources) = (epoch, [:])
    }
    ledger.heard = now
    for record in message.records { take(record, of: origin, message, &ledger, at: now) }
    return !wasEmpty || !ledger.sources.isEmpty
  }

  private mutating func take(
    _ record: CountRecord, of origin: Origin, _ message: CountMessage, _ ledger: inout Ledger,
    at now: UInt32
  ) {
    let known = ledger.sources[record.prefix]
    if let known, known.sequence >= message.sequence { return }
    if known == nil {
      let isFull = total >= Self.mostInAll && ledger.sources.count >= Self.share
      guard !isFull, ledger.sources.count < Self.mostSources else {
        overflow[origin, default: 0] += 1
        return
      }
      total += 1
    }
    let lag = Int64(now) - Int64(message.stamp.sent)
    let counts = record.counts
      .shifted(by: abs(lag) > Self.tolerance ? lag : 0, upTo: Self.latest(at: now))
      .holding(at: now, window: window)
    ledger.sources[record.prefix] = Entry(
      sequence: message.sequence, counts: counts, heard: now)
  }

  /// The last bucket that a clock within the tolerance may be in.
  private static func latest(at now: UInt32) -> UInt32 {
    UInt32(clamping: (Int64(now) + tolerance) / Int64(BucketCounts.seconds))
  }

  private mutating func refuse(_ origin: Origin, _ refusal: FleetMap.Refusal) -> Bool {
    guard refusals[origin] != nil || refusals.count < FleetMap.mostOrigins else { return false }
    refusals[origin, default: [:]][refusal, default: 0] += 1
    return false
  }

  /// Removes what counts no more.
  public mutating func forgetEnded(at now: UInt32) {
    for (origin, ledger) in ledgers {
      var kept = ledger
      kept.sources = ledger.sources.filter { _, entry in
        guard let last = entry.counts.buckets.last else {
          return Int64(now) < Int64(entry.heard) + Int64(Self.memory)
        }
        return last.end(after: window) > now
      }
      total -= ledger.sources.count - kept.sources.count
      let isAway = Int64(now) >= Int64(kept.heard) + Int64(Self.absence)
      ledgers[origin] = isAway && kept.sources.isEmpty ? nil : kept
    }
  }

  /// Drops what a machine that is gone has counted.
  public mutating func forget(_ origin: Origin) {
    total -= ledgers.removeValue(forKey: origin)?.sources.count ?? 0
    (refusals[origin], overflow[origin]) = (nil, nil)
  }

  /// How many other machines are summed.
  public var machines: Int { ledgers.count }

  /// Whether some machine isn't summed since there are more than there may be.
  public func isCrowded(at now: UInt32) -> Bool {
    crowded.map { Int64(now) < Int64($0) + Int64(Self.absence) } ?? false
  }

  /// What a machine has counted of a source.
  public func counts(of prefix: Prefix, at origin: Origin) -> BucketCounts? {
    origin == own ? ownCounts[prefix] : ledgers[origin]?.sources[prefix]?.counts
  }

  /// Each source that two machines have counted at least, with the machines in the order of their
  /// names.
  func shared() -> [Prefix: [Counted]] {
    var shared: [Prefix: [Counted]] = [:]
    for (prefix, counts) in ownCounts where !counts.isEmpty {
      shared[prefix] = [Counted(origin: own, counts: counts)]
    }
    for (origin, ledger) in ledgers.sorted(by: { $0.key < $1.key }) {
      for (prefix, entry) in ledger.sources where !entry.counts.isEmpty {
        shared[prefix, default: []].append(Counted(origin: origin, counts: entry.counts))
      }
    }
    return shared.filter { $0.value.count > 1 }
  }

  /// What one machine has counted of a source.
  struct Counted {
    let origin: Origin
    let counts: BucketCounts
  }
}
