/// How often one source has failed at one machine, by buckets of five minutes.
///
/// A bucket has all failures of its time, never an increment: to hear it twice changes nothing.
public struct BucketCounts: Equatable, Sendable {
  public struct Bucket: Hashable, Sendable {
    /// Which five minutes since 1970.
    public var number: UInt32
    /// 65 535 is that many or more.
    public var failures: UInt16

    public init(_ number: UInt32, failures: UInt16) {
      (self.number, self.failures) = (number, failures)
    }
  }

  /// The oldest first, each once, and with one failure at least.
  public private(set) var buckets: [Bucket] = []

  /// How long a bucket is, in seconds.
  public static let seconds: UInt32 = 300
  /// How far back failures are counted at most, in seconds.
  public static let longestWindow: UInt32 = 86_400
  /// How many buckets such a time touches.
  public static let most = Int(longestWindow / seconds) + 1

  public init() {}

  /// Counts failures by when they were, in seconds of UTC.
  public init(times: some Sequence<UInt32>) {
    var counts: [UInt32: Int] = [:]
    for time in times { counts[time / Self.seconds, default: 0] += 1 }
    buckets = counts.sorted { $0.key < $1.key }.map {
      Bucket($0.key, failures: UInt16(clamping: $0.value))
    }
  }

  /// Nil unless the buckets stand in their order, each with a failure.
  init?(_ buckets: [Bucket]) {
    guard zip(buckets, buckets.dropFirst()).allSatisfy({ $0.number < $1.number }),
      buckets.allSatisfy({ $0.failures > 0 })
    else { return nil }
    self.buckets = buckets
  }

  public var isEmpty: Bool { buckets.isEmpty }

  /// Without those that no time of `window` seconds before `now` touches.
  func holding(at now: UInt32, window: UInt32) -> BucketCounts {
    var counts = self
    counts.buckets.removeAll { $0.end(after: window) <= now }
    return counts
  }

  /// Moved by as many buckets as `seconds` are, for a clock that is wrong; none later than `latest`.
  func shifted(by seconds: Int64, upTo latest: UInt32) -> BucketCounts {
    var counts = self
    let step = seconds / Int64(Self.seconds)
    counts.buckets = buckets.compactMap { bucket in
      guard let number = UInt32(exactly: Int64(bucket.number) + step), number <= latest else {
        return nil
      }
      return Bucket(number, failures: bucket.failures)
    }
    return counts
  }
}

extension BucketCounts.Bucket {
  /// When the bucket began, in seconds of UTC.
  var start: UInt32 {
    let (start, overflow) = number.multipliedReportingOverflow(by: BucketCounts.seconds)
    return overflow ? .max : start
  }

  /// The first second at which a time of `window` seconds doesn't touch it any more.
  func end(after window: UInt32) -> UInt32 {
    let end = Int64(start) + Int64(BucketCounts.seconds) + Int64(window)
    return UInt32(clamping: end)
  }
}

/// What a machine tells of one source: all that it has counted of it; no buckets if that is nothing
/// any more.
public struct CountRecord: Equatable, Sendable {
  public var prefix: Prefix
  public var counts: BucketCounts

  public init(_ prefix: Prefix, _ counts: BucketCounts) {
    (self.prefix, self.counts) = (prefix, counts)
  }

  /// What its first byte is, beside the kinds of `Record`.
  static let kind: UInt8 = 3

  /// How many bytes it takes.
  var size: Int { (prefix.isV6 ? 20 : 8) + 4 * counts.buckets.count }
}

/// What a machine has counted, of some sources.
public struct CountMessage: Equatable, Sendable {
  public var stamp: Stamp
  /// 1, 2, 3 …: of two messages about one source the one with the greater number holds.
  public var sequence: UInt64
  public var records: [CountRecord]

  public init(_ stamp: Stamp, sequence: UInt64, _ records: [CountRecord]) {
    (self.stamp, self.sequence, self.records) = (stamp, sequence, records)
  }

  /// What the records may take.
  static let room = Message.longest - Message.longestHeader
}
