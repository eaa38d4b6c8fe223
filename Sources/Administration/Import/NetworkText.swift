internal import Policy

extension Network {
  /// Reads `192.0.2.7`, `192.0.2.0/24`, `192.0.2.0/255.255.255.0`, and the like of IPv6; nil for
  /// anything else. The further bits are 0.
  init?(typed text: some Collection<UInt8>) {
    let text = Array(text)
    let slash = text.firstIndex(of: UInt8(ascii: "/"))
    guard let address = HostAddress(parsing: text[..<(slash ?? text.endIndex)]) else { return nil }
    guard let slash else {
      self.init(whole: address)
      return
    }
    // An IPv4 address that is written as IPv6 has 96 bits more.
    let isMapped = text[..<slash].contains(UInt8(ascii: ":")) && address.bitCount == 32
    guard let length = Self.length(text[(slash + 1)...], of: address, isMapped) else { return nil }
    self.init(of: address, prefixLength: length)
  }

  private static func length(
    _ text: ArraySlice<UInt8>, of address: HostAddress, _ isMapped: Bool
  ) -> UInt8? {
    if let number = text.decimal {
      let (least, most) = isMapped ? (96, 128) : (0, Int(address.bitCount))
      return number >= least && number <= most ? UInt8(number - least) : nil
    }
    guard !isMapped, case .v4 = address, case .v4(let mask) = HostAddress(parsing: text) else {
      return nil
    }
    let length = mask.nonzeroBitCount
    return mask == ~(length == 32 ? 0 : UInt32.max >> UInt32(length)) ? UInt8(length) : nil
  }

  /// Reads `192.168.` and `192.168.*`: the addresses that begin so; nil for anything else.
  init?(beginning text: some Collection<UInt8>) {
    var parts = Array(text).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard let last = parts.popLast(), last.isEmpty || last.elementsEqual("*".utf8) else {
      return nil
    }
    while let star = parts.last, star.elementsEqual("*".utf8) { parts.removeLast() }
    guard (1...3).contains(parts.count) else { return nil }
    var value: UInt32 = 0
    for part in parts {
      guard let number = part.decimal, number <= 255, part.count <= 3 else { return nil }
      value = value << 8 | UInt32(number)
    }
    let length = UInt8(8 * parts.count)
    self.init(.v4(value << UInt32(32 - length)), prefixLength: length)
  }
}

extension Sequence<UInt8> {
  /// The number that it is, of digits alone and at most 18 of them; nil if it is none.
  var decimal: Int? {
    var (value, count) = (0, 0)
    for byte in self {
      guard (0x30...0x39).contains(byte), count < 18 else { return nil }
      (value, count) = (value * 10 + Int(byte & 15), count + 1)
    }
    return count > 0 ? value : nil
  }
}

extension Collection<UInt8> {
  /// Without the blanks at both ends.
  var trimmed: ArraySlice<UInt8> {
    let bytes = Array(self)
    let isBlank = { (byte: UInt8) in byte == 0x20 || (9...13).contains(byte) }
    guard let first = bytes.firstIndex(where: { !isBlank($0) }),
      let last = bytes.lastIndex(where: { !isBlank($0) })
    else { return [] }
    return bytes[first...last]
  }

  /// Whether it is `word`, in whatever case.
  func isWord(_ word: StaticString) -> Bool {
    let word = Array("\(word)".utf8)
    guard count == word.count else { return false }
    return zip(self, word).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
  }
}

extension UInt8 {
  var lowercasedASCII: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}
