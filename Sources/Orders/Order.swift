public import Sharing

/// What a person orders for all machines: signed by that person alone.
public struct Order: Hashable, Sendable {
  public enum Action: String, Sendable, CaseIterable {
    /// Ends all blocks of the subject, and voids the failures up to then.
    case unblock
    /// Blocks it until the order ends.
    case block
    /// Neither counts nor refuses it until the order ends.
    case allow
    /// Ends such an `allow`.
    case disallow
  }

  /// What an order is about.
  public enum Subject: Hashable, Sendable {
    case prefix(Prefix)
    /// Visible ASCII, without a backslash.
    case user([UInt8])

    /// Whether it is `/0`: no machine blocks that.
    public var isEveryAddress: Bool {
      if case .prefix(let prefix) = self { prefix.length == 0 } else { false }
    }
  }

  /// 32 hexadecimal digits: drawn by lot when the order is made.
  public var id: String
  public var action: Action
  public var subject: Subject
  /// In seconds of UTC. Behind `until` the order means nothing, and is carried no further.
  public var made, until: UInt32
  /// The principal in the file of operators whose key must have signed.
  public var by: String
  /// Why, for people; may be empty.
  public var reason: String

  /// How long an order may hold, in seconds: 366 days.
  public static let longest: UInt32 = 366 * 86_400
  /// How long its text may be.
  public static let mostBytes = 1024
  /// What the signature says that it is for.
  public static let namespace = "abl-order"

  public init(
    id: String, _ action: Action, _ subject: Subject, made: UInt32, until: UInt32, by: String,
    reason: String = ""
  ) {
    (self.id, self.action, self.subject) = (id, action, subject)
    (self.made, self.until, self.by, self.reason) = (made, until, by, reason)
  }

  /// The first eight bytes of the id, as heads name orders that were carried out.
  public var number: UInt64 { UInt64(id.prefix(16), radix: 16) ?? 0 }
}
