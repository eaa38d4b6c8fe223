public import Sharing

/// The orders that hold: the union of all that was ever shown to be signed, until their end.
///
/// It doesn't matter which courier brought them, in which order, or how often.
public struct OrderBook: Sendable {
  public enum News: Hashable, Sendable { case new, known }

  private var signed: [String: (order: Order, envelope: SignedOrder)] = [:]
  /// How many there may be.
  public static let most = 10_000

  public init() {}

  /// Takes over an order whose signature was verified.
  public mutating func add(
    _ order: Order, _ envelope: SignedOrder, at now: UInt32
  ) throws(OrderRefusal) -> News {
    if let old = signed[order.id] {
      guard old.order == order else { throw .otherOrderOfThisID }
      return .known
    }
    guard signed.count < Self.most else { throw .tooMany }
    signed[order.id] = (order, envelope)
    return .new
  }

  /// Whether this very order was verified before: it needn't be again.
  public func contains(_ envelope: SignedOrder) -> Bool {
    guard let order = try? Order(parsing: envelope.text) else { return false }
    return signed[order.id]?.order == order
  }

  /// Removes what has ended.
  public mutating func forgetEnded(at now: UInt32) {
    signed = signed.filter { $0.value.order.until > now }
  }

  /// Those that hold, the first made first.
  public func orders(at now: UInt32) -> [Order] {
    signed.values.map(\.order).filter { $0.until > now }.sorted { $0.precedes($1) }
  }

  /// As they are to be carried on.
  public func envelopes(at now: UInt32) -> [SignedOrder] {
    orders(at: now).compactMap { signed[$0.id]?.envelope }
  }

  /// The last word about each subject.
  public func decrees(at now: UInt32) -> [Order.Subject: Order] {
    Dictionary(orders(at: now).map { ($0.subject, $0) }) { $1 }
  }

  /// What `FleetPolicy` must ignore: subjects that were unblocked or allowed.
  public func pardons(at now: UInt32) -> [Pardon] {
    orders(at: now).compactMap { order in
      guard order.action == .unblock || order.action == .allow,
        case .prefix(let prefix) = order.subject
      else { return nil }
      return Pardon(prefix, made: order.made, until: order.until)
    }
  }
}

extension Order {
  /// Of two about one subject the later holds; of two of one second that with the greater id.
  fileprivate func precedes(_ other: Order) -> Bool {
    made != other.made ? made < other.made : id < other.id
  }
}
