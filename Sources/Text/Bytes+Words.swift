/// What a login does with whole files and pages: eight bytes at a time.
extension [UInt8] {
  /// Where `byte` stands first, from `start` on; nil if it doesn't.
  @inline(never)
  public func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var index = start
    while index + 8 <= count {
      // A byte of this is 0 where `byte` stands, and the first such byte borrows.
      let other = word(at: index) ^ (ones &* UInt64(byte))
      if (other &- ones) & ~other & (ones << 7) != 0 { break }
      index += 8
    }
    while index < count {
      if self[index] == byte { return index }
      index += 1
    }
    return nil
  }

  /// Whether `other` has the same bytes.
  @inline(never)
  public func isSame(as other: [UInt8]) -> Bool {
    guard count == other.count else { return false }
    var index = 0
    while index + 8 <= count {
      guard word(at: index) == other.word(at: index) else { return false }
      index += 8
    }
    return self[index...].elementsEqual(other[index...])
  }

  /// Eight bytes at `index`, in the order of the machine.
  private func word(at index: Int) -> UInt64 {
    precondition(index >= 0 && index + 8 <= count)
    return unsafe withUnsafeBytes {
      unsafe $0.loadUnaligned(fromByteOffset: index, as: UInt64.self)
    }
  }
}
