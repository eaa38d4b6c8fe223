internal import CSockets
internal import Glibc

/// A connection to abld's socket, over which it tells events; it never blocks.
@safe public final class EventConnection {
  public let descriptor: CInt
  private var reader = EventReader()
  /// Why it is of no more use, if so.
  public private(set) var trouble: String?

  /// Asks for all events behind `sequence`; nil if abld isn't there, `errno` says why.
  public init?(to path: String, after sequence: UInt64) {
    descriptor = unsafe csockets_connect(path)
    guard descriptor >= 0 else { return nil }
    let request =
      "GET /v1/events?after=\(sequence) HTTP/1.1\r\nHost: abl\r\nAccept: text/event-stream\r\n\r\n"
    let bytes = Array(request.utf8)
    // The buffer of a new socket has room for it.
    guard unsafe csockets_send(descriptor, bytes, bytes.count) == bytes.count else {
      trouble = "abld doesn't take a request"
      return
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// What has come by now, at most some hundred events; what is no event is left out.
  public func read() -> [NewsItem] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
    if count < 0, errno == EAGAIN || errno == EINTR { return [] }
    guard count > 0 else {
      trouble = trouble ?? "abld has ended the connection"
      return []
    }
    let events = reader.take(buffer.prefix(count))
    trouble = trouble ?? reader.trouble
    return events.compactMap { NewsItem(line: $0) }
  }
}
