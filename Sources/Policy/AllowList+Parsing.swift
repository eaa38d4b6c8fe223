extension AllowList {
  /// Reads hosts: names, addresses and networks, with `;` between them.
  ///
  /// Blanks around an entry and empty entries don't matter. `localhost` is all its addresses, too.
  /// What is wrong with an entry is added to `mistakes`; the others are kept.
  public init(hosts text: ArraySlice<UInt8>, mistakes: inout [SyntaxError]) {
    self.init()
    for entry in text.listEntries {
      do throws(SyntaxError) {
        entries += try Self.hosts(Scanner(entry))
      } catch {
        mistakes.append(error)
      }
    }
  }

  /// Reads users, with `;` between them; blanks around a name and empty names don't matter.
  public init(users text: ArraySlice<UInt8>) {
    self.init(text.listEntries.map { .user(Name($0)) })
  }

  private static func hosts(_ text: Scanner) throws(SyntaxError) -> [Entry] {
    var scanner = text
    let word = scanner.run { $0 != UInt8(ascii: "/") }
    if let address = HostAddress(parsing: text.text[word]) {
      return [.network(try scanner.network(of: address, in: word))]
    }
    guard scanner.next == nil else { throw SyntaxError(.networkExpected, at: word) }
    return try names(text)
  }

  private static func names(_ text: Scanner) throws(SyntaxError) -> [Entry] {
    var scanner = text
    let name = scanner.run { $0.isInHostName }
    // Digits and dots alone are an address that was mistyped.
    let isName = text.text[name].contains { !$0.isDigit && $0 != UInt8(ascii: ".") }
    guard isName, scanner.next == nil else {
      throw SyntaxError(.hostExpected, at: text.text.startIndex..<text.text.endIndex)
    }
    let host = Entry.host(Name(text.text.map { $0.lowercased }))
    let isLocal = host == .host(Name("localhost"))
    return isLocal ? [host] + loopback : [host]
  }

  private static var loopback: [Entry] {
    [
      .network(Network(.v4(127 << 24), prefixLength: 8)),
      .network(Network(.v6(high: 0, low: 1), prefixLength: 128)),
    ]
  }
}

extension Scanner {
  /// Reads the prefix length, if there is one, of a network whose `address` stood at `word`.
  fileprivate mutating func network(
    of address: HostAddress, in word: Range<Int>
  ) throws(SyntaxError) -> Network {
    let most = address.bitCount
    guard skip("/") else { return Network(address, prefixLength: most) }
    // An IPv4 address written as IPv6 has 96 bits more.
    let isMapped = most == 32 && text[word].contains(UInt8(ascii: ":"))
    let range: ClosedRange<UInt64> = isMapped ? 96...128 : 0...UInt64(most)
    let start = offset
    let problem = SyntaxError.Problem.prefixExpected(from: range)
    let length = try number(or: problem)
    guard next == nil, range.contains(length) else {
      throw SyntaxError(problem, at: start..<text.endIndex)
    }
    let prefixLength = UInt8(truncatingIfNeeded: length - range.lowerBound)
    return Network(address, prefixLength: prefixLength)
  }
}

extension ArraySlice<UInt8> {
  /// The parts between semicolons, without the blanks around them; empty ones left out.
  var listEntries: [ArraySlice<UInt8>] {
    var (entries, scanner): ([ArraySlice<UInt8>], Scanner) = ([], Scanner(self))
    repeat {
      scanner.run { $0.isSpace }
      let entry = self[scanner.run { $0 != UInt8(ascii: ";") }].droppingTrailingBlanks
      if !entry.isEmpty { entries.append(entry) }
    } while scanner.skip(";")
    return entries
  }

  var droppingTrailingBlanks: ArraySlice<UInt8> {
    var end = endIndex
    while end > startIndex, self[end - 1].isSpace { end -= 1 }
    return self[startIndex..<end]
  }
}

extension UInt8 {
  /// Whether a host name may have it: letters, digits, `-`, `.`, `_`, and all beyond ASCII.
  var isInHostName: Bool {
    switch lowercased {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...: true
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
    default: false
    }
  }
}
