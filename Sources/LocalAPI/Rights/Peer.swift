/// The process at the other end of a connection, as the kernel tells it (SO_PEERCRED): it can't be
/// forged, and holds for as long as the connection does.
public struct Peer: Equatable, Sendable {
  public let process: Int32
  public let user: UInt32

  public init(process: Int32, user: UInt32) {
    (self.process, self.user) = (process, user)
  }

  var isRoot: Bool { user == 0 }
}
