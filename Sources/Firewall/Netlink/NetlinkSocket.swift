internal import CLinux
internal import Text

/// A socket to a part of the kernel; closed at the end of its life.
@safe final class NetlinkSocket {
  let descriptor: CInt
  /// By which the kernel names this socket in what it tells others.
  let port: UInt32
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  private var sequence: UInt32 = 1

  /// The parts of the kernel that are spoken to.
  enum Family: CInt {
    case routes = 0
    case sockets = 4
    case netfilter = 12
  }

  init(_ family: Family) throws(FirewallError) {
    descriptor = clinux_netlink(family.rawValue)
    guard descriptor >= 0 else { throw .last("open a socket") }
    port = clinux_netlink_port(descriptor)
  }

  deinit { close(descriptor) }

  func join(_ group: UInt32) throws(FirewallError) {
    guard clinux_netlink_join(descriptor, group) == 0 else { throw .last("listen for changes") }
  }

  /// Asks for room for that many bytes at once in either direction; the system may give less.
  func makeRoom(sent: CInt, received: CInt) { clinux_buffers(descriptor, sent, received) }

  /// How long a batch can be.
  var room: Int { Int(clinux_send_room(descriptor)) / 2 }

  /// A number that no request of this socket's has had; `count` of them.
  func nextSequence(_ count: UInt32 = 1) -> UInt32 {
    sequence &+= count
    return sequence &- count
  }

  func send(_ bytes: [UInt8], _ action: Text) throws(FirewallError) {
    let sent = unsafe bytes.withUnsafeBufferPointer {
      unsafe clinux_send(descriptor, $0.baseAddress, $0.count)
    }
    guard sent == bytes.count else { throw .last(action) }
  }

  /// The messages of the next datagram; nil if none comes in time.
  func receive(_ action: Text, milliseconds: CInt) throws(FirewallError) -> [Reply]? {
    let got = unsafe buffer.withUnsafeMutableBufferPointer {
      unsafe clinux_receive(descriptor, $0.baseAddress, $0.count, milliseconds)
    }
    guard got >= 0 else {
      guard clinux_errno() == EAGAIN else { throw .last(action) }
      return nil
    }
    return Reply.all(in: Array(buffer.prefix(got)))
  }

  /// Forgets what was answered and not read.
  func drain() {
    while true {
      do { if try receive("", milliseconds: 0) == nil { return } } catch {}
    }
  }
}

extension NetlinkSocket {
  /// How long the kernel may take for an answer, in milliseconds: it answers within the call,
  /// however much it has to do.
  private static let patience: CInt = 5000

  /// Sends a batch, and waits until it is done.
  ///
  /// - Throws: what the first message that failed met with; then nothing of it has been done.
  func commit(_ batch: Batch, _ action: Text) throws(FirewallError) {
    drain()
    try send(batch.sent, action)
    var failure: Int32 = 0
    while true {
      guard let replies = try receive(action, milliseconds: Self.patience) else {
        throw FirewallError(action, ETIMEDOUT)
      }
      for reply in replies {
        guard let error = reply.error, isOf(batch, reply) else { continue }
        if error != 0, failure == 0 { failure = error }
        guard reply.sequence == batch.last || reply.sequence == batch.first else { continue }
        drain()
        guard failure == 0 else { throw FirewallError(action, failure) }
        return
      }
    }
  }

  private func isOf(_ batch: Batch, _ reply: Reply) -> Bool {
    reply.sequence &- batch.first <= batch.last &- batch.first
  }

  /// Asks, and calls `body` with each message of the answer; until the end of many, an error, or an
  /// acknowledgement.
  func ask(
    _ request: Request, sequence: UInt32, _ action: Text, _ body: (Reply) -> Void
  ) throws(FirewallError) {
    drain()
    try send(request.bytes, action)
    while true {
      guard let replies = try receive(action, milliseconds: Self.patience) else {
        throw FirewallError(action, ETIMEDOUT)
      }
      for reply in replies where reply.sequence == sequence {
        if let error = reply.error {
          guard error == 0 else { throw FirewallError(action, error) }
          return
        }
        if reply.isEnd { return }
        body(reply)
      }
    }
  }
}
