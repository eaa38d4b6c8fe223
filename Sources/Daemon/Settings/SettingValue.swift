internal import Firewall
internal import Platform
internal import Policy
internal import Text

/// The value of a setting, read word by word.
struct SettingValue {
  private let text: [UInt8]
  let range: Range<Int>
  private var offset: Int

  init(_ text: [UInt8], _ range: Range<Int>) {
    (self.text, self.range, offset) = (text, range, range.lowerBound)
  }

  /// All of it; its indices are the line's.
  var whole: ArraySlice<UInt8> { text[range] }

  /// Whether it is the first of two words, and not the second.
  func choice(_ yes: StaticString, _ no: StaticString) throws(Mistake) -> Bool {
    if whole.isEqual(to: yes) { return true }
    guard whole.isEqual(to: no) else {
      let (yes, no) = (Text(stringLiteral: yes), Text(stringLiteral: no))
      throw Mistake("'\(yes)' or '\(no)' expected", at: range)
    }
    return false
  }

  func count(upTo most: Int) throws(Mistake) -> Int {
    guard let number = Self.number(whole), 1...most ~= number else {
      throw Mistake("a number from 1 to \(Text(Int64(most))) expected", at: range)
    }
    return number
  }

  func path() throws(Mistake) -> Path {
    let path = Path(whole)
    guard path.isAbsolute, path.bytes.count == whole.count else {
      throw Mistake("a path that begins with '/' expected", at: range)
    }
    return path
  }

  /// Reads the path of a file, or `off`.
  func file() throws(Mistake) -> Path? {
    if whole.isEqual(to: "off") { return nil }
    guard let path = try? path(), path.bytes.last != UInt8(ascii: "/") else {
      throw Mistake("'off', or the path of a file, expected", at: range)
    }
    guard path != "/etc/hosts.deny", path != "/etc/hosts.allow" else {
      let what: Text = "a file of its own expected, to be named in '\(path.text)'"
      throw Mistake("\(what): abld would replace it, and remove it at its end", at: range)
    }
    return path
  }

  /// Reads `5/2m`, `5/2m burst 10` or `off`.
  mutating func rate(burst: UInt32) throws(Mistake) -> PacketRate? {
    if whole.isEqual(to: "off") { return nil }
    let word = nextWord()
    guard let slash = text[word].firstIndex(of: UInt8(ascii: "/")),
      let packets = Self.number(text[word.lowerBound..<slash]), 1...100_000 ~= packets,
      let seconds = Self.duration(text[(slash + 1)..<word.upperBound])
    else { throw Mistake("'off', or a rate like '5/2m' or '5/2m burst 10', expected", at: word) }
    let most = try readBurst() ?? burst
    return PacketRate(packets: UInt64(packets), seconds: UInt64(seconds), burst: most)
  }

  private mutating func readBurst() throws(Mistake) -> UInt32? {
    let word = nextWord()
    guard !word.isEmpty else { return nil }
    guard text[word].isEqual(to: "burst") else { throw Mistake("'burst' expected", at: word) }
    let number = nextWord()
    guard let burst = Self.number(text[number]), 1...100_000 ~= burst, nextWord().isEmpty else {
      throw Mistake("a number from 1 to 100000 expected, and nothing behind it", at: number)
    }
    return UInt32(burst)
  }

  /// Reads `sshd:22,2222 vsftpd:21`; `;` separates services, too.
  mutating func setPorts(_ ports: inout ServicePorts) throws(Mistake) {
    while true {
      let word = nextWord { $0.isSpace || $0 == UInt8(ascii: ";") }
      guard !word.isEmpty else { return }
      guard let colon = text[word].firstIndex(of: UInt8(ascii: ":")), colon > word.lowerBound else {
        throw Mistake("a service and its ports, like 'sshd:22,2222', expected", at: word)
      }
      let list = text[(colon + 1)..<word.upperBound]
      ports[Name(text[word.lowerBound..<colon])] = try Self.ports(list)
    }
  }

  private static func ports(_ list: ArraySlice<UInt8>) throws(Mistake) -> [UInt16] {
    var ports: [UInt16] = []
    for word in list.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      guard let number = number(word), 1...65_535 ~= number else {
        let hint: Text = word.contains(UInt8(ascii: ":")) ? "; ';' separates services" : ""
        throw Mistake(
          "a port from 1 to 65535 expected\(hint)", at: word.startIndex..<word.endIndex)
      }
      ports.append(UInt16(number))
    }
    return ports
  }

  /// The next word; empty at the end.
  private mutating func nextWord(
    separatedBy isSeparator: (UInt8) -> Bool = \.isSpace
  ) -> Range<Int> {
    let start = text[offset..<range.upperBound].firstIndex { !isSeparator($0) } ?? range.upperBound
    let end = text[start..<range.upperBound].firstIndex(where: isSeparator) ?? range.upperBound
    offset = end
    return start..<end
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    guard 1...9 ~= digits.count, digits.allSatisfy({ $0.isDigit }) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 & 15) }
  }

  /// Reads `90`, `90s`, `2m`, `1h`, `1d`: seconds, up to a week.
  private static func duration(_ text: ArraySlice<UInt8>) -> Int? {
    let units: [(UInt8, Int)] = [
      (UInt8(ascii: "s"), 1), (UInt8(ascii: "m"), 60), (UInt8(ascii: "h"), 3600),
      (UInt8(ascii: "d"), 86_400),
    ]
    let unit = units.first { $0.0 == text.last }
    guard let number = number(unit == nil ? text : text.dropLast()) else { return nil }
    let (seconds, overflow) = number.multipliedReportingOverflow(by: unit?.1 ?? 1)
    return overflow || !(1...604_800).contains(seconds) ? nil : seconds
  }
}
