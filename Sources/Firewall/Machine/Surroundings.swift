internal import CLinux
public import Policy
internal import Text

/// Tells which addresses are this machine's own, and its gateways', and hears when they change.
public final class Surroundings {
  private let questions: NetlinkSocket
  private let news: NetlinkSocket

  public init() throws(FirewallError) {
    questions = try NetlinkSocket(.routes)
    questions.makeRoom(sent: 1 << 16, received: 4 << 20)
    news = try NetlinkSocket(.routes)
    // RTNLGRP_IPV4_IFADDR and _ROUTE, then those of IPv6.
    for group: UInt32 in [5, 7, 9, 11] { try news.join(group) }
  }

  /// Ready to be read when addresses or routes have changed.
  public var descriptor: CInt { news.descriptor }

  /// Reads what has changed, and forgets it: all of it is asked for anew.
  public func drain() { news.drain() }

  /// The addresses of all interfaces.
  public func ownAddresses() throws(FirewallError) -> [HostAddress] {
    try dump(22, headerLength: 8) { attributes in
      // On a line between two machines the second is the other's.
      [attributes[2] ?? attributes[1]]
    }
  }

  /// The addresses that routes lead over.
  public func gateways() throws(FirewallError) -> [HostAddress] {
    try dump(26, headerLength: 12) { attributes in
      let via = attributes[18].map { $0.dropFirst(2) }
      return [attributes[5], via] + Self.hops(attributes[9] ?? [])
    }
  }

  /// The gateways of a route over several: each behind a header of eight bytes.
  private static func hops(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>?] {
    var hops: [ArraySlice<UInt8>?] = []
    var rest = bytes
    while let length = rest.native16(at: 0), length >= 8, length <= rest.count {
      let attributes = rest.prefix(Int(length)).dropFirst(8).attributes
      hops += [attributes[5], attributes[18].map { $0.dropFirst(2) }]
      rest = rest.dropFirst((Int(length) + 3) & ~3)
    }
    return hops
  }

  private func dump(
    _ type: UInt16, headerLength: Int,
    _ addresses: ([UInt16: ArraySlice<UInt8>]) -> [ArraySlice<UInt8>?]
  ) throws(FirewallError) -> [HostAddress] {
    var found: [HostAddress] = []
    let sequence = questions.nextSequence()
    let header = [UInt8](repeating: 0, count: headerLength)
    let request = Request(type, .dump, sequence: sequence, header: header)
    try questions.ask(request, sequence: sequence, "ask for this machine's addresses") { reply in
      for octets in addresses(reply.attributes(behind: headerLength)) {
        if let octets, let address = HostAddress(octets: octets) { found.append(address) }
      }
    }
    return found
  }
}
