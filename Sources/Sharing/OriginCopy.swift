/// A copy of another machine's map: as far as its messages have told.
///
/// Each shard knows the changes up to a number of its own; all of them know those up to `applied`.
/// Messages may come in any order, twice, or not at all.
public struct OriginCopy: Sendable {
  /// A block, and when it was first heard of here.
  public struct Held: Hashable, Sendable {
    public var record: Record
    public var arrival: UInt32
  }

  private struct Shard: Sendable {
    var version: UInt64?
    var held: [Prefix: Held] = [:]

    /// Gives memory back: a dictionary keeps what it had once.
    mutating func shrink() {
      guard held.capacity > 64, held.count < held.capacity / 8 else { return }
      held = Dictionary(uniqueKeysWithValues: held.map { ($0.key, $0.value) })
    }
  }

  /// Another one for each life of the origin.
  public private(set) var epoch: UInt64
  /// All changes up to this one are known; nil: not one document is.
  public private(set) var applied: UInt64?
  private var shards = [Shard](repeating: Shard(), count: Topic.shards)
  /// A head whose documents are missing.
  private var awaited: Head?
  /// Changes that came before those that stand in front of them.
  private var early: [UInt64: Record] = [:]
  /// The number of the last change that was heard of.
  private var heardOf: UInt64 = 0
  /// Whether the first documents have all been read: what comes later is new.
  private var isFamiliar = false

  /// Of the last head, for people.
  public private(set) var release: [UInt8] = []
  /// Which orders the machine says that it carried out.
  public private(set) var appliedOrders: [UInt64] = []
  /// When anything was heard of it.
  public private(set) var lastHeard: UInt32 = 0
  /// How much its clock is behind ours, in seconds, as seen by its announcements; 0 before the first.
  public private(set) var clockLag: Int64 = 0
  private var hasAnnounced = false
  /// Blocks that were not taken over since there are too many of them.
  public private(set) var overflow = 0

  /// How many early changes are kept; behind them, the next head helps.
  static let mostEarly = 8192
  /// How many blocks a shard may have: twice what a document holds.
  static let mostHeld = 8192
  /// By how many seconds a clock may be behind that isn't known yet.
  static let mostUnknownLag: Int64 = 86_400

  init(epoch: UInt64) { self.epoch = epoch }

  /// What must be fetched to go on.
  public enum Need: Hashable, Sendable {
    case nothing, head, documents
  }
}

extension OriginCopy {
  /// How many blocks it has, the ended among them.
  public var count: Int { shards.reduce(0) { $0 + $1.held.count } }

  /// How many records are in memory for it: its blocks, and changes that wait for others.
  var weight: Int { count + early.count + (awaited?.tail.count ?? 0) }

  /// For how many blocks it has memory.
  var capacity: Int { shards.reduce(0) { $0 + $1.held.capacity } }

  /// By how much a message makes it weigh more, at most.
  func growth(by message: Message) -> Int {
    let isOfThisLog = message.stamp.epoch == epoch
    switch message {
    case .live(let live):
      guard isOfThisLog, let applied, live.first - 1 <= applied else { return live.records.count }
      return live.records.count { record in
        record.kind == .block && shards[record.prefix.shard].held[record.prefix] == nil
      }
    case .head(let head):
      if isOfThisLog, let applied, head.last <= applied { return 0 }
      return head.tail.count
    case .state(let document):
      return max(0, document.records.count - shards[Int(document.shard)].held.count)
    case .orders, .counts: return 0
    }
  }

  /// Calls `body` with each block that hasn't ended.
  public func forEachBlock(at now: UInt32, _ body: (Held) -> Void) {
    for shard in shards {
      for held in shard.held.values where held.record.until > now { body(held) }
    }
  }

  /// The blocks that haven't ended.
  public func blocks(at now: UInt32) -> Set<Record> {
    var blocks: Set<Record> = []
    forEachBlock(at: now) { blocks.insert($0.record) }
    return blocks
  }

  /// What is missing.
  public var need: Need {
    if awaited != nil { return .documents }
    guard let applied, heardOf <= applied else { return .head }
    return .nothing
  }

  /// Removes what has ended.
  mutating func forgetEnded(at now: UInt32) {
    // By its own clock: one that is behind would lose all its blocks.
    let now = UInt32(clamping: Int64(now) - (hasAnnounced ? clockLag : Self.mostUnknownLag))
    for shard in shards.indices {
      shards[shard].held = shards[shard].held.filter { $0.value.record.until > now }
    }
  }

  /// Takes a message over that is of no log before this one.
  mutating func receive(_ message: Message, at now: UInt32) {
    if message.stamp.epoch > epoch { begin(message.stamp.epoch) }
    switch message {
    case .live(let live): receive(live, at: now)
    case .head(let head): receive(head, at: now)
    case .state(let document): receive(document, at: now)
    case .orders, .counts: break
    }
  }

  /// A new log: what is known of the old one holds until its documents come.
  private mutating func begin(_ epoch: UInt64) {
    self.epoch = epoch
    (applied, awaited, early, heardOf) = (nil, nil, [:], 0)
    for shard in shards.indices { shards[shard].version = nil }
  }

  private mutating func receive(_ live: Live, at now: UInt32) {
    (clockLag, hasAnnounced) = (Int64(now) - Int64(live.stamp.sent), true)
    lastHeard = now
    heardOf = max(heardOf, live.first - 1 + UInt64(live.records.count))
    for (offset, record) in live.records.enumerated() {
      let number = live.first + UInt64(offset)
      if let applied, number == applied + 1 {
        apply(record, number, at: now)
        self.applied = number
      } else if number > applied ?? 0, early.count < Self.mostEarly {
        early[number] = record
      }
    }
    applyEarly(at: now)
  }

  private mutating func receive(_ head: Head, at now: UInt32) {
    (release, appliedOrders) = (head.release, head.applied)
    // It may be an old one, that the broker keeps.
    lastHeard = max(lastHeard, min(head.stamp.sent, now))
    if let applied, head.last <= applied { return }
    if let awaited, (head.last, head.base) <= (awaited.last, awaited.base) { return }
    awaited = head
    goOn(at: now)
  }

  private mutating func receive(_ document: ShardDocument, at now: UInt32) {
    let shard = Int(document.shard)
    guard document.version >= known(shard) ?? 0, shards[shard].version != document.version,
      document.version > applied ?? 0 || applied == nil
    else { return }
    let old = shards[shard].held
    var held: [Prefix: Held] = [:]
    for record in document.records {
      held[record.prefix] = Held(
        record: record, arrival: old[record.prefix]?.arrival ?? arrival(of: record, at: now))
    }
    shards[shard] = Shard(version: document.version, held: held)
    goOn(at: now)
  }

  /// Up to which change a shard knows all.
  private func known(_ shard: Int) -> UInt64? {
    guard let applied else { return shards[shard].version }
    return max(applied, shards[shard].version ?? 0)
  }

  /// Goes from the documents to the end of the tail, if all of them are there.
  private mutating func goOn(at now: UInt32) {
    guard let head = awaited else { return }
    for shard in shards.indices where known(shard) == nil && head.versions[shard] == 0 {
      shards[shard] = Shard(version: 0)
    }
    for shard in shards.indices {
      guard let known = known(shard), known >= head.versions[shard] else { return }
    }
    var number = max(applied ?? 0, head.base)
    for record in head.tail.dropFirst(Int(number - head.base)) {
      number += 1
      apply(record, number, at: now)
    }
    applied = number
    (awaited, isFamiliar) = (nil, true)
    applyEarly(at: now)
  }

  private mutating func applyEarly(at now: UInt32) {
    guard !early.isEmpty, let start = applied else { return }
    var number = start
    while let record = early[number + 1] {
      number += 1
      apply(record, number, at: now)
    }
    applied = number
    early = early.filter { $0.key > number }
  }

  /// Makes the change `number`, unless the shard's document has it.
  private mutating func apply(_ record: Record, _ number: UInt64, at now: UInt32) {
    let shard = record.prefix.shard
    guard number > shards[shard].version ?? 0 else { return }
    guard record.kind == .block else {
      shards[shard].held[record.prefix] = nil
      shards[shard].shrink()
      return
    }
    let old = shards[shard].held[record.prefix]
    guard old != nil || shards[shard].held.count < Self.mostHeld else {
      overflow += 1
      return
    }
    shards[shard].held[record.prefix] = Held(
      record: record, arrival: old?.arrival ?? arrival(of: record, at: now))
  }

  /// When a block was heard of: of the first documents nothing else is known than what they say.
  private func arrival(of record: Record, at now: UInt32) -> UInt32 {
    isFamiliar ? now : min(record.made, now)
  }
}

extension Message {
  /// How many records it has.
  var records: Int {
    switch self {
    case .live(let live): live.records.count
    case .head(let head): head.tail.count
    case .state(let document): document.records.count
    case .orders, .counts: 0
    }
  }
}
