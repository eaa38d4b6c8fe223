internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Threads for what may block: the store, its lock, its disk. A bounded number of tasks waits for
/// them, and no request waits for a task beyond its time.
final class Workers: Sendable {
  private let pool: NIOThreadPool
  private let timers: any EventLoop
  private let waiting = Mutex(0)
  private let most: Int

  /// - Parameters:
  ///   - most: tasks that may wait or run at one time.
  ///   - timers: whose clock ends the waiting.
  init(threads: Int, most: Int, timers: any EventLoop) {
    pool = NIOThreadPool(numberOfThreads: threads)
    (self.most, self.timers) = (most, timers)
    pool.start()
  }

  /// Ends the threads, once each has done what it does.
  func stop() async { try? await pool.shutdownGracefully() }

  /// Does `work` on one of the threads, and waits for it for so long.
  ///
  /// - Parameters:
  ///   - isOwed: whether it is taken however many wait: its number is bounded elsewhere then.
  ///   - late: is given what came of it, on that thread, if its request has ended before.
  /// - Throws: `Problem.busy` if too many wait already, `Problem.late` if its time is over. The work
  ///   goes on then.
  func run<Result: Sendable>(
    within time: TimeAmount, isOwed: Bool = false, _ work: @escaping @Sendable () -> Result,
    late: @escaping @Sendable (Result) -> Void = { _ in }
  ) async throws(Problem) -> Result {
    guard enter(isOwed: isOwed) else { throw .busy }
    let outcome = OneShot<Result?>()
    pool.submit { [self] state in
      defer { leave() }
      guard case .active = state else {
        outcome.give(nil)
        return
      }
      let result = work()
      if !outcome.give(result) { late(result) }
    }
    let timer = timers.scheduleTask(in: time) { _ = outcome.give(nil) }
    let result = await outcome.value
    timer.cancel()
    guard let result else { throw .late }
    return result
  }

  private func enter(isOwed: Bool) -> Bool {
    waiting.withLock { waiting in
      guard isOwed || waiting < most else { return false }
      waiting += 1
      return true
    }
  }

  private func leave() { waiting.withLock { $0 -= 1 } }
}
