internal import NIOCore
internal import NIOHTTP1

/// Ends a connection that is too slow: a request that doesn't arrive whole, an answer that isn't
/// taken, no request for long.
///
/// It stands behind the decoder, so it is told of each part of a request; in front of it stands
/// `ByteWatch`, which tells it that something has come at all.
final class ConnectionClock: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private let transfer, idle: TimeAmount
  /// When the connection ends, if nothing happens until then.
  private var deadline: NIODeadline?
  /// What looks at the deadline: when it is due, or earlier. It isn't set anew with each request,
  /// because to take back a timer costs a walk through those of all connections.
  private var timer: (due: NIODeadline, task: Scheduled<Void>)?
  private var stall: Scheduled<Void>?
  /// Whether a request is on its way, or being answered.
  private var (isArriving, answering) = (false, 0)

  init(_ bounds: Bounds, isTrusted: Bool) {
    transfer = .seconds(bounds.transfer)
    idle = .seconds(isTrusted ? bounds.idle : min(bounds.idle, 10))
  }

  func channelActive(context: ChannelHandlerContext) {
    begin(idle, context)
    context.fireChannelActive()
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { begin(idle, context) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer?.task.cancel()
    stall?.cancel()
  }

  /// Bytes have come.
  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard event is ByteWatch.Arrival else { return context.fireUserInboundEventTriggered(event) }
    guard !isArriving, answering == 0 else { return }
    isArriving = true
    begin(transfer, context)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .end = unwrapInboundIn(data) {
      isArriving = false
      answering += 1
      deadline = nil
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) {
      answering = max(0, answering - 1)
      if answering == 0 { begin(idle, context) }
    }
    context.write(data, promise: promise)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    stall?.cancel()
    let channel = context.channel
    stall =
      channel.isWritable
      ? nil : context.eventLoop.scheduleTask(in: transfer) { channel.close(promise: nil) }
    context.fireChannelWritabilityChanged()
  }

  private func begin(_ time: TimeAmount, _ context: ChannelHandlerContext) {
    let end = NIODeadline.now() + time
    deadline = end
    if let timer, timer.due <= end { return }
    timer?.task.cancel()
    arm(end, context)
  }

  private func arm(_ due: NIODeadline, _ context: ChannelHandlerContext) {
    let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: due) {
      self.look(context)
    }
    timer = (due, task)
  }

  private func look(_ context: ChannelHandlerContext) {
    timer = nil
    guard let deadline else { return }
    if deadline <= .now() { return context.close(promise: nil) }
    arm(deadline, context)
  }
}

/// Tells the handlers behind it that bytes have come.
final class ByteWatch: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  struct Arrival: Sendable {}

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    context.fireUserInboundEventTriggered(Arrival())
    context.fireChannelRead(data)
  }
}
