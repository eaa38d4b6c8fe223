internal import BlockList
internal import Daemon
internal import Platform
internal import Policy
internal import Sharing
internal import Upkeep

/// A plain list of addresses and networks, one a line, that somebody else keeps.
struct Blocklist {
  private let path: Path
  /// As its decrees name it: `blocklist:drop`.
  private let reason: Name
  private let sanctuary: Sanctuary
  private let special: PrefixSet
  private let until: Timestamp
  private let now: Timestamp
  private let by = Name(bounded: Array(Audit.person.utf8))

  private static let longestLine = 4096
  /// A shorter prefix would keep out more than a list of guessers can mean.
  private static let shortest = (v4: 8, v6: 16)

  init(_ path: Path, named name: Name, for term: Int64, _ sanctuary: Sanctuary, at now: Timestamp) {
    (self.path, self.sanctuary, self.now) = (path, sanctuary, now)
    reason = Name(bounded: Array(Decree.listReason.utf8) + name.bytes)
    until = now.adding(term)
    special = PrefixSet(Self.special.compactMap { Sharing.Prefix(parsing: $0) })
  }

  func read(into handover: inout Handover) throws {
    var lines = try LineReader(path, longest: Self.longestLine)
    let file = path == "-" ? "standard input" : path.shown
    while !handover.hasTooManyBlocks, let line = try lines.next() {
      let place = FilePlace(file: file, line: line.number)
      let isComment = { (byte: UInt8) in byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") }
      let text = line.text.prefix { !isComment($0) }.trimmed
      guard !text.isEmpty else { continue }
      // Some lists have a count, or a name, behind the address.
      take(text.prefix { $0 > 0x20 && $0 != UInt8(ascii: ",") }, place, &handover)
    }
  }

  private func take(_ word: ArraySlice<UInt8>, _ place: FilePlace, _ handover: inout Handover) {
    guard word.count < 64,
      let prefix = Sharing.Prefix(parsing: String(decoding: word, as: UTF8.self))
    else {
      return handover.complain(
        place, word, "expected an address, or a network without bits behind it")
    }
    if let why = objection(to: prefix) { return handover.leave(place, word, why) }
    let network = Network(prefix.address, prefixLength: prefix.length)
    handover.add(
      DecreeOrder(.block, .network(network), until: until, by: by, reason: reason, at: now),
      from: place)
  }

  /// The policy is that of advice of the fleet.
  private func objection(to prefix: Sharing.Prefix) -> String? {
    if Int(prefix.length) < (prefix.isV6 ? Self.shortest.v6 : Self.shortest.v4) {
      return "the network is too large"
    }
    if special.overlaps(prefix) || prefix.isV6 && !Self.global.contains(prefix) {
      return "it is private, or no address of a host on the Internet"
    }
    if sanctuary.own.overlaps(prefix) { return Suppression.ownAddress.rawValue }
    if sanctuary.allowed.overlaps(prefix) { return Suppression.allowed.rawValue }
    return sanctuary.home.overlaps(prefix) ? Suppression.homeNetwork.rawValue : nil
  }

  /// Private, shared, of a link, of tests, of groups, reserved.
  private static let special = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
  ]
  private static let global = Sharing.Prefix(parsing: "2000::/3") ?? Sharing.Prefix(.v4(0))
}
