internal import CLinux
internal import Glibc

/// Which user is at the other end of a connection of the loopback: the kernel's tables of sockets tell it
/// (sock_diag(7)), where SO_PEERCRED tells it of sockets of Unix only.
///
/// So a user without the secret takes the places of no other one.
enum LoopbackPeer {
  /// An address of IPv4 and a port, both in the order of the network.
  private struct End {
    let address: UInt32
    let port: UInt16
  }

  /// Of a connection's other end; nil if that has gone, or the kernel has no such table.
  static func user(of descriptor: Int32) -> UInt32? {
    guard let peer = unsafe end(of: descriptor, getpeername),
      let own = unsafe end(of: descriptor, getsockname)
    else { return nil }
    return user(at: peer, connectedTo: own)
  }

  private static func end(
    of descriptor: Int32,
    _ ask: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) -> End? {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe ask(descriptor, $0, &length)
      }
    }
    guard code == 0, address.sin_family == AF_INET else { return nil }
    return End(address: address.sin_addr.s_addr, port: address.sin_port)
  }

  private static func user(at peer: End, connectedTo own: End) -> UInt32? {
    let netlink = clinux_netlink(sockDiag)
    guard netlink >= 0 else { return nil }
    defer { close(netlink) }
    let request = request(for: peer, own)
    guard unsafe send(netlink, request, request.count, 0) == request.count else { return nil }
    var answer = [UInt8](repeating: 0, count: 512)
    let count = unsafe recv(netlink, &answer, answer.count, 0)
    guard count >= uidOffset + 4, load(answer, 4, as: UInt16.self) == sockDiagByFamily else {
      return nil
    }
    return load(answer, uidOffset, as: UInt32.self)
  }

  /// `nlmsghdr` and `inet_diag_req_v2`, which asks for one socket: the peer's own.
  private static func request(for peer: End, _ own: End) -> [UInt8] {
    var bytes: [UInt8] = []
    func add(_ value: some FixedWidthInteger) {
      unsafe withUnsafeBytes(of: value) { unsafe bytes.append(contentsOf: $0) }
    }
    add(UInt32(16 + 56))
    add(sockDiagByFamily)
    add(UInt16(1))  // NLM_F_REQUEST
    add(UInt64(0))  // sequence, port
    bytes += [UInt8(AF_INET), UInt8(IPPROTO_TCP), 0, 0]
    add(UInt32.max)  // in any state
    add(peer.port)
    add(own.port)
    for end in [peer, own] {
      add(end.address)
      bytes += [UInt8](repeating: 0, count: 12)
    }
    add(UInt32(0))  // any interface
    add(UInt64.max)  // INET_DIAG_NOCOOKIE
    return bytes
  }

  private static func load<Value: FixedWidthInteger>(
    _ bytes: [UInt8], _ offset: Int, as type: Value.Type
  ) -> Value {
    unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: type) }
  }

  private static let sockDiag: Int32 = 4  // NETLINK_SOCK_DIAG
  private static let sockDiagByFamily: UInt16 = 20
  /// Of `idiag_uid`, behind `nlmsghdr`, 4 bytes, `inet_diag_sockid` and three numbers.
  private static let uidOffset = 16 + 4 + 48 + 12
}
