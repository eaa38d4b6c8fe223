/// A machine's own map, and the log of its changes: what it tells others.
///
/// Nothing of it is queued while there is no broker: the map is the queue.
public struct OriginLog: Sendable {
  public let origin: Origin
  /// When this log began; see `Stamp`.
  public private(set) var epoch: UInt64
  /// The number of the last change, and the one that the documents have.
  public private(set) var last: UInt64 = 0
  private var base: UInt64 = 0
  /// The changes behind `base`.
  private var tail: [Record] = []
  private var shards = [Shard](repeating: Shard(), count: Topic.shards)
  /// How many of the tail no live message has told yet.
  private var untold = 0
  /// Blocks that no document has room for.
  public private(set) var leftOut = 0
  /// Beyond this, the documents are written anew. Shorter in tests.
  var longestTail = Message.longestTail
  /// What runs here, and which orders were carried out: for the head.
  public var release: [UInt8] = []
  public var applied: [UInt64] = []

  private struct Shard: Sendable {
    var records: [Prefix: Record] = [:]
    var size = 0
    var isDirty = false
    var version: UInt64 = 0
    /// As it was last published.
    var document: [UInt8] = []
  }

  /// - Parameter epoch: greater than of any log that this machine had before.
  public init(_ origin: Origin, epoch: UInt64) {
    (self.origin, self.epoch) = (origin, epoch)
  }

  /// The epoch of a log that begins now: later than the one before, whatever the clock says.
  public static func epoch(after previous: UInt64?, nanoseconds now: UInt64) -> UInt64 {
    guard let previous, previous < .max else { return now }
    return max(now, previous + 1)
  }

  /// The blocks that the map has.
  public var blocks: [Record] { shards.flatMap { $0.records.values } }
}

extension OriginLog {
  /// Puts a block into the map, or changes the one that is there.
  public mutating func block(_ record: Record) {
    let shard = record.prefix.shard
    if let old = shards[shard].records[record.prefix] {
      guard old != record else { return }
    } else {
      guard makeRoom(for: record, in: shard) else { return }
      shards[shard].size += record.size
    }
    shards[shard].records[record.prefix] = record
    log(record)
  }

  /// Takes a block out of the map.
  public mutating func withdraw(_ prefix: Prefix, at now: UInt32) {
    let shard = prefix.shard
    guard let old = shards[shard].records.removeValue(forKey: prefix) else { return }
    shards[shard].size -= old.size
    log(Record(.withdrawn, prefix, failures: 0, made: now, until: 0))
  }

  /// Makes the map what `records` are: only the differences are told.
  public mutating func replace(with records: [Record], at now: UInt32) {
    let wanted = Dictionary(records.map { ($0.prefix, $0) }) { $1 }
    for record in blocks where wanted[record.prefix] == nil { withdraw(record.prefix, at: now) }
    for record in wanted.values.sorted(by: { $0.prefix.precedes($1.prefix) }) { block(record) }
  }

  /// Forgets what has ended: others do so by themselves.
  public mutating func forgetEnded(at now: UInt32) {
    for shard in shards.indices {
      for record in shards[shard].records.values where record.until <= now {
        shards[shard].records[record.prefix] = nil
        shards[shard].size -= record.size
        shards[shard].isDirty = true
      }
    }
  }

  /// Begins anew, later than the epoch that others know of this machine already: its clock has gone
  /// back, and the file with the last epoch is lost. False if it needn't, or can't.
  @discardableResult
  public mutating func outrun(_ other: UInt64) -> Bool {
    guard other >= epoch, other < .max else { return false }
    epoch = other + 1
    for shard in shards.indices { shards[shard].document = [] }
    return true
  }

  private mutating func log(_ record: Record) {
    shards[record.prefix.shard].isDirty = true
    tail.append(record)
    last += 1
    untold += 1
  }

  /// Leaves out the block that ends first, if there are too many.
  private mutating func makeRoom(for record: Record, in shard: Int) -> Bool {
    while shards[shard].size + record.size > ShardDocument.room {
      let first = shards[shard].records.values.min { $0.isLeftOut(before: $1) }
      leftOut += 1
      guard let first, first.isLeftOut(before: record) else { return false }
      withdraw(first.prefix, at: first.made)
    }
    return true
  }
}

extension Record {
  fileprivate func isLeftOut(before other: Record) -> Bool {
    until != other.until ? until < other.until : prefix.precedes(other.prefix)
  }
}

/// What is to be sent, in this order: documents, the head, then the announcement. So a machine that
/// comes in between misses nothing.
public struct Publication: Equatable, Sendable {
  /// To be kept by the broker; the head is the last.
  public var kept: [Topic: [UInt8]] = [:]
  public var head: [UInt8] = []
  public var announcement: [UInt8]?
}

extension OriginLog {
  /// Whether there is something to tell.
  public var isWaiting: Bool { untold > 0 }

  /// Tells what has changed since the last time, and that this machine is there.
  public mutating func flush(at now: UInt32) -> Publication {
    var publication = Publication()
    if shards[0].document.isEmpty || tailSize > longestTail {
      let written = writeDocuments(at: now)
      for shard in written {
        let topic = Topic(.state, origin, shard: UInt8(shard))
        publication.kept[topic] = shards[shard].document
      }
      if untold > 0 { publication.announcement = announcement(at: now) }
      tail = []
    } else if untold > 0 {
      publication.announcement = announcement(at: now)
    }
    untold = 0
    publication.head = head(at: now)
    return publication
  }

  /// All that a broker has to have, as it was told last: for one that was just found. Others learn
  /// by the announcement that they may have missed something.
  public mutating func everything(at now: UInt32) -> Publication {
    var publication = flush(at: now)
    if publication.announcement == nil { publication.announcement = announcement(at: now) }
    for (shard, content) in shards.enumerated() {
      publication.kept[Topic(.state, origin, shard: UInt8(shard))] = content.document
    }
    return publication
  }

  private var tailSize: Int { tail.reduce(0) { $0 + $1.size } }

  private func stamp(_ now: UInt32) -> Stamp { Stamp(origin, epoch: epoch, sent: now) }

  private func head(at now: UInt32) -> [UInt8] {
    var head = Head(stamp(now), base: base, versions: shards.map(\.version), tail: tail)
    (head.release, head.applied) = (release, applied.suffix(Head.mostApplied))
    return Message.head(head).encoded
  }

  /// The untold changes; where they are too many, or there is none, only how many there were: a
  /// machine that misses one reads the head.
  private func announcement(at now: UInt32) -> [UInt8] {
    var records = Array(tail.suffix(untold))
    if records.reduce(0, { $0 + $1.size }) > longestTail { records = [] }
    let first = last - UInt64(records.count) + 1
    return Message.live(Live(stamp(now), first: first, records)).encoded
  }

  /// Writes the documents that changed. Returns which.
  private mutating func writeDocuments(at now: UInt32) -> [Int] {
    var written: [Int] = []
    for shard in shards.indices where shards[shard].isDirty || shards[shard].document.isEmpty {
      let records = shards[shard].records.values.sorted { $0.prefix.precedes($1.prefix) }
      let document = ShardDocument(stamp(now), shard: UInt8(shard), version: last, records)
      shards[shard].document = Message.state(document).encoded
      (shards[shard].version, shards[shard].isDirty) = (last, false)
      written.append(shard)
    }
    base = last
    return written
  }
}
