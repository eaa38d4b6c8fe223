internal import CLinux
internal import Glibc
internal import NIOPosix
internal import Platform
internal import Synchronization

/// Takes connections from the queue of a socket that listens, on a thread of its own.
///
/// All that connect stand in one queue. A user that comes too often, or has as many connections as it may,
/// is turned away here before anything is made for it: so it can't keep the queue long, and others out.
final class Acceptor: Sendable {
  /// A connection that may be.
  struct Arrival: Sendable {
    let descriptor: Int32
    /// The process and the user that ask, as the kernel names them. At Dovecot's listener it is the user
    /// that the secret stands for, which is still to be told.
    let peer: Peer
    /// The user that it counts for.
    let user: UInt32
    let place: Place
  }

  /// What a connection counts as, until it leaves.
  final class Place: Sendable {
    private let turnstile: Turnstile
    private let user: UInt32
    private let hasLeft = Mutex(false)

    init(_ turnstile: Turnstile, _ user: UInt32) { (self.turnstile, self.user) = (turnstile, user) }

    /// Once, however often it is called.
    func leave() {
      let isFirst = hasLeft.withLock { hasLeft in
        defer { hasLeft = true }
        return !hasLeft
      }
      if isFirst { turnstile.leave(user, at: Clock.milliseconds) }
    }
  }

  let policy: PolicyAccess?
  private let listener: Listener
  private let listening: Int32
  /// Readable once it is to stop.
  private let wake: Int32
  private let turnstile: Turnstile
  private let thread = NIOThreadPool(numberOfThreads: 1)
  private let isStopped = Mutex(false)

  /// Begins to listen.
  ///
  /// - Parameter policy: whose listener it is, if it isn't that of the API.
  init(_ listener: Listener, _ policy: PolicyAccess?, _ turnstile: Turnstile) throws {
    (self.listener, self.policy, self.turnstile) = (listener, policy, turnstile)
    listening = try listener.open()
    wake = clinux_event()
  }

  deinit {
    close(listening)
    close(wake)
  }

  /// Hands each connection that may be to `deliver`, on the thread, until it is stopped.
  func start(_ deliver: @escaping @Sendable (Arrival) -> Void) {
    thread.start()
    thread.submit { [self] state in
      guard case .active = state else { return }
      while waitForNext() {
        // Not all at one time: it may be asked to stop.
        for _ in 0..<64 { guard takeOne(deliver) else { break } }
      }
    }
  }

  /// No connection comes any more, and the socket goes at once: what ends the connections that there
  /// are may take longer than the process lives.
  func stop() {
    let isFirst = isStopped.withLock { isStopped in
      defer { isStopped = true }
      return !isStopped
    }
    guard isFirst else { return }
    clinux_event_raise(wake)
    listener.remove()
  }

  /// Stops it, and waits until it has.
  func end() async {
    stop()
    try? await thread.shutdownGracefully()
  }

  /// False if it is to stop.
  private func waitForNext() -> Bool {
    var awaited = [
      pollfd(fd: listening, events: Int16(POLLIN), revents: 0),
      pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
    ]
    _ = unsafe poll(&awaited, 2, -1)
    return awaited[1].revents == 0
  }

  /// False if none waits.
  private func takeOne(_ deliver: (Arrival) -> Void) -> Bool {
    let descriptor = clinux_accept(listening)
    guard descriptor >= 0 else {
      let reason = errno
      if reason == EINTR || reason == ECONNABORTED { return true }
      // Descriptors or memory are short: what waits in the queue would wake it again at once.
      if reason != EAGAIN { usleep(100_000) }
      return false
    }
    guard let (peer, user) = visitor(descriptor), turnstile.enter(user, at: Clock.milliseconds)
    else {
      // It is closed without a word: nothing can be written to it yet.
      close(descriptor)
      return true
    }
    deliver(
      Arrival(descriptor: descriptor, peer: peer, user: user, place: Place(turnstile, user)))
    return true
  }

  private func visitor(_ descriptor: Int32) -> (Peer, UInt32)? {
    guard let policy else { return Peer(of: descriptor).map { ($0, $0.user) } }
    let user = LoopbackConnection(descriptor).flatMap(policy.owner) ?? .max
    return (Peer(process: 0, user: policy.user), user)
  }
}

extension Peer {
  /// As the kernel tells it.
  fileprivate init?(of descriptor: Int32) {
    var credentials = Credentials()
    var length = socklen_t(MemoryLayout<Credentials>.size)
    guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else {
      return nil
    }
    self.init(process: credentials.process, user: credentials.user)
  }

  /// As the kernel has it: `struct ucred`.
  private struct Credentials {
    var process: Int32 = 0
    var user: UInt32 = 0
    var group: UInt32 = 0
  }
}
