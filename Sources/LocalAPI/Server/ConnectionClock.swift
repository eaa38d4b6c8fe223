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
  private var timer: Scheduled<Void>?
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
    timer?.cancel()
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
      timer?.cancel()
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
    stall = context.channel.isWritable ? nil : close(after: transfer, context)
    context.fireChannelWritabilityChanged()
  }

  private func begin(_ time: TimeAmount, _ context: ChannelHandlerContext) {
    timer?.cancel()
    timer = close(after: time, context)
  }

  private func close(
    after time: TimeAmount, _ context: ChannelHandlerContext
  ) -> Scheduled<Void> {
    let channel = context.channel
    return context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
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
