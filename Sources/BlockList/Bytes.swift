/// How integers stand in records and keys: big-endian, so that they sort, and that a dump reads the
/// same everywhere.
package enum Bytes {
  @inline(never)
  package static func bigEndian(_ value: UInt64, count: Int = 8) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    for place in bytes.indices {
      bytes[place] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - place)))
    }
    return bytes
  }

  /// Of times, which aren't negative.
  package static func bigEndian(_ seconds: Int64) -> [UInt8] {
    bigEndian(UInt64(max(seconds, 0)))
  }

  /// Takes a record apart, from its front; nil once it is too short for what is asked.
  ///
  /// Not inlined: a record has many fields, and their reading was a fiftieth of the module.
  package struct Reader {
    private let bytes: ArraySlice<UInt8>
    private var offset: Int

    package init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    package init(_ bytes: ArraySlice<UInt8>) { (self.bytes, offset) = (bytes, bytes.startIndex) }

    package var rest: ArraySlice<UInt8> {
      @inline(never) get { bytes[offset...] }
    }

    var isAtEnd: Bool { offset == bytes.endIndex }

    /// Steps over so many bytes, and says where they begin.
    @inline(never)
    package mutating func skip(_ count: Int) -> Int? {
      guard count >= 0, bytes.endIndex - offset >= count else { return nil }
      defer { offset += count }
      return offset
    }

    @inline(never)
    package mutating func integer(_ count: Int) -> UInt64? {
      guard let start = skip(count) else { return nil }
      var value: UInt64 = 0
      for place in start..<start + count { value = value << 8 | UInt64(bytes[place]) }
      return value
    }

    package mutating func byte() -> UInt8? { integer(1).map { UInt8(truncatingIfNeeded: $0) } }

    @inline(never)
    package mutating func int64() -> Int64? {
      guard let value = integer(8), value <= UInt64(Int64.max) else { return nil }
      return Int64(value)
    }

    /// Bytes behind their count, which is of two bytes.
    mutating func string() -> [UInt8]? { slice().map { Array($0) } }

    /// Likewise, where they stand.
    @inline(never)
    mutating func slice() -> ArraySlice<UInt8>? {
      guard let count = integer(2), let start = skip(Int(count)) else { return nil }
      return bytes[start..<start + Int(count)]
    }

    /// Steps over a string; false if there is none.
    mutating func skipString() -> Bool { slice() != nil }
  }

  /// A port; nothing if it isn't known.
  @inline(never)
  static func port(_ port: UInt16) -> [UInt8] {
    port == 0 ? [] : bigEndian(UInt64(port), count: 2)
  }

  /// The most that `string` keeps: a name of 255 bytes and what a key puts in front of it.
  static let longestString = 255 + 19

  /// `bytes` behind their count; what is beyond `longestString` is cut.
  @inline(never)
  static func string(_ bytes: [UInt8]) -> [UInt8] {
    let kept = bytes.prefix(longestString)
    return bigEndian(UInt64(kept.count), count: 2) + kept
  }
}
