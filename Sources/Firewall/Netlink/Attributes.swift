internal import Text

/// Attributes of a netlink message, as they are sent: each with its length and type, and padded to
/// four bytes. Numbers within are big-endian, as nf_tables has them.
struct Attributes {
  private(set) var bytes: [UInt8] = []

  mutating func put(_ type: UInt16, _ value: [UInt8]) {
    begin(type, length: value.count)
    bytes += value
    pad()
  }

  /// A text, with the NUL that ends it.
  mutating func put(_ type: UInt16, _ text: Text) { put(type, text.bytes + [0]) }

  mutating func put(_ type: UInt16, _ number: UInt32) { put(type, number.octets) }

  mutating func put(_ type: UInt16, _ number: UInt64) { put(type, number.octets) }

  /// Attributes within one.
  mutating func nest(_ type: UInt16, _ fill: (inout Attributes) -> Void) {
    var inner = Attributes()
    fill(&inner)
    put(type | Self.isNested, inner.bytes)
  }

  /// An element of a set: its key, and unless it is without end, its time-out.
  mutating func put(_ element: Element, timeout: UInt64?) {
    let keyLength = element.keyLength
    begin(1 | Self.isNested, length: 4 + 4 + keyLength + (timeout == nil ? 0 : 12))
    begin(1 | Self.isNested, length: 4 + keyLength)
    begin(1, length: keyLength)
    element.addKey(to: &bytes)
    guard let timeout else { return }
    begin(4, length: 8)
    bytes.append(big: timeout, count: 8)
  }

  private mutating func begin(_ type: UInt16, length: Int) {
    bytes.append(native: UInt16(truncatingIfNeeded: length + 4))
    bytes.append(native: type)
  }

  private mutating func pad() { while bytes.count % 4 != 0 { bytes.append(0) } }

  private static let isNested: UInt16 = 0x8000
}

extension [UInt8] {
  /// Adds the bytes of `number` as this machine orders them.
  mutating func append(native number: some FixedWidthInteger) {
    let isBigEndian = UInt16(1).bigEndian == 1
    let last = number.bitWidth - 8
    for shift in stride(from: 0, through: last, by: 8) {
      append(UInt8(truncatingIfNeeded: number >> (isBigEndian ? last - shift : shift)))
    }
  }

  /// Puts `number`, as this machine orders it, in place of what is at `offset`.
  mutating func put(native number: UInt32, at offset: Int) {
    var octets: [UInt8] = []
    octets.append(native: number)
    replaceSubrange(offset..<(offset + 4), with: octets)
  }
}
