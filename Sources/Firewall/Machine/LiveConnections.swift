internal import CLinux
internal import Policy
internal import Text

/// Ends connections that are there already, so that their programs are told at once: only to drop
/// their packets would leave a half login its place until sshd's LoginGraceTime.
public final class LiveConnections {
  private let socket: NetlinkSocket

  public init() throws(FirewallError) {
    socket = try NetlinkSocket(.sockets)
    socket.makeRoom(sent: 1 << 16, received: 4 << 20)
  }

  /// Ends each connection of TCP that one of `elements` is about; how many there were.
  public func end(_ elements: Set<Element>) throws(FirewallError) -> Int {
    var count = 0
    let lengths = Set(elements.map { $0.prefix.length })
    for family in [UInt8(2), 10] {
      for connection in try connections(family) where connection.isMeant(by: elements, lengths) {
        if try destroy(connection) { count += 1 }
      }
    }
    return count
  }

  private func connections(_ family: UInt8) throws(FirewallError) -> [Connection] {
    var found: [Connection] = []
    let sequence = socket.nextSequence()
    // All states but listening, and those that the kernel only remembers.
    let states: UInt32 = 0xFFF & ~(1 << 10 | 1 << 7 | 1 << 6)
    let request = Request(
      .ofFamily, .dump, sequence: sequence, family: family, states: states,
      identity: [UInt8](repeating: 0, count: 48))
    try socket.ask(request, sequence: sequence, "list connections") { reply in
      if let connection = Connection(reply.body) { found.append(connection) }
    }
    return found
  }

  /// False if it has ended by itself.
  private func destroy(_ connection: Connection) throws(FirewallError) -> Bool {
    let sequence = socket.nextSequence()
    let request = Request(
      .destroy, .acknowledge, sequence: sequence, family: connection.family,
      states: UInt32(1) << UInt32(connection.state), identity: connection.identity)
    do throws(FirewallError) {
      try socket.ask(request, sequence: sequence, "end a connection") { _ in }
      return true
    } catch {
      guard error.isAbsence else { throw error }
      return false
    }
  }
}

/// One connection, as the kernel lists it.
private struct Connection {
  let family, state: UInt8
  /// Ports, addresses, interface and cookie, as the kernel wants them back.
  let identity: ArraySlice<UInt8>
  let peer: HostAddress
  let port: UInt16

  init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.count >= 52, let family = bytes.first else { return nil }
    let identity = bytes.dropFirst(4).prefix(48)
    let octets = identity.dropFirst(20).prefix(family == 2 ? 4 : 16)
    // An IPv4 address in a socket of IPv6 is the IPv4 address.
    guard let peer = HostAddress(octets: octets) else { return nil }
    (self.family, self.identity, self.peer) = (family, identity, peer)
    state = bytes.dropFirst().first ?? 0
    port = UInt16(truncatingIfNeeded: identity.prefix(2).number)
  }

  func isMeant(by elements: Set<Element>, _ lengths: Set<UInt8>) -> Bool {
    lengths.contains { length in
      let prefix = Prefix(peer, length: length)
      guard prefix.length == length else { return false }
      return [port, Element.allPorts].contains { elements.contains(Element(prefix, port: $0)) }
    }
  }
}
