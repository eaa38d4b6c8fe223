internal import CSystem

/// A file that is mapped, as words of 64 bits: what one process writes there all others see.
///
/// Each word is read and written as a whole, and in one order for all processes (sequentially
/// consistent). What lies outside of the file reads as 0 and is not written.
///
/// The file must never be shortened while it is mapped: see `isWhole`.
@safe public final class SharedMemory: @unchecked Sendable {
  private let base: UnsafeMutableRawPointer
  private let length: Int

  private init(_ base: UnsafeMutableRawPointer, _ length: Int) {
    unsafe self.base = base
    self.length = length
  }

  /// Maps the first `length` bytes of `file`, which is at least as long.
  ///
  /// - Parameter isHidden: whether no core may have them.
  public convenience init(
    _ file: borrowing File, length: Int, isHidden: Bool = false
  ) throws(SystemError) {
    guard let base = unsafe csystem_map(file.descriptor, length) else {
      throw .last(.map, file.path)
    }
    if isHidden, unsafe csystem_hide(base, length) != 0 {
      unsafe munmap(base, length)
      throw .last(.map, file.path)
    }
    unsafe self.init(base, length)
  }

  /// Whether the file is as long as it was: an access to what it has no more would end the process.
  public var isWhole: Bool { unsafe csystem_is_whole(base, length) != 0 }

  /// The number of the word `index`.
  public subscript(_ index: Int) -> UInt64 {
    guard let word = unsafe word(index) else { return 0 }
    return unsafe csystem_load(word)
  }

  /// Writes the word `index`.
  public func store(_ value: UInt64, at index: Int) {
    if let word = unsafe word(index) { unsafe csystem_store(word, value) }
  }

  /// Writes `value` if `expected` stands there, and says whether it did.
  public func replace(_ expected: UInt64, by value: UInt64, at index: Int) -> Bool {
    guard let word = unsafe word(index) else { return false }
    return unsafe csystem_exchange(word, expected, value) != 0
  }

  /// Adds `amount`, and says what stood there before.
  @discardableResult
  public func add(_ amount: UInt64, at index: Int) -> UInt64 {
    guard let word = unsafe word(index) else { return 0 }
    return unsafe csystem_fetch_add(word, amount)
  }

  /// Sees to it that no less than `value` stands there.
  public func raise(to value: UInt64, at index: Int) {
    var known = self[index]
    while known < value, !replace(known, by: value, at: index) { known = self[index] }
  }

  /// `count` bytes from the word `index` on, read word by word.
  public func bytes(_ count: Int, at index: Int) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: (count + 7) & ~7) { bytes, filled in
      for place in 0..<(count + 7) / 8 {
        let (word, offset) = (self[index + place].littleEndian, 8 * place)
        unsafe UnsafeMutableRawBufferPointer(bytes)
          .storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
      }
      filled = count
    }
  }

  /// Writes `bytes` from the word `index` on, word by word; the last one is filled up with zeros.
  public func write(_ bytes: [UInt8], at index: Int) {
    for place in 0..<(bytes.count + 7) / 8 {
      var word: UInt64 = 0
      for shift in 0..<min(8, bytes.count - 8 * place) {
        word |= UInt64(bytes[8 * place + shift]) << UInt64(8 * shift)
      }
      store(word, at: index + place)
    }
  }

  /// Groups of words, one behind the other: the word 0 of each says in its lowest four bits, if
  /// these are more than 1, that the group is in use; of its words `marks` are marks, up to a 0.
  public struct Groups: Sendable {
    let start: Int
    let size: Int
    let marks: Range<Int>

    /// From the word `start` on, `size` words each.
    public init(from start: Int, size: Int, marks: Range<Int>) {
      (self.start, self.size, self.marks) = (start, size, marks)
    }
  }

  /// The first of these groups in `range` that is in use and has any of `marks`, as it stood at
  /// one moment; nil if none has.
  public func first(of groups: Groups, in range: Range<Int>, with marks: [UInt64]) -> Int? {
    let place = groups.start + range.upperBound * groups.size
    let isWithin = range.lowerBound >= 0 && place <= length / 8
    guard isWithin, let base = unsafe word(groups.start) else { return nil }
    let found = unsafe marks.withUnsafeBufferPointer { marks in
      unsafe csystem_find_group(
        base, groups.size, range.lowerBound, range.upperBound, groups.marks.lowerBound,
        groups.marks.upperBound, marks.baseAddress, marks.count)
    }
    return found < range.upperBound ? found : nil
  }

  private func word(_ index: Int) -> UnsafeMutableRawPointer? {
    guard index >= 0, index < length / 8 else { return nil }
    return unsafe base + 8 * index
  }

  deinit { unsafe munmap(base, length) }
}
