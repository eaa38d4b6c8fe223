/// How integers stand in records and keys: big-endian, so that they sort, and that a dump reads the
/// same everywhere.
enum Bytes {
  @inline(never)
  static func bigEndian(_ value: UInt64, count: Int = 8) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    for place in bytes.indices {
      bytes[place] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - place)))
    }
    return bytes
  }

  /// Of times, which aren't negative.
  static func bigEndian(_ seconds: Int64) -> [UInt8] {
    bigEndian(UInt64(max(seconds, 0)))
  }

  /// Takes a record apart, from its front; nil once it is too short for what is asked.
  ///
  /// By places in the record: slices of slices would cost more than all else that a login does.
  struct Reader {
    private let bytes: ArraySlice<UInt8>
    private var next: Int

    init(_ bytes: [UInt8]) { self.init(bytes[...]) }
    init(_ bytes: ArraySlice<UInt8>) { (self.bytes, next) = (bytes, bytes.startIndex) }

    var rest: ArraySlice<UInt8> { bytes[next...] }

    var isAtEnd: Bool { next == bytes.endIndex }

    mutating func skip(_ count: Int) -> Bool {
      guard count >= 0, bytes.endIndex - next >= count else { return false }
      next += count
      return true
    }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
      let start = next
      return skip(count) ? bytes[start..<next] : nil
    }

    mutating func integer(_ count: Int) -> UInt64? {
      let start = next
      guard skip(count) else { return nil }
      var value: UInt64 = 0
      for place in start..<next { value = value << 8 | UInt64(bytes[place]) }
      return value
    }

    mutating func byte() -> UInt8? { integer(1).map { UInt8(truncatingIfNeeded: $0) } }

    mutating func int64() -> Int64? {
      guard let value = integer(8), value <= UInt64(Int64.max) else { return nil }
      return Int64(value)
    }

    /// Bytes behind their count, which is of two bytes.
    mutating func string() -> ArraySlice<UInt8>? {
      guard let count = integer(2) else { return nil }
      return take(Int(count))
    }

    mutating func skipString() -> Bool {
      guard let count = integer(2) else { return false }
      return skip(Int(count))
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
