/// What this machine believes others: keys of its configuration.
public struct FleetPolicy: Equatable, Sendable {
  /// How many machines must report a source before it is blocked here.
  public var minimalReporters = 1
  /// How long a block holds that one machine alone reports, in seconds from when it was heard of.
  public var loneReport: UInt32 = 3600
  /// How many blocks of one machine count; those that were heard of first do.
  public var mostOfOrigin = 10_000
  /// How many new blocks of one machine count in a minute, as a mean of ten.
  public var mostPerMinute = 60
  /// How far in the future a block may end, in seconds; what ends later ends then.
  public var horizon: UInt32 = 7 * 86_400
  /// The shortest prefixes that count: a shorter one has more addresses.
  public var shortestV4: UInt8 = 32
  public var shortestV6: UInt8 = 64
  /// How many prefixes of one length count, if it isn't the longest.
  public var mostOfLength = 1000
  /// How many blocks count in all.
  public var mostInAll = 200_000
  /// By how many seconds a clock may be wrong before its times are shifted.
  public var tolerance: Int64 = 300
  /// How many failures on all machines together have a source refused; nil: they aren't counted.
  public var rule: FleetRule?

  public init() {}
}

/// What no other machine can have blocked here.
public struct Sanctuary: Sendable {
  /// Allowed by the configuration, or by hand.
  public var allowed: PrefixSet
  /// This machine's own addresses, its gateway's and its resolvers'.
  public var own: PrefixSet
  /// Networks from which somebody has logged in here.
  public var home: PrefixSet

  public init(allowed: PrefixSet = .init(), own: PrefixSet = .init(), home: PrefixSet = .init()) {
    (self.allowed, self.own, self.home) = (allowed, own, home)
  }
}

/// An operator's word that a source is free: reports made up to `made` are void, and all of them are
/// ignored until `until`.
public struct Pardon: Hashable, Sendable {
  public var prefix: Prefix
  public var made, until: UInt32

  public init(_ prefix: Prefix, made: UInt32, until: UInt32) {
    (self.prefix, self.made, self.until) = (prefix, made, until)
  }
}

/// Why a report doesn't become a block.
public enum Suppression: String, Hashable, Sendable, CaseIterable {
  case allowed = "the address is allowed here"
  case ownAddress = "the address is this machine's, its gateway's or its resolver's"
  case homeNetwork = "a user of this machine logs in from there"
  case tooWide = "the network is larger than fleet_prefix allows"
  case pardoned = "an operator has pardoned it"
  case tooManyOfOrigin = "the machine reports more than fleet_max_origin"
  case tooManyPerMinute = "the machine reports more a minute than fleet_max_minute"
  case tooManyCounted = "the machine counts failures of more than 10 000 sources"
  case tooManyOfLength = "there are more networks of this size than count"
  case tooFewReporters = "fewer machines than fleet_min_reporters report it"
  case lapsed = "one machine alone has reported it, for as long as it is believed"
  case tooManyInAll = "there are more reports than fleet_max"
}
