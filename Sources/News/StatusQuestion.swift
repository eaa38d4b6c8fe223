internal import CNews
internal import CSockets

/// A question for abld's status, and its answer; it never blocks.
@safe public final class StatusQuestion {
  public let descriptor: CInt
  private var answer: [UInt8] = []
  private let deadline = Clock.milliseconds + 10_000

  private static let longest = 256 << 10

  /// What has come of it.
  public enum Finding: Sendable {
    case waiting
    /// No answer, or none that is understood.
    case nothing
    case status(JSON)
  }

  /// Asks; nil if abld isn't there.
  public init?(to path: String) {
    descriptor = unsafe csockets_connect(path)
    guard descriptor >= 0 else { return nil }
    let bytes = Array("GET /v1/status HTTP/1.1\r\nHost: abl\r\nConnection: close\r\n\r\n".utf8)
    guard unsafe csockets_send(descriptor, bytes, bytes.count) == bytes.count else { return nil }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Goes on with the question, and says what has come of it so far.
  public func serve() -> Finding {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe CNews.read(descriptor, &buffer, buffer.count)
      if count < 0, cnews_errno() == EAGAIN || cnews_errno() == EINTR {
        return Clock.milliseconds < deadline ? .waiting : .nothing
      }
      guard count > 0 else { break }
      answer += buffer.prefix(count)
      if answer.count > Self.longest { return .nothing }
    }
    let text = String(decoding: answer, as: UTF8.self)
    guard text.hasPrefix("HTTP/1.1 200"), let start = text.firstIndex(of: "{"),
      let end = text.lastIndex(of: "}"), let object = JSON(Array(text[start...end].utf8))
    else { return .nothing }
    return .status(object)
  }
}
