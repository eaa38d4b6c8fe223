internal import Platform
internal import Policy

/// Reads a file of hosts_access(5), `/etc/hosts.allow` or `/etc/hosts.deny`, rule by rule.
struct HostsAccess: ~Copyable {
  /// One rule, in its parts.
  struct Rule {
    /// Where it begins.
    let line: Int
    let daemons: [ArraySlice<UInt8>]
    let clients: [ArraySlice<UInt8>]
    /// What stands behind the second colon.
    let options: [ArraySlice<UInt8>]
  }

  /// What a file has at a place.
  enum Entry {
    case rule(Rule)
    /// A comment, without its `#`.
    case comment(ArraySlice<UInt8>, line: Int)
    /// What is no rule, and why.
    case damage([UInt8], String, line: Int)
  }

  private var lines: LineReader
  /// Of a rule, in bytes; libwrap reads less.
  private static let longest = 64 << 10

  init(_ path: Path) throws(ReadError) { lines = try LineReader(path, longest: Self.longest) }

  /// The next rule or comment; nil at the end.
  mutating func next() throws(ReadError) -> Entry? {
    while let line = try lines.next() {
      let (start, text) = (line.number, line.text.trimmed)
      guard !line.isCut else {
        return .damage(Array(text.prefix(100)), "the line is longer than 64 KiB", line: start)
      }
      if text.first == UInt8(ascii: "#") { return .comment(text.dropFirst(), line: start) }
      if text.isEmpty { continue }
      guard let whole = try continued(Array(line.text)) else {
        return .damage(Array(text.prefix(100)), "the rule is longer than 64 KiB", line: start)
      }
      return Self.entry(whole, line: start)
    }
    return nil
  }

  /// With the lines behind it, as long as each ends in a backslash; nil if that is too long.
  private mutating func continued(_ first: [UInt8]) throws(ReadError) -> [UInt8]? {
    var (whole, isTooLong) = (first, false)
    while whole.last == UInt8(ascii: "\\") {
      whole.removeLast()
      guard let next = try lines.next() else { break }
      isTooLong = isTooLong || next.isCut || whole.count + next.text.count > Self.longest
      whole = (isTooLong ? [] : whole) + next.text
    }
    return isTooLong ? nil : whole
  }

  private static func entry(_ text: [UInt8], line: Int) -> Entry {
    let fields = fields(of: text)
    guard fields.count >= 2 else {
      return .damage(text, "expected 'daemons: clients'", line: line)
    }
    return .rule(
      Rule(
        line: line, daemons: words(fields[0]), clients: words(fields[1]),
        options: fields.dropFirst(2).map { $0.trimmed }))
  }

  /// What colons part, outside of brackets; `\:` is none.
  private static func fields(of text: [UInt8]) -> [ArraySlice<UInt8>] {
    var (fields, start): ([ArraySlice<UInt8>], Int) = ([], 0)
    var (isBracketed, isEscaped) = (false, false)
    for (index, byte) in text.enumerated() {
      switch byte {
      case _ where isEscaped: isEscaped = false
      case UInt8(ascii: "\\"): isEscaped = true
      case UInt8(ascii: "["): isBracketed = true
      case UInt8(ascii: "]"): isBracketed = false
      case UInt8(ascii: ":") where !isBracketed:
        fields.append(text[start..<index])
        start = index + 1
      default: break
      }
    }
    return fields + [text[start...]]
  }

  /// What blanks and commas part.
  private static func words(_ text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    text.split { $0 == UInt8(ascii: ",") || $0 == 0x20 || (9...13).contains($0) }
  }
}

extension HostsAccess.Rule {
  /// What a client that the rule names is to abl.
  enum Client {
    case network(Network)
    /// Why it is nothing that abl can say.
    case other(String)
  }

  /// Whether the rule is for `daemon`, or for all.
  func isFor(_ daemon: StaticString) -> Bool { Self.has(daemon, daemons[...]) }

  private static func has(_ daemon: StaticString, _ words: ArraySlice<ArraySlice<UInt8>>) -> Bool {
    guard let except = words.firstIndex(where: { $0.isWord("EXCEPT") }) else {
      return words.contains { word in
        // What stands behind an `@` is an address of this machine.
        let name = word.prefix { $0 != UInt8(ascii: "@") }
        return name.isWord("ALL") || name.isWord(daemon)
      }
    }
    return has(daemon, words[..<except]) && !has(daemon, words[(except + 1)...])
  }

  /// What a word of `clients` means.
  static func client(_ word: ArraySlice<UInt8>) -> Client {
    guard let at = word.lastIndex(of: UInt8(ascii: "@")) else { return host(word) }
    guard at > word.startIndex else {
      return .other("abl knows no netgroups; 'ablctl allow' takes addresses and networks")
    }
    if word[..<at].isWord("ALL") { return host(word[(at + 1)...]) }
    return .other(
      "the user is what identd tells at the other end; a decree is on a host, or on a user of this "
        + "machine, not on both together")
  }

  private static func host(_ word: ArraySlice<UInt8>) -> Client {
    if let network = network(word) { return .network(network) }
    for name in ["ALL", "LOCAL", "KNOWN", "UNKNOWN", "PARANOID"] as [StaticString]
    where word.isWord(name) {
      return .other(
        word.isWord("ALL")
          ? "it is everybody" : "libwrap tells that by names; here a host is its address")
    }
    if word.first == UInt8(ascii: "/") {
      return .other("it names a file; 'ablctl import hosts.allow' reads one rule by rule")
    }
    if HostAddress(parsing: word.prefix { $0 != UInt8(ascii: "/") }) != nil {
      return .other(
        word.contains(UInt8(ascii: ":"))
          ? "libwrap wants an address of IPv6 in brackets" : "this is no mask of a network")
    }
    if word.allSatisfy({ (0x2E...0x39).contains($0) }) {
      return .other("it is neither an address nor a network")
    }
    return .other("here a host is its address, and names aren't looked up; give its addresses")
  }

  private static func network(_ word: ArraySlice<UInt8>) -> Network? {
    guard word.first == UInt8(ascii: "[") else {
      guard !word.contains(UInt8(ascii: ":")) else { return nil }
      return Network(typed: word) ?? Network(beginning: word)
    }
    guard let end = word.firstIndex(of: UInt8(ascii: "]")) else { return nil }
    return Network(typed: Array(word[..<end].dropFirst()) + word[(end + 1)...])
  }
}
