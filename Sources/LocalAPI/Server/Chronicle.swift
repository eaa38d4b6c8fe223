internal import Logging
internal import Synchronization

/// The log, which a flood can't fill: so many lines a second at most, and then how many were left
/// out.
final class Chronicle: Sendable {
  private struct State {
    var second: Int64 = 0
    var (lines, omitted) = (0, 0)
  }

  private let logger: Logger
  private let state = Mutex(State())
  private static let most = 20

  init(_ logger: Logger) { self.logger = logger }

  func notice(_ message: String, at seconds: Int64) { write(.notice, message, at: seconds) }

  func error(_ message: String, at seconds: Int64) { write(.error, message, at: seconds) }

  private func write(_ level: Logger.Level, _ message: String, at second: Int64) {
    let (isShown, omitted) = state.withLock { state in
      var omitted = 0
      if state.second != second {
        omitted = state.omitted
        state = State()
        state.second = second
      }
      state.lines += 1
      if state.lines > Self.most { state.omitted += 1 }
      return (state.lines <= Self.most, omitted)
    }
    if omitted > 0 { logger.notice("\(omitted) lines more were left out") }
    if isShown { logger.log(level: level, "\(message)") }
  }
}
