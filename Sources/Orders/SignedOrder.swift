/// The text of an order and its signature, as they are carried: two bytes for the length of the
/// text, the text, and the signature as ssh-keygen writes it.
public struct SignedOrder: Hashable, Sendable {
  public var text: [UInt8]
  public var signature: [UInt8]

  /// How long a signature may be: of RSA with 16 384 bits it has 4200 bytes.
  public static let mostSignature = 8192

  public init(text: [UInt8], signature: [UInt8]) {
    (self.text, self.signature) = (text, signature)
  }

  /// Reads what `encoded` writes.
  public init(decoding bytes: [UInt8]) throws(OrderRefusal) {
    guard bytes.count > 2 else { throw .malformed("it is cut short") }
    let length = Int(bytes[0]) << 8 | Int(bytes[1])
    guard length <= Order.mostBytes, bytes.count > 2 + length,
      bytes.count - 2 - length <= Self.mostSignature
    else { throw .malformed("its lengths contradict each other") }
    text = Array(bytes[2..<(2 + length)])
    signature = Array(bytes[(2 + length)...])
  }

  public var encoded: [UInt8] {
    [UInt8(truncatingIfNeeded: text.count >> 8), UInt8(truncatingIfNeeded: text.count)]
      + text + signature
  }
}
