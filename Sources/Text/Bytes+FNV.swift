extension Sequence<UInt8> {
  /// FNV-1a, of 64 bits (Fowler, Noll and Vo). Stores and messages have what it gives, so it never
  /// changes. It doesn't resist an attacker.
  @inlinable public var fnv1a: UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in self { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
  }
}
