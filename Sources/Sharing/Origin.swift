/// The machine that a map belongs to: the common name of its certificate.
///
/// It is part of a topic, and is printed; so only names without a byte that means something in
/// either are origins.
public struct Origin: Hashable, Comparable, Sendable {
  /// Letters, digits, `.`, `-`, `_` and `:`, 1 to 64 of them.
  public let bytes: [UInt8]

  /// Nil for what can't be the name of a machine.
  public init?(_ bytes: some Collection<UInt8>) {
    guard 1...64 ~= bytes.count, bytes.allSatisfy(Self.isAllowed) else { return nil }
    self.bytes = Array(bytes)
  }

  /// Nil for what can't be the name of a machine.
  public init?(_ text: String) { self.init(Array(text.utf8)) }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
      UInt8(ascii: "_"), UInt8(ascii: ":"):
      true
    default: false
    }
  }

  public var text: String { String(decoding: bytes, as: UTF8.self) }

  public static func < (left: Origin, right: Origin) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}
