internal import CSystem

/// SipHash-2-4: without the key, an attacker can't find names that have the same hash, so two
/// subjects never count as one.
public struct KeyedHash {
  private let (key0, key1): (UInt64, UInt64)

  public init(_ key0: UInt64, _ key1: UInt64) { (self.key0, self.key1) = (key0, key1) }

  /// Never 0.
  public func hash(_ bytes: [UInt8]) -> UInt64 {
    max(unsafe csystem_siphash(key0, key1, bytes, bytes.count), 1)
  }

  /// Likewise, of what is to be copied nowhere.
  public func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    max(unsafe csystem_siphash(key0, key1, bytes.baseAddress, bytes.count), 1)
  }
}
