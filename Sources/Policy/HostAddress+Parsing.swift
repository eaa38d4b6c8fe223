internal import Text

extension HostAddress {
  /// Reads an address: a dotted quad, or what RFC 4291 §2.2 allows for IPv6.
  ///
  /// As strict as `inet_pton`, but for leading zeros in a dotted quad, which are decimal as in
  /// pam_abl (`010.0.0.1` is `10.0.0.1`), and a zone after an IPv6 address, which is dropped.
  public init?(parsing text: ArraySlice<UInt8>) {
    if text.contains(UInt8(ascii: ":")) {
      guard let address = Self.v6(parsing: text) else { return nil }
      self = address
    } else {
      guard let value = Self.v4(parsing: text) else { return nil }
      self = .v4(value)
    }
  }

  private static func v4(parsing text: ArraySlice<UInt8>) -> UInt32? {
    var (value, part): (UInt32, UInt32) = (0, 0)
    var (dots, digits) = (0, 0)
    for byte in text {
      if byte == UInt8(ascii: ".") {
        guard digits > 0, dots < 3 else { return nil }
        value = value << 8 | part
        (part, digits, dots) = (0, 0, dots + 1)
      } else {
        guard byte.isDigit, digits < 3 else { return nil }
        (part, digits) = (part * 10 + UInt32(byte & 15), digits + 1)
        guard part <= 255 else { return nil }
      }
    }
    return dots == 3 && digits > 0 ? value << 8 | part : nil
  }

  private static func v6(parsing text: ArraySlice<UInt8>) -> HostAddress? {
    var scanner = Scanner(text)
    let address = scanner.run { $0 != UInt8(ascii: "%") }
    if scanner.skip("%"), scanner.next == nil { return nil }
    guard let groups = groups(in: Scanner(text[address])) else { return nil }
    var (high, low): (UInt64, UInt64) = (0, 0)
    for group in groups {
      high = high << 16 | low >> 48
      low = low << 16 | UInt64(group)
    }
    return HostAddress(high: high, low: low)
  }

  /// The eight groups of an IPv6 address.
  private static func groups(in text: Scanner) -> [UInt16]? {
    var scanner = text
    var groups: [UInt16] = []
    var gap: Int?  // how many groups stand before `::`
    if scanner.skip(":") {
      guard scanner.skip(":") else { return nil }
      gap = 0
    }
    while scanner.next != nil {
      guard groups.count < 8, let group = group(in: &scanner) else { return nil }
      groups += group
      guard scanner.next != nil else { break }
      guard scanner.skip(":"), scanner.next != nil else { return nil }
      guard scanner.skip(":") else { continue }
      guard gap == nil else { return nil }
      gap = groups.count
    }
    guard let gap else { return groups.count == 8 ? groups : nil }
    guard groups.count < 8 else { return nil }
    return groups[..<gap] + Array(repeating: 0, count: 8 - groups.count) + groups[gap...]
  }

  /// Reads one group of up to four digits, or the two that a dotted quad at the end is.
  private static func group(in scanner: inout Scanner) -> [UInt16]? {
    let start = scanner.rest
    let digits = scanner.run { $0.hexValue != nil }
    if scanner.next == UInt8(ascii: ".") {
      scanner.move(to: scanner.text.endIndex)
      guard let quad = v4(parsing: start) else { return nil }
      return [UInt16(truncatingIfNeeded: quad >> 16), UInt16(truncatingIfNeeded: quad)]
    }
    guard 1...4 ~= digits.count else { return nil }
    var group: UInt16 = 0
    for byte in scanner.text[digits] { group = group << 4 | UInt16(byte.hexValue ?? 0) }
    return [group]
  }
}
