public import Firewall
internal import Policy
internal import Text

/// What a list file of TCP wrappers has: the addresses that are blocked now, each on a line.
///
/// libwrap takes each word of such a file for a pattern, comments too: a word `ALL` would deny all.
/// So nothing is in it but what was an address by its type.
public struct DenyList: Equatable, Sendable {
  private let hosts: [Element: Moment]
  /// How many hosts there was no room for.
  public let leftOut: Int

  /// More of them, and libwrap would need more than two milliseconds for each connection.
  public static let most = 10_000

  /// A list without a host.
  public init() { (hosts, leftOut) = ([:], 0) }

  /// The hosts that get in: those by hand first, then those that last longest; never one that
  /// `protection` has.
  public init(_ candidates: [Candidate], _ protection: Protection, at now: Moment) {
    let wanted = Wanted(candidates, protection, at: now, most: Self.most)
    (hosts, leftOut) = (wanted.elements, wanted.leftOut)
  }

  /// How many hosts it has at that moment.
  public func count(at now: Moment) -> Int { hosts.count { $0.value > now } }

  /// When the next of its hosts is to leave it; nil if none is left at that moment.
  public func nextEnd(after now: Moment) -> Moment? { hosts.values.filter { $0 > now }.min() }

  /// The bytes of the file at that moment, in the order of the addresses.
  public func text(at now: Moment) -> [UInt8] {
    let prefixes = hosts.filter { $0.value > now }.map { $0.key.prefix }
    return prefixes.sorted().flatMap { $0.pattern + [UInt8(ascii: "\n")] }
  }

  /// Whether such a list may begin with `text`: its whole lines are addresses and networks.
  public static func canBegin(with text: [UInt8]) -> Bool {
    let newline = UInt8(ascii: "\n")
    guard !text.isEmpty else { return true }
    guard let end = text.lastIndex(of: newline) else { return false }
    return text[..<end].split(separator: newline, omittingEmptySubsequences: false).allSatisfy {
      $0.allSatisfy(isOfAddress) && $0.contains { ".:".utf8.contains($0) }
    }
  }

  private static func isOfAddress(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
    default: ".:/[]".utf8.contains(byte)
    }
  }
}

extension Prefix {
  /// As hosts_access(5) wants it: `192.0.2.7`, `192.0.2.0/24`, `[2001:db8::]/64`.
  fileprivate var pattern: [UInt8] {
    let isAlone = length == (isIPv6 ? 128 : 32)
    let end = isAlone ? [] : Array("/\(length)".utf8)
    guard isIPv6 else { return address.text.bytes + end }
    return [UInt8(ascii: "[")] + address.text.bytes + [UInt8(ascii: "]")] + end
  }
}
