import Harness

/// Time: the clock stands still wherever a test wants it.
extension Machine {
  /// In the past of no test, and in nobody's future.
  private static let epoch = 2_000_000_000

  /// Does `body` with the clock at `time`, from its beginning to its end.
  func at<Result>(_ time: Int, _ body: () throws -> Result) throws -> Result {
    try stopClock(at: Self.epoch + time)
    return try body()
  }
}
