internal import LMDB
public import Policy
internal import Text

/// What an administrator has said by hand of a host, a network or a user: let it pass, or keep it
/// out.
///
/// It keeps the form that it has in the store, of which a login reads little.
public final class Decree: Equatable, Sendable {
  public enum Kind: UInt8, CaseIterable, Sendable {
    case allow = 0
    case block = 1
  }

  /// Whether it lets pass, or keeps out.
  public let kind: Kind
  /// Of the address of a network the further bits are zero.
  package let key: [UInt8]
  package let value: [UInt8]

  /// Layout 1, until 8, number 8, made 8, hits 8, last hit 8, by, reason.
  package static let layout: UInt8 = 1
  private static let head = 41

  /// Reads what is stored; nil if that is no decree to this version.
  package convenience init?(_ key: [UInt8], _ value: [UInt8]) {
    guard key.count > 3, let kind = key.last.flatMap(Kind.init), value.count > Self.head,
      value[0] == Self.layout
    else { return nil }
    self.init(kind, key, valued: value)
  }

  private init(_ kind: Kind, _ key: [UInt8], valued value: [UInt8]) {
    (self.kind, self.key, self.value) = (kind, key, value)
  }

  public static func == (one: Decree, other: Decree) -> Bool {
    one.key == other.key && one.value == other.value
  }

  /// The first second in which it doesn't hold; `Timestamp.never` if it has no end.
  public var until: Timestamp { Timestamp(seconds: integer(0)) }

  /// Of the prefix; 0 of a name.
  var length: UInt8 { key[key.count - 2] }

  package func isOver(at now: Timestamp) -> Bool { until <= now }

  /// What tells it from others, also from one of the same subject before.
  package var number: [UInt8] { Array(value[9..<17]) }

  /// The integer of that place, behind the layout.
  private func integer(_ place: Int) -> Int64 {
    var reader = Bytes.Reader(value[(1 + 8 * place)...])
    return reader.int64() ?? 0
  }
}

extension Decree {
  /// What it means: an address or a network, a host that is known by its name, or a user.
  public var target: AllowList.Entry {
    let name = Array(key.dropLast(2))
    switch SubjectKey(decoding: name)?.subject {
    case .host(.address(let address)):
      return .network(Network(address, prefixLength: length))
    case .host(.name(let name)): return .host(name)
    case .user(let name): return .user(name)
    default: return .user(Name(name))
    }
  }

  /// As a login that it keeps out is told: see `Block`.
  public var block: Block { Block(decreed: target.text, until: until) }
}

/// What only questions about decrees read.
extension Decree {
  /// When it was made.
  public var made: Timestamp { Timestamp(seconds: integer(2)) }
  /// How many attempts it has decided, as far as that was counted.
  public var hits: Int { Int(integer(3)) }
  /// Nil if it hasn't decided any.
  public var lastHit: Timestamp? { integer(4) == 0 ? nil : Timestamp(seconds: integer(4)) }

  /// The user that made it: `root`, `root (sudo: anna)`.
  public var by: Name { strings.by }
  /// Why, as that person wrote; empty if nothing was said.
  public var reason: Name { strings.reason }

  private var strings: (by: Name, reason: Name) {
    var reader = Bytes.Reader(value[Self.head...])
    return (Name(reader.string() ?? []), Name(reader.string() ?? []))
  }

  /// Whether it means `subject`.
  public func means(_ subject: Subject) -> Bool { target.contains(subject) }

  /// - Parameters:
  ///   - number: what tells it from others.
  ///   - by: is cut at 255 bytes, as `reason` is.
  package convenience init(_ order: DecreeOrder, number: [UInt8]) {
    var value = [Self.layout] + Bytes.bigEndian(order.until.seconds) + number
    value += Bytes.bigEndian(order.made.seconds) + Bytes.bigEndian(Int64(order.hits))
    value += Bytes.bigEndian(order.lastHit?.seconds ?? 0)
    value += Bytes.string(order.by.bytes) + Bytes.string(order.reason.bytes)
    self.init(order.kind, order.target.decreeKey(order.kind), valued: value)
  }

  /// What makes it anew.
  public var order: DecreeOrder {
    var order = DecreeOrder(kind, target, until: until, by: by, reason: reason, at: made)
    (order.hits, order.lastHit) = (hits, lastHit)
    return order
  }
}

/// What an administrator wants to be so.
public struct DecreeOrder: Equatable, Sendable {
  public let kind: Decree.Kind
  public let target: AllowList.Entry
  /// `Timestamp.never` if it has no end.
  public let until: Timestamp
  public let by: Name
  public let reason: Name
  public let made: Timestamp
  /// What it has decided elsewhere.
  public var hits = 0
  public var lastHit: Timestamp?

  public init(
    _ kind: Decree.Kind, _ target: AllowList.Entry, until: Timestamp = .never, by: Name,
    reason: Name = "", at now: Timestamp
  ) {
    (self.kind, self.target, self.until) = (kind, target, until)
    (self.by, self.reason, made) = (by, reason, now)
  }

  /// The same for what it means, as that is counted.
  package func counted(by configuration: Configuration) -> DecreeOrder {
    var order = DecreeOrder(
      kind, configuration.counted(target), until: until, by: by, reason: reason, at: made)
    (order.hits, order.lastHit) = (hits, lastHit)
    return order
  }
}

extension AllowList.Entry {
  /// The key of its decree; the bits of an address that don't matter are zero.
  package func decreeKey(_ kind: Decree.Kind) -> [UInt8] {
    let (key, length): ([UInt8], UInt8) =
      switch self {
      case .network(let network):
        (SubjectKey(.host(.address(network.address))).bytes, network.prefixLength)
      case .host(let name): (SubjectKey(.host(.name(name))).bytes, 0)
      case .user(let name): (SubjectKey(.user(name)).bytes, 0)
      }
    return Decree.key(key, length, kind.rawValue)
  }
}
