internal import NIOHTTP1

/// One answer.
struct Response: Sendable {
  var status: HTTPResponseStatus
  var headers: HTTPHeaders = [:]
  var body: Body = .bytes([])

  enum Body: Sendable {
    case bytes([UInt8])
    /// Events, until the client or the server leaves.
    case events(after: UInt64)
  }

  init(_ status: HTTPResponseStatus) { self.status = status }

  init(_ status: HTTPResponseStatus, _ type: StaticString, _ bytes: [UInt8]) {
    self.status = status
    headers.add(name: "content-type", value: String(describing: type))
    body = .bytes(bytes)
  }

  /// An object, as JSON.
  static func json(_ status: HTTPResponseStatus = .ok, _ bytes: [UInt8]) -> Response {
    Response(status, "application/json", bytes)
  }

  /// Of an attempt that is refused only because others are being judged: it may be asked for again.
  var inFlight: Response { adding("x-abl-refusal", "in-flight") }

  func adding(_ name: String, _ value: String) -> Response {
    var copy = self
    copy.headers.replaceOrAdd(name: name, value: value)
    return copy
  }
}
