/// How integers stand in records and keys: big-endian, so that they sort, and that a dump reads the
/// same everywhere.
enum Bytes {
  @inline(never)
  static func bigEndian(_ value: UInt64, count: Int = 8) -> [UInt8] {
    var bytes: [UInt8] = []
    for place in 1...max(count, 1) {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - place))))
    }
    return bytes
  }

  /// Of times, which aren't negative.
  static func bigEndian(_ seconds: Int64) -> [UInt8] {
    bigEndian(UInt64(max(seconds, 0)))
  }

  /// Takes a record apart, from its front; nil once it is too short for what is asked.
  struct Reader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }
    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
      guard count >= 0, rest.count >= count else { return nil }
      let taken = rest.prefix(count)
      rest = rest.dropFirst(count)
      return taken
    }

    mutating func integer(_ count: Int) -> UInt64? {
      guard let bytes = take(count) else { return nil }
      return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func byte() -> UInt8? { take(1)?.first }

    mutating func int64() -> Int64? {
      guard let value = integer(8), value <= UInt64(Int64.max) else { return nil }
      return Int64(value)
    }

    /// Bytes behind their count, which is of two bytes.
    mutating func string() -> ArraySlice<UInt8>? {
      guard let count = integer(2) else { return nil }
      return take(Int(count))
    }
  }

  /// The most that `string` keeps: a name of 255 bytes and what a key puts in front of it.
  static let longestString = 257

  /// `bytes` behind their count; what is beyond `longestString` is cut.
  @inline(never)
  static func string(_ bytes: [UInt8]) -> [UInt8] {
    let kept = bytes.prefix(longestString)
    return bigEndian(UInt64(kept.count), count: 2) + kept
  }
}
