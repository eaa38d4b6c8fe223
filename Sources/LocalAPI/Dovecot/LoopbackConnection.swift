internal import Glibc

/// A connection of TCP over IPv4 within this machine.
public struct LoopbackConnection: Sendable {
  /// One of its ends: the four bytes of the address, and the port.
  public typealias End = (octets: [UInt8], port: UInt16)

  /// Of the client, and of the listener.
  public let peer, own: End

  /// That of `descriptor`; nil if it has no other end any more.
  init?(_ descriptor: Int32) {
    guard let peer = unsafe Self.end(of: descriptor, getpeername),
      let own = unsafe Self.end(of: descriptor, getsockname)
    else { return nil }
    (self.peer, self.own) = (peer, own)
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
    let number = UInt32(bigEndian: address.sin_addr.s_addr)
    let octets = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    return (octets, UInt16(bigEndian: address.sin_port))
  }
}
