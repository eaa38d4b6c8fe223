internal import Text

/// One step of a rule, in the language of the kernel's little machine: registers 8 to 23 have four
/// bytes each.
struct Expression {
  let name: Text
  let attributes: Attributes

  private init(_ name: Text, _ fill: (inout Attributes) -> Void) {
    var attributes = Attributes()
    fill(&attributes)
    (self.name, self.attributes) = (name, attributes)
  }

  /// The first register, and how a place behind it is numbered.
  static let register: UInt32 = 8

  /// The protocol of the packet's network layer (15), of its transport (16), and the like.
  static func meta(_ key: UInt32) -> Expression {
    Expression("meta") {
      $0.put(1, register)
      $0.put(2, key)
    }
  }

  /// Bytes of the packet: of the network's header, or the transport's, which is found behind those
  /// that IPv6 may have between.
  static func payload(
    _ base: Base, offset: UInt32, count: UInt32, into register: UInt32 = register
  ) -> Expression {
    Expression("payload") {
      $0.put(1, register)
      $0.put(2, base.rawValue)
      $0.put(3, offset)
      $0.put(4, count)
    }
  }

  enum Base: UInt32 {
    case network = 1
    case transport = 2
  }

  /// Keeps the bits of `mask`.
  static func and(_ mask: [UInt8]) -> Expression {
    Expression("bitwise") {
      $0.put(1, register)
      $0.put(2, register)
      $0.put(3, UInt32(truncatingIfNeeded: mask.count))
      $0.nest(4) { $0.put(1, mask) }
      $0.nest(5) { $0.put(1, [UInt8](repeating: 0, count: mask.count)) }
    }
  }

  /// Goes on if the register is `value`, or isn't.
  static func compare(_ value: [UInt8], isEqual: Bool = true) -> Expression {
    Expression("cmp") {
      $0.put(1, register)
      $0.put(2, UInt32(isEqual ? 0 : 1))
      $0.nest(3) { $0.put(1, value) }
    }
  }

  /// Writes `value` to a register.
  static func immediate(_ value: [UInt8], into register: UInt32) -> Expression {
    Expression("immediate") {
      $0.put(1, register)
      $0.nest(2) { $0.put(1, value) }
    }
  }

  /// Goes on if what is in the registers is in the set.
  static func lookup(_ set: Text) -> Expression {
    Expression("lookup") {
      $0.put(1, set)
      $0.put(2, register)
    }
  }

  /// Goes on for at most that many packets.
  static func limit(_ rate: PacketRate) -> Expression { Expression("limit") { rate.put(&$0) } }

  /// Notes the address in the set, for `timeout`, and goes on if it has more packets than that.
  static func meter(_ set: Text, over rate: PacketRate) -> Expression {
    Expression("dynset") {
      $0.put(1, set)
      $0.put(3, UInt32(1))
      $0.put(4, register)
      $0.put(6, rate.seconds &* 1000)
      $0.nest(7) {
        $0.put(1, "limit" as Text)
        $0.nest(2) {
          rate.put(&$0)
          $0.put(5, UInt32(1))
        }
      }
    }
  }

  /// A line in the kernel's log.
  static func log(_ prefix: Text) -> Expression {
    Expression("log") {
      $0.put(2, prefix)
      $0.put(5, UInt32(6))
    }
  }

  /// Counts the packet.
  static func count(_ counter: Text) -> Expression {
    Expression("objref") {
      $0.put(1, UInt32(1))
      $0.put(2, counter)
    }
  }

  static let drop = verdict(0)
  static let accept = verdict(1)
  static func go(to chain: Text) -> Expression { verdict(-4, chain) }

  private static func verdict(_ code: Int32, _ chain: Text? = nil) -> Expression {
    Expression("immediate") {
      $0.put(1, UInt32(0))
      $0.nest(2) {
        $0.nest(2) {
          $0.put(1, UInt32(bitPattern: code))
          if let chain { $0.put(2, chain) }
        }
      }
    }
  }
}

/// So many packets in so long, and as many at once.
public struct PacketRate: Equatable, Sendable {
  public let packets: UInt64
  public let seconds: UInt64
  public let burst: UInt32

  public init(packets: UInt64, seconds: UInt64, burst: UInt32) {
    (self.packets, self.seconds, self.burst) = (packets, seconds, burst)
  }

  /// The same in a unit that nft has a name for: 5 in two minutes are 150 in an hour, for the
  /// kernel spreads them evenly anyway.
  private var named: (packets: UInt64, seconds: UInt64) {
    let units: [UInt64] = [1, 60, 3600, 86_400, 604_800]
    let fitting = units.first { packets &* $0 % max(seconds, 1) == 0 && packets &* $0 >= seconds }
    let unit = fitting ?? 604_800
    return (max(1, packets &* unit / max(seconds, 1)), unit)
  }

  fileprivate func put(_ attributes: inout Attributes) {
    attributes.put(1, named.packets)
    attributes.put(2, named.seconds)
    attributes.put(3, burst)
    attributes.put(4, UInt32(0))
  }
}
