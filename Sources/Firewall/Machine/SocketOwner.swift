internal import Text

/// Which user has one end of a connection of TCP over IPv4: the kernel's tables of sockets tell it
/// (sock_diag(7)), where SO_PEERCRED tells it of sockets of Unix only.
public enum SocketOwner {
  /// One end of a connection.
  public struct End: Sendable {
    let octets: [UInt8]
    let port: UInt16

    /// - Parameter octets: the four bytes of its address.
    public init(_ octets: [UInt8], port: UInt16) { (self.octets, self.port) = (octets, port) }
  }

  /// Of `end`; nil if it has gone, or no process has it any more: the kernel tells such a one as root's.
  ///
  /// - Throws: if the kernel has no such tables, or doesn't tell.
  public static func user(of end: End, connectedTo other: End) throws(FirewallError) -> UInt32? {
    let socket = try NetlinkSocket(.sockets)
    let sequence = socket.nextSequence()
    let request = Request(
      .ofFamily, .acknowledge, sequence: sequence, family: 2, states: .max,
      identity: identity(end, other))
    var user: UInt32?
    do throws(FirewallError) {
      try socket.ask(request, sequence: sequence, "find a connection's user") { reply in
        guard reply.body.native32(at: userOffset + 4) != 0 else { return }
        user = reply.body.native32(at: userOffset)
      }
    } catch {
      guard error.isAbsence else { throw error }
    }
    return user
  }

  /// Of `idiag_uid`, and `idiag_inode` behind it: behind four bytes, the identity, and three numbers.
  private static let userOffset = 4 + 48 + 12

  /// `inet_diag_sockid`, at any interface and without a cookie.
  private static func identity(_ end: End, _ other: End) -> [UInt8] {
    var bytes: [UInt8] = []
    for port in [end.port, other.port] {
      bytes += [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)]
    }
    for octets in [end.octets, other.octets] {
      bytes += octets.prefix(4) + [UInt8](repeating: 0, count: 16 - octets.prefix(4).count)
    }
    bytes.append(native: UInt32(0))
    bytes.append(native: UInt64.max)
    return bytes
  }
}
