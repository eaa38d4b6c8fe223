internal import Policy
internal import Text

/// One change of a map, or one row of it.
public struct Record: Hashable, Sendable {
  public enum Kind: UInt8, Sendable {
    case block = 1
    case withdrawn = 2
  }

  /// What it says, and of which addresses.
  public var kind: Kind
  public var prefix: Prefix
  /// How many failures led to it; 65 535 is that many or more.
  public var failures: UInt16
  /// When it was made and when it ends, in seconds of UTC.
  public var made: UInt32
  public var until: UInt32

  public init(_ kind: Kind, _ prefix: Prefix, failures: UInt16, made: UInt32, until: UInt32) {
    (self.kind, self.prefix, self.failures) = (kind, prefix, failures)
    (self.made, self.until) = (made, until)
  }

  /// How many bytes it takes: 16, or 28 for IPv6.
  var size: Int { prefix.isV6 ? 28 : 16 }
}

extension Prefix {
  /// Which of an origin's documents it stands in.
  ///
  /// FNV-1a of the family, the length and the address, mixed as MurmurHash3 does at its end: the
  /// same on every machine, for ever.
  public var shard: Int {
    var hash = ([isV6 ? 6 : 4, length] + address.octets).fnv1a
    hash = (hash ^ hash >> 33) &* 0xFF51_AFD7_ED55_8CCD
    return Int(hash >> 60)
  }
}
