internal import Platform
internal import Policy
internal import Sharing
internal import Upkeep

/// A plain list of addresses and networks, one a line, that somebody else keeps.
struct Blocklist {
  /// What of it is taken over, each once, in the order of the file.
  private(set) var prefixes: [Sharing.Prefix] = []
  /// Lines that aren't.
  private(set) var handover: Handover
  private var known: Set<Sharing.Prefix> = []
  private let special = PrefixSet(Self.special.compactMap { Sharing.Prefix(parsing: $0) })

  private static let longestLine = 4096

  init(_ path: Path, named name: String) throws {
    handover = Handover("blocklist \(name)")
    var lines = try LineReader(path, longest: Self.longestLine)
    let file = path == "-" ? "standard input" : path.shown
    while let line = try lines.next() {
      let place = FilePlace(file: file, line: line.number)
      let isComment = { (byte: UInt8) in byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") }
      let text = line.text.prefix { !isComment($0) }.trimmed
      guard !text.isEmpty else { continue }
      guard prefixes.count < AdviceList.mostSources else {
        handover.leave(place, [], "no more than \(AdviceList.mostSources) are taken over of a list")
        return
      }
      // Some lists have a count, or a name, behind the address.
      take(text.prefix { $0 > 0x20 && $0 != UInt8(ascii: ",") }, place)
    }
  }

  private mutating func take(_ word: ArraySlice<UInt8>, _ place: FilePlace) {
    guard word.count < 64,
      let prefix = Sharing.Prefix(parsing: String(decoding: word, as: UTF8.self))
    else {
      return handover.complain(
        place, word, "expected an address, or a network without bits behind it")
    }
    if let why = objection(to: prefix) { return handover.leave(place, word, why) }
    if known.insert(prefix).inserted { prefixes.append(prefix) }
  }

  /// What no list of guessers can mean. The rest is for abld, which asks again as long as the list holds.
  private func objection(to prefix: Sharing.Prefix) -> String? {
    let shortest = prefix.isV6 ? AdviceList.shortestV6 : AdviceList.shortestV4
    if prefix.length < shortest { return "the network is too large" }
    if special.overlaps(prefix) || prefix.isV6 && !Self.global.contains(prefix) {
      return "it is private, or no address of a host on the Internet"
    }
    return nil
  }

  /// Private, shared, of a link, of tests, of groups, reserved.
  private static let special = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
  ]
  private static let global = Sharing.Prefix(parsing: "2000::/3") ?? Sharing.Prefix(.v4(0))
}
