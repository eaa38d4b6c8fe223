public import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
public import Platform
public import ServiceLifecycle

/// The local API and its page: HTTP/1.1 and JSON at a socket of Unix.
///
/// What it can do to the machine is what a login can: look, reserve, count. It opens nothing for a
/// client, and no client can hold up another one, or anything else of the process.
public struct APIServer: Service {
  private let listener: Listener
  private let configurationFile: Path
  private let grants: SharedGrants
  private let bounds: Bounds
  private let policy: PolicyAccess?
  private let logger: Logger

  /// - Parameter configurationFile: of pam_abl.so; it says where the store is.
  public init(
    _ listener: Listener, configurationFile: Path, grants: SharedGrants, bounds: Bounds = Bounds(),
    policy: PolicyAccess? = nil, logger: Logger
  ) {
    (self.listener, self.configurationFile) = (listener, configurationFile)
    (self.grants, self.bounds, self.policy, self.logger) = (grants, bounds, policy, logger)
  }

  /// Serves until it is asked to end; what is reserved then is let go of.
  public func run() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = group.next()
    let desk = Desk(
      ConfigurationSource(configurationFile), Chronicle(logger), bounds, grants, timers: loop)
    let routes = Routes(desk, grants, EventFeed(desk, timers: loop))
    do {
      try await serve(group, loop, routes)
    } catch {
      await desk.stop()
      try? await group.shutdownGracefully()
      throw error
    }
    await desk.lapse(at: .max)
    await desk.stop()
    try await group.shutdownGracefully()
  }

  private func serve(
    _ group: MultiThreadedEventLoopGroup, _ loop: any EventLoop, _ routes: Routes
  ) async throws {
    let arrivals = Arrivals()
    let turnstile = Turnstile(bounds, grants)
    var acceptors = [try Acceptor(listener, nil, turnstile)]
    acceptors += policyAcceptor(turnstile)
    let listening = acceptors
    for acceptor in listening {
      acceptor.start { take($0, acceptor.policy?.secret, turnstile, loop, arrivals) }
    }
    await withGracefulShutdownHandler {
      await withDiscardingTaskGroup { tasks in
        let executor = LoopExecutor(loop)
        tasks.addTask(executorPreference: executor) { await Self.lapse(routes.desk) }
        tasks.addTask(executorPreference: executor) { await routes.events.follow() }
        for await connection in arrivals.connections {
          tasks.addTask(executorPreference: executor) { [bounds] in
            await connection.serve(bounds, routes)
          }
        }
        tasks.cancelAll()
      }
    } onGracefulShutdown: {
      for acceptor in listening { acceptor.stop() }
      arrivals.finish()
    }
    for acceptor in listening { await acceptor.end() }
    // Of what the acceptors have taken until now, the loop has made channels after this.
    try? await loop.submit {}.get()
    await arrivals.closeLate()
  }

  /// As long as there is any attempt, looks whether one has lapsed.
  private static func lapse(_ desk: Desk) async {
    while !Task.isCancelled {
      await desk.book.door.wait()
      while await !desk.book.isEmpty, !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(250))
        await desk.lapse(at: Clock.milliseconds)
      }
    }
  }
}

extension APIServer {
  /// The listener for Dovecot, if there is to be one; without it the API is served all the same.
  private func policyAcceptor(_ turnstile: Turnstile) -> [Acceptor] {
    guard let policy else { return [] }
    do {
      return [try Acceptor(policy.listener, policy, turnstile)]
    } catch {
      logger.error("Dovecot isn't answered: \(error)")
      return []
    }
  }

  /// Makes a channel of what has come.
  private func take(
    _ arrival: Acceptor.Arrival, _ secret: String?, _ turnstile: Turnstile, _ loop: any EventLoop,
    _ arrivals: Arrivals
  ) {
    let bootstrap = ClientBootstrap(group: loop)
      // What is read at one time is parsed at one time, however many requests are in it: others wait
      // meanwhile, and it is all kept. What the kernel keeps of answers that no client reads is memory
      // of this process, too.
      .channelOption(
        .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: bounds.piece)
      )
      .channelOption(.maxMessagesPerRead, value: 1)
      .channelOption(.socketOption(.so_sndbuf), value: bounds.unread)
      .channelOption(
        .writeBufferWaterMark, value: .init(low: bounds.unread / 2, high: bounds.unread)
      )
      .channelInitializer { [bounds, grants] channel in
        channel.closeFuture.whenComplete { _ in arrival.place.leave() }
        return channel.eventLoop.makeCompletedFuture {
          let wrapped = try Self.prepare(channel, bounds, grants, arrival.user)
          arrivals.add(
            Connection(
              channel: wrapped, peer: arrival.peer, user: arrival.user, turnstile: turnstile,
              secret: secret))
        }
      }
    bootstrap.withConnectedSocket(arrival.descriptor).whenFailure { _ in arrival.place.leave() }
  }

  private static func prepare(
    _ channel: any Channel, _ bounds: Bounds, _ grants: SharedGrants, _ user: UInt32
  ) throws -> Connection.Wrapped {
    var limits = NIOHTTPDecoderLimitConfiguration()
    (limits.maxHeaderFieldSize, limits.maxHeaderListSize) = (bounds.head / 2, bounds.head)
    limits.maxHeaderFieldCount = 64
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(ByteWatch())
    try pipeline.configureHTTPServerPipeline(
      withPipeliningAssistance: true, withErrorHandling: true, withEncoderConfiguration: .init(),
      withDecoderLimitConfiguration: limits)
    try pipeline.addHandler(ConnectionClock(bounds, isTrusted: !grants.isOrdinary(user)))
    return try Connection.Wrapped(wrappingChannelSynchronously: channel)
  }
}
