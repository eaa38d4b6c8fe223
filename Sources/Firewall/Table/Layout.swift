internal import Text

/// What the table looks like, beside what its sets hold.
public struct Layout: Equatable, Sendable {
  /// The lengths of prefixes there are sets for.
  public private(set) var lengths4: [UInt8] = [32, 24]
  public private(set) var lengths6: [UInt8] = [128, 64, 48]
  /// What is let through before a block is looked for.
  public var allowed: [Prefix] = []
  /// How often a dropped packet is logged; nil: never.
  public var log: PacketRate? = PacketRate(packets: 10, seconds: 60, burst: 5)
  /// How many connections an address may begin at one of `ratePorts`; nil: as many as it likes.
  public var rate: PacketRate?
  public var ratePorts: [UInt16] = []
  /// How many elements a set has room for: more than are ever wanted, for what has expired keeps its
  /// place until the kernel cleans up.
  public var setSize: UInt32 = 131_072

  public init() {}

  /// Adds sets for the lengths of `wanted`; true if there were not all of them.
  public mutating func widen(for wanted: Wanted) -> Bool {
    let before = self
    lengths4 = Set(lengths4 + wanted.lengths(isIPv6: false)).sorted(by: >)
    lengths6 = Set(lengths6 + wanted.lengths(isIPv6: true)).sorted(by: >)
    return self != before
  }

  /// Takes over the lengths of `other`: a set that was needed once stays.
  public mutating func keepSets(of other: Layout) {
    (lengths4, lengths6) = (other.lengths4, other.lengths6)
  }

  /// The lengths there are sets for, the longest first.
  public func lengths(isIPv6: Bool) -> [UInt8] { isIPv6 ? lengths6 : lengths4 }
}

extension Prefix {
  /// The set of that kind and length: `port4_24` has blocks of one port, `all6_64` of all, and
  /// `allow4_32` what is let through.
  static func set(_ kind: Text, isIPv6: Bool, _ length: UInt8) -> Text {
    kind + (isIPv6 ? "6_" : "4_") + Text(UInt64(length))
  }
}

extension Element {
  /// The set that it is in.
  var set: Text {
    Prefix.set(port == Self.allPorts ? "all" : "port", isIPv6: prefix.isIPv6, prefix.length)
  }
}

/// The names of the table and what is in it.
enum TableName {
  static let table: Text = "abl"
  static let entry: Text = "incoming"
  static let ratePorts: Text = "rate_ports"

  static func check(isIPv6: Bool) -> Text { isIPv6 ? "check6" : "check4" }
  static func refuse(isIPv6: Bool) -> Text { isIPv6 ? "refuse6" : "refuse4" }
  static func limit(isIPv6: Bool) -> Text { isIPv6 ? "limit6" : "limit4" }
  static func rateSet(isIPv6: Bool) -> Text { isIPv6 ? "rate6" : "rate4" }
  static func dropped(isIPv6: Bool) -> Text { isIPv6 ? "dropped6" : "dropped4" }
  static func limited(isIPv6: Bool) -> Text { isIPv6 ? "limited6" : "limited4" }
}
