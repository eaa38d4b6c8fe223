internal import NIOCore
internal import NIOHTTP1
internal import Platform

extension Connection {
  typealias Writer = NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>

  func write(
    _ response: Response, to head: HTTPRequestHead, _ isLast: Bool, _ outbound: Writer,
    _ bounds: Bounds, _ routes: Routes
  ) async throws {
    let begin = response.head(for: head, isLast)
    switch response.body {
    case .bytes(let bytes) where bytes.isEmpty || head.method == .HEAD:
      try await outbound.write(contentsOf: [.head(begin), .end(nil)])
    case .bytes(let bytes) where bytes.count <= bounds.unread:
      try await outbound.write(
        contentsOf: [.head(begin), .body(.byteBuffer(ByteBuffer(bytes: bytes))), .end(nil)])
    case .bytes(let bytes):
      guard turnstile.keep(bytes.count, for: user, at: Clock.milliseconds) else {
        let detail = "answers to uid \(user) wait to be taken"
        let problem = Problem(.serviceUnavailable, "Not taken", detail, retryAfter: 1)
        return try await write(problem.response, to: head, isLast, outbound, bounds, routes)
      }
      defer { turnstile.letGo(of: bytes.count, for: user) }
      try await outbound.write(.head(begin))
      try await write(long: bytes, outbound, bounds)
    case .events(let sequence):
      try await outbound.write(.head(begin))
      try await routes.events.stream(after: sequence) { text in
        try await outbound.write(.body(.byteBuffer(ByteBuffer(string: text))))
      }
      try await outbound.write(.end(nil))
    }
  }

  /// Hands on a piece after the other, as the client takes them: what waits is in memory once, and
  /// little of it a second time. A client that takes too long is left, though it takes some.
  private func write(long body: [UInt8], _ outbound: Writer, _ bounds: Bounds) async throws {
    let channel = channel.channel
    let patience = bounds.transfer + Int64(body.count / bounds.pace)
    let end = channel.eventLoop.scheduleTask(in: .seconds(patience)) {
      channel.close(promise: nil)
    }
    defer { end.cancel() }
    for start in stride(from: 0, to: body.count, by: bounds.unread) {
      let piece = body[start..<min(start + bounds.unread, body.count)]
      try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: piece))))
    }
    try await outbound.write(.end(nil))
  }
}

extension Response {
  /// What stands in front of the body in the answer to a request.
  fileprivate func head(for request: HTTPRequestHead, _ isLast: Bool) -> HTTPResponseHead {
    var head = HTTPResponseHead(version: request.version, status: status, headers: headers)
    head.headers.replaceOrAdd(name: "cache-control", value: "no-store")
    head.headers.replaceOrAdd(name: "x-content-type-options", value: "nosniff")
    if isLast { head.headers.replaceOrAdd(name: "connection", value: "close") }
    // 204 has no body, and says no length of one.
    if case .bytes(let bytes) = body, status != .noContent {
      head.headers.replaceOrAdd(name: "content-length", value: String(bytes.count))
    }
    return head
  }
}
