extension UInt8 {
  /// What it means as a hexadecimal digit, in capitals or not; nil if it is none.
  public var hexValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self & 15
    case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
      (self & 15) + 9
    default: nil
    }
  }
}

extension [UInt8] {
  /// The bytes of two hexadecimal digits each, with or without blanks between them; nil if that is
  /// malformed.
  public init?(hexadecimal text: some Collection<UInt8>) {
    self = []
    reserveCapacity(text.count / 2)
    var high: UInt8?
    for byte in text {
      if byte == UInt8(ascii: " "), high == nil { continue }
      guard let digit = byte.hexValue else { return nil }
      if let first = high {
        append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    guard high == nil else { return nil }
  }
}
