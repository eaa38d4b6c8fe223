/// Where a message stands: what it is, and whose.
///
/// The broker lets a machine write under its own name only. So the origin of a message is that of
/// its topic, whatever the message says.
public struct Topic: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case live, head, state, order, count
  }

  /// What it is about, and whose it is.
  public let kind: Kind
  public let origin: Origin
  /// Of a `state`; else 0.
  public let shard: UInt8

  public init(_ kind: Kind, _ origin: Origin, shard: UInt8 = 0) {
    (self.kind, self.origin) = (kind, origin)
    self.shard = kind == .state ? shard : 0
  }

  /// What every topic begins with.
  public static let root = "abl/1/"

  /// How many documents a map is in.
  public static let shards = 16

  public var text: String {
    let stem = Self.root + kind.rawValue + "/" + origin.text
    return kind == .state ? "\(stem)/\(shard)" : stem
  }

  /// Reads `abl/1/KIND/ORIGIN` or `abl/1/state/ORIGIN/SHARD`; nil for anything else.
  public init?(parsing text: String) {
    let words = text.split(separator: "/", omittingEmptySubsequences: false)
    guard words.count >= 4, words[0] == "abl", words[1] == "1",
      let kind = Kind(rawValue: String(words[2])), let origin = Origin(String(words[3]))
    else { return nil }
    guard kind == .state else {
      guard words.count == 4 else { return nil }
      self.init(kind, origin)
      return
    }
    guard words.count == 5, let shard = UInt8(words[4]), shard < Self.shards,
      String(shard) == words[4]
    else { return nil }
    self.init(kind, origin, shard: shard)
  }

  /// Whether the broker keeps the last message for those that come later.
  public var isRetained: Bool { kind != .live && kind != .count }
}
