internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Platform

/// One client, and how it is talked to.
struct Connection: Sendable {
  typealias Wrapped = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

  let channel: Wrapped
  let peer: Peer
  /// The user that it counts for.
  let user: UInt32
  let turnstile: Turnstile
  /// What lets it in at the listener for Dovecot; nil at a socket of Unix, where the kernel names
  /// the peer.
  var secret: String?

  /// Answers one request after the other, until the client leaves or asks for the end.
  func serve(_ bounds: Bounds, _ routes: Routes) async {
    try? await channel.executeThenClose { inbound, outbound in
      var parts = inbound.makeAsyncIterator()
      while let part = try await parts.next() {
        guard case .head(let head) = part else { continue }
        let body = try await Self.body(&parts, atMost: bounds.body)
        let isLast = body == nil || !head.isKeepAlive
        let response = await answer(head, body, bounds, routes)
        try await write(response, to: head, isLast, outbound, bounds, routes)
        if isLast { return }
      }
    }
  }

  /// Ends it; nothing is answered.
  func close() async { try? await channel.executeThenClose { _, _ in } }

  /// Nil if it is too large.
  private static func body(
    _ parts: inout NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator,
    atMost most: Int
  ) async throws -> [UInt8]? {
    var body: [UInt8] = []
    while let part = try await parts.next() {
      guard case .body(let buffer) = part else { return body }
      guard body.count + buffer.readableBytes <= most else { return nil }
      body.append(contentsOf: buffer.readableBytesView)
    }
    throw ChannelError.eof
  }

  private func answer(
    _ head: HTTPRequestHead, _ body: [UInt8]?, _ bounds: Bounds, _ routes: Routes
  ) async -> Response {
    guard mayAsk(head) else {
      try? await Task.sleep(for: .milliseconds(bounds.refusal))
      let detail = "uid \(user) asks more often than it may"
      return Problem(.tooManyRequests, "Too often", detail, retryAfter: 1).response
    }
    guard let body else {
      return Problem(.payloadTooLarge, "Too large", "the body is too large").response
    }
    guard let request = Request(head, body, from: peer) else {
      return Problem.malformed("the target of the request makes no sense").response
    }
    if let secret { return await routes.answer(request, secret: secret) }
    return await routes.answer(request)
  }

  /// At the listener for Dovecot the secret is as good as the user that Dovecot has.
  private func mayAsk(_ head: HTTPRequestHead) -> Bool {
    let told = head.headers.first(name: Routes.secretField)
    if let secret, let told, Routes.areEqual(told, secret) { return true }
    return turnstile.pass(user, at: Clock.milliseconds)
  }
}
