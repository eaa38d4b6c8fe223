internal import Logging
internal import Synchronization

/// The log, which a flood can't fill: so many lines a second at most, and then how many were left
/// out. What ordinary users are refused of themselves has few lines of its own, so that these push
/// nothing else out.
final class Chronicle: Sendable {
  private struct Budget {
    let most: Int
    var second: Int64 = 0
    var (lines, omitted) = (0, 0)

    init(_ most: Int) { self.most = most }

    /// Whether one more line is written, and how many were left out before.
    mutating func take(at now: Int64) -> (isShown: Bool, omitted: Int) {
      var before = 0
      if second != now {
        (before, lines, omitted, second) = (omitted, 0, 0, now)
      }
      lines += 1
      if lines > most { omitted += 1 }
      return (lines <= most, before)
    }
  }

  private let logger: Logger
  private let budget = Mutex(Budget(20))
  private let ordinary = Mutex(Budget(2))

  init(_ logger: Logger) { self.logger = logger }

  /// - Parameter isOrdinary: whether an ordinary user has made it come about.
  func notice(_ message: String, isOrdinary: Bool = false, at second: Int64) {
    let entry =
      isOrdinary
      ? ordinary.withLock { $0.take(at: second) } : budget.withLock { $0.take(at: second) }
    write(.notice, message, entry)
  }

  func error(_ message: String, at second: Int64) {
    write(.error, message, budget.withLock { $0.take(at: second) })
  }

  private func write(
    _ level: Logger.Level, _ message: String, _ entry: (isShown: Bool, omitted: Int)
  ) {
    if entry.omitted > 0 { logger.notice("\(entry.omitted) lines more were left out") }
    if entry.isShown { logger.log(level: level, "\(message)") }
  }
}
