/// What machines tell each other. docs/fleet-protocol.md has the bytes.
public enum Message: Equatable, Sendable {
  case live(Live)
  case head(Head)
  case state(ShardDocument)
  case orders(OrderDocument)
  case counts(CountMessage)

  /// No message is longer, with all that is in it.
  public static let longest = 65_536
  /// What a head's tail, or a batch, may take.
  public static let longestTail = 32_768
  /// What stands in front of the records, of a machine with the longest name.
  static let longestHeader = 36 + 1 + 64
}

/// What all messages have: whose, of which log, and when they were sent.
public struct Stamp: Equatable, Sendable {
  public var origin: Origin
  /// When the log of this origin began, in nanoseconds of UTC: a later one replaces an earlier one.
  public var epoch: UInt64
  /// By the clock of the origin, in seconds of UTC.
  public var sent: UInt32

  public init(_ origin: Origin, epoch: UInt64, sent: UInt32) {
    (self.origin, self.epoch, self.sent) = (origin, epoch, sent)
  }
}

/// The changes `first`, `first` + 1 … of a map; without any, it tells that all before `first` were
/// made.
public struct Live: Equatable, Sendable {
  public var stamp: Stamp
  public var first: UInt64
  public var records: [Record]

  public init(_ stamp: Stamp, first: UInt64, _ records: [Record]) {
    (self.stamp, self.first, self.records) = (stamp, first, records)
  }
}

/// How far a map has come, and how to get there: its documents, and then the tail.
public struct Head: Equatable, Sendable {
  public var stamp: Stamp
  /// The number of the last change.
  public var last: UInt64
  /// The documents have all changes up to this one; those behind it are the tail.
  public var base: UInt64
  /// Which change each document was written at.
  public var versions: [UInt64]
  /// What runs there, for people.
  public var release: [UInt8]
  /// The first eight bytes of the ids of orders that the origin has carried out.
  public var applied: [UInt64]
  public var tail: [Record]

  public init(_ stamp: Stamp, base: UInt64, versions: [UInt64], tail: [Record]) {
    (self.stamp, self.base, self.versions, self.tail) = (stamp, base, versions, tail)
    last = base + UInt64(tail.count)
    (release, applied) = ([], [])
  }

  /// How many orders a head names.
  public static let mostApplied = 255
  /// How long the name of a release may be.
  public static let longestRelease = 32
}

/// A sixteenth of a map, as it was at one change.
public struct ShardDocument: Equatable, Sendable {
  public var stamp: Stamp
  public var shard: UInt8
  public var version: UInt64
  public var records: [Record]

  public init(_ stamp: Stamp, shard: UInt8, version: UInt64, _ records: [Record]) {
    (self.stamp, self.shard, self.version, self.records) = (stamp, shard, version, records)
  }

  /// What the records of a document may take.
  static let room = Message.longest - Message.longestHeader
}

/// Signed orders that a machine passes on; it can't have made one.
public struct OrderDocument: Equatable, Sendable {
  public var stamp: Stamp
  public var sequence: UInt64
  public var orders: [[UInt8]]

  public init(_ stamp: Stamp, sequence: UInt64, _ orders: [[UInt8]]) {
    (self.stamp, self.sequence, self.orders) = (stamp, sequence, orders)
  }
}

extension Message {
  /// By which the newer of two is told.
  public var stamp: Stamp {
    switch self {
    case .live(let live): live.stamp
    case .head(let head): head.stamp
    case .state(let document): document.stamp
    case .orders(let document): document.stamp
    case .counts(let counts): counts.stamp
    }
  }

  /// The topic that the message belongs under.
  public var topic: Topic {
    switch self {
    case .live(let live): Topic(.live, live.stamp.origin)
    case .head(let head): Topic(.head, head.stamp.origin)
    case .state(let document): Topic(.state, document.stamp.origin, shard: document.shard)
    case .orders(let document): Topic(.order, document.stamp.origin)
    case .counts(let counts): Topic(.count, counts.stamp.origin)
    }
  }
}
