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
    let (connections, arrivals) = AsyncStream.makeStream(of: Connection.self)
    let turnstile = Turnstile(bounds, grants)
    var servers = [try await listen(at: listener, nil, group, turnstile, arrivals)]
    servers += await listenForPolicy(group, turnstile, arrivals)
    let listening = servers
    await withGracefulShutdownHandler {
      await withDiscardingTaskGroup { tasks in
        let executor = LoopExecutor(loop)
        tasks.addTask(executorPreference: executor) { await Self.lapse(routes.desk) }
        tasks.addTask(executorPreference: executor) { await routes.events.follow() }
        for await connection in connections {
          tasks.addTask(executorPreference: executor) { [bounds] in
            await connection.serve(bounds, routes)
          }
        }
        tasks.cancelAll()
      }
    } onGracefulShutdown: {
      for server in listening { server.close(promise: nil) }
      arrivals.finish()
    }
    for server in listening { try? await server.close() }
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
  private func listenForPolicy(
    _ group: MultiThreadedEventLoopGroup, _ turnstile: Turnstile,
    _ arrivals: AsyncStream<Connection>.Continuation
  ) async -> [any Channel] {
    guard let policy else { return [] }
    do {
      return [try await listen(at: policy.listener, policy, group, turnstile, arrivals)]
    } catch {
      logger.error("Dovecot isn't answered: \(error)")
      return []
    }
  }

  /// - Parameter policy: whose listener it is, if it isn't that of the API.
  private func listen(
    at listener: Listener, _ policy: PolicyAccess?, _ group: MultiThreadedEventLoopGroup,
    _ turnstile: Turnstile, _ arrivals: AsyncStream<Connection>.Continuation
  ) async throws -> any Channel {
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 4096)
      // Connections that are refused at once stand in the same queue as those of others, and a turn
      // of a busy loop is long: with NIO's 4 a turn a flood of them keeps others out for seconds.
      .serverChannelOption(.maxMessagesPerRead, value: 256)
      // What is read at one time is parsed at one time, however many requests are in it: others wait
      // meanwhile, and it is all kept. What the kernel keeps of answers that no client reads is memory
      // of this process, too.
      .childChannelOption(
        .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: bounds.piece)
      )
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelOption(.socketOption(.so_sndbuf), value: bounds.unread)
      .childChannelOption(
        .writeBufferWaterMark, value: .init(low: bounds.unread / 2, high: bounds.unread)
      )
      .childChannelInitializer { [bounds, grants] channel in
        Self.peer(of: channel, policy).flatMap { peer in
          guard turnstile.enter(peer.user, at: Clock.milliseconds) else {
            // It is closed without a word: nothing can be written to it yet.
            return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
          }
          channel.closeFuture.whenComplete { _ in
            turnstile.leave(peer.user, at: Clock.milliseconds)
          }
          return channel.eventLoop.makeCompletedFuture {
            let wrapped = try Self.prepare(channel, bounds, grants, peer)
            arrivals.yield(
              Connection(
                channel: wrapped, peer: peer, turnstile: turnstile, secret: policy?.secret))
          }
        }
      }
    return try await listener.open(bootstrap)
  }

  /// The kernel's word; or of one that has to tell the secret yet, on whose behalf that is.
  private static func peer(
    of channel: any Channel, _ policy: PolicyAccess?
  ) -> EventLoopFuture<Peer> {
    guard let policy else { return Connection.peer(of: channel) }
    return channel.eventLoop.makeSucceededFuture(Peer(process: 0, user: policy.user))
  }

  private static func prepare(
    _ channel: any Channel, _ bounds: Bounds, _ grants: SharedGrants, _ peer: Peer
  ) throws -> Connection.Wrapped {
    let isTrusted = peer.isRoot || !grants.current.services(of: peer.user).isEmpty
    var limits = NIOHTTPDecoderLimitConfiguration()
    (limits.maxHeaderFieldSize, limits.maxHeaderListSize) = (bounds.head / 2, bounds.head)
    limits.maxHeaderFieldCount = 64
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(ByteWatch())
    try pipeline.configureHTTPServerPipeline(
      withPipeliningAssistance: true, withErrorHandling: true, withEncoderConfiguration: .init(),
      withDecoderLimitConfiguration: limits)
    try pipeline.addHandler(ConnectionClock(bounds, isTrusted: isTrusted))
    return try Connection.Wrapped(wrappingChannelSynchronously: channel)
  }
}
