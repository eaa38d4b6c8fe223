public import Text

extension HostAddress {
  /// The address as it is written: a dotted quad, or the canonical form of RFC 5952.
  public var text: Text {
    switch self {
    case .v4: quad
    case .v6(let high, let low): Self.text(of: Self.groups(high) + Self.groups(low))
    }
  }

  private var quad: Text {
    var text = Text()
    for (index, octet) in octets.enumerated() {
      if index > 0 { text += "." }
      text += Text(Int64(octet))
    }
    return text
  }

  private static func groups(_ value: UInt64) -> [UInt16] {
    [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: value >> UInt64($0)) }
  }

  private static func text(of groups: [UInt16]) -> Text {
    let zeros = longestZeros(in: groups)
    var text: [UInt8] = []
    for (index, group) in groups.enumerated() {
      if zeros.contains(index) {
        if index == zeros.lowerBound { text += [UInt8(ascii: ":"), UInt8(ascii: ":")] }
        continue
      }
      if index > 0, index != zeros.upperBound { text.append(UInt8(ascii: ":")) }
      text += hex(group)
    }
    return Text(text)
  }

  /// The longest run of zeros, the first of equals; a single zero isn't shortened (§4.2).
  private static func longestZeros(in groups: [UInt16]) -> Range<Int> {
    var (longest, start) = (0..<0, 0)
    for (index, group) in groups.enumerated() {
      if group != 0 { start = index + 1 }
      if index + 1 - start > max(longest.count, 1) { longest = start..<(index + 1) }
    }
    return longest.isEmpty ? -1 ..< -1 : longest
  }

  /// Up to four digits, without leading zeros.
  private static func hex(_ group: UInt16) -> [UInt8] {
    var digits: [UInt8] = []
    for shift in [12, 8, 4, 0] as [UInt16] where group >> shift != 0 || shift == 0 {
      digits.append(UInt8(truncatingIfNeeded: group >> shift & 15).hexDigit)
    }
    return digits
  }
}
