internal import Policy

extension Prefix {
  /// The fewest prefixes that have all its addresses but those of `others`: itself if they share
  /// none, nothing if they have all.
  public func without(_ others: [Prefix]) -> [Prefix] {
    let shared = others.filter { $0.overlaps(self) }
    if shared.isEmpty { return [self] }
    if shared.contains(where: { $0.contains(self) }) { return [] }
    return halves.flatMap { $0.without(shared) }
  }

  /// Both prefixes of one bit more; itself and nothing of an address alone.
  private var halves: [Prefix] {
    let most: UInt8 = isIPv6 ? 128 : 32
    guard length < most else { return [self] }
    let bit = UInt64(1) << 63
    let (high, low) = (
      length < 64 ? high | bit >> UInt64(length) : high,
      length < 64 ? low : low | bit >> UInt64(length - 64)
    )
    let second: HostAddress =
      isIPv6 ? .v6(high: high, low: low) : .v4(UInt32(truncatingIfNeeded: high >> 32))
    return [Prefix(address, length: length + 1), Prefix(second, length: length + 1)]
  }
}
