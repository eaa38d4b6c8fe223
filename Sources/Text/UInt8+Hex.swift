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
