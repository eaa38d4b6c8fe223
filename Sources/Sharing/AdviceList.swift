/// Sources that somebody else lists, and that this machine's administrator has imported for a time:
/// advice, as the reports of other machines are.
public struct AdviceList: Equatable, Sendable {
  /// The name that it stands by among machines, `list:drop`.
  public let origin: Origin
  public var prefixes: [Prefix]
  /// When it was imported and when it ends, in seconds of UTC.
  public var made, until: UInt32

  /// How many sources a list may have, and how many lists a machine.
  public static let (mostSources, mostLists) = (100_000, 16)
  /// In seconds.
  public static let longest: UInt32 = 366 * 86_400
  /// The shortest prefixes: a shorter one has more addresses than a list of guessers can mean.
  public static let (shortestV4, shortestV6): (UInt8, UInt8) = (8, 16)

  public init(_ origin: Origin, _ prefixes: [Prefix], made: UInt32, until: UInt32) {
    (self.origin, self.prefixes) = (origin, prefixes)
    (self.made, self.until) = (made, until)
  }
}

extension Origin {
  private static let listStem = "list:"

  /// Of a list; nil for what can't be its name.
  public init?(list name: some Collection<UInt8>) {
    guard !name.isEmpty, !name.contains(UInt8(ascii: ":")) else { return nil }
    self.init(Array(Self.listStem.utf8) + name)
  }

  /// Whether a list has this name. No machine has: its messages are refused.
  public var isList: Bool { bytes.starts(with: Self.listStem.utf8) }

  /// Of a list, the part that an administrator chose.
  public var listName: ArraySlice<UInt8> { bytes.dropFirst(Self.listStem.utf8.count) }
}

// MARK: - As a file

extension AdviceList {
  private static let title = "abl-list 1"

  /// Lines: what it is, when it was made and ends, how many sources it has, and these.
  public var encoded: [UInt8] {
    var bytes = Array(
      "\(Self.title)\nmade \(made)\nuntil \(until)\nsources \(prefixes.count)\n".utf8)
    for prefix in prefixes { bytes += Array(prefix.text.utf8) + [UInt8(ascii: "\n")] }
    return bytes
  }

  /// How many bytes `encoded` has at most.
  public static let longestFile = 100 + mostSources * 44

  /// Nil for all that `encoded` wouldn't make, and so for a file that was cut.
  public init?(_ origin: Origin, decoding bytes: [UInt8]) {
    guard origin.isList, bytes.count <= Self.longestFile, bytes.last == UInt8(ascii: "\n") else {
      return nil
    }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .dropLast()
    guard lines.count >= 4, lines[0].elementsEqual(Self.title.utf8),
      let made = Self.number(lines[1], behind: "made "),
      let until = Self.number(lines[2], behind: "until "),
      let count = Self.number(lines[3], behind: "sources "),
      count <= Self.mostSources, lines.count == 4 + Int(count), made < until,
      until - made <= Self.longest
    else { return nil }
    var prefixes: [Prefix] = []
    prefixes.reserveCapacity(Int(count))
    for line in lines[4...] {
      guard let prefix = Prefix(parsing: String(decoding: line, as: UTF8.self)) else { return nil }
      prefixes.append(prefix)
    }
    self.init(origin, prefixes, made: made, until: until)
  }

  private static func number(_ line: ArraySlice<UInt8>, behind word: String) -> UInt32? {
    guard line.starts(with: word.utf8) else { return nil }
    return UInt32(String(decoding: line.dropFirst(word.utf8.count), as: UTF8.self))
  }
}
