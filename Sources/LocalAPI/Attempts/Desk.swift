internal import Administration
internal import BlockList
internal import NIOCore
internal import NIOHTTP1
internal import Platform
internal import Policy
internal import Text

/// Where attempts are asked about, reserved and settled: the store, used on threads of its own, and
/// never waited for beyond the time of a request.
final class Desk: Sendable {
  let source: ConfigurationSource
  let chronicle: Chronicle
  let book: AttemptBook
  let room: WaitingRoom
  let bounds: Bounds
  /// Looks don't wait behind what writes to the disk.
  let looks, reports: Workers
  /// What ordinary users say of themselves doesn't hold up what servers say, nor do the names of users.
  private let writes, ownWrites: Workers
  let accounts: Workers
  let grants: SharedGrants

  init(
    _ source: ConfigurationSource, _ chronicle: Chronicle, _ bounds: Bounds, _ grants: SharedGrants,
    timers: any EventLoop
  ) {
    (self.source, self.chronicle, self.bounds, self.grants) = (source, chronicle, bounds, grants)
    book = AttemptBook(source, bounds, grants)
    room = WaitingRoom(source, most: bounds.waitingOfSubject, timers: timers)
    looks = Workers(threads: 3, most: 1024, timers: timers)
    writes = Workers(threads: 2, most: 2048, timers: timers)
    ownWrites = Workers(threads: 1, most: 64, timers: timers)
    reports = Workers(threads: 1, most: 64, timers: timers)
    accounts = Workers(threads: 1, most: 64, timers: timers)
  }

  func stop() async {
    for workers in [looks, writes, ownWrites, reports, accounts] { await workers.stop() }
  }

  func writes(for user: UInt32) -> Workers { grants.isOrdinary(user) ? ownWrites : writes }

  /// Uses the store on one of `workers`; what goes wrong is a problem, and logged.
  ///
  /// - Parameters:
  ///   - isOwed: whether it is done however many others wait.
  ///   - late: is given what came of it, if its request has ended before.
  func use<Result: Sendable>(
    _ workers: Workers, within milliseconds: Int64, isOwed: Bool = false,
    _ work: @escaping @Sendable (BlockList) throws -> Result,
    late: @escaping @Sendable (Swift.Result<Result, Problem>) -> Void = { _ in }
  ) async throws(Problem) -> Result {
    let result = try await workers.run(
      within: .milliseconds(milliseconds), isOwed: isOwed, { [self] in outcome(of: work) },
      late: late)
    return try result.get()
  }

  private func outcome<Result>(
    of work: (BlockList) throws -> Result
  ) -> Swift.Result<Result, Problem> {
    guard let configuration = source.current else {
      return .failure(trouble("cannot read '\(source.file.text)'", isDenied: false))
    }
    let blockList = BlockList(configuration) { [chronicle] urgency, text in
      let message = String(decoding: text.bytes, as: UTF8.self)
      guard urgency == .error else { return chronicle.notice(message, at: Clock.now) }
      chronicle.error(message, at: Clock.now)
    }
    blockList.earlierTable = source.table
    defer { if let table = blockList.table { source.table = table } }
    do {
      let result = try work(blockList)
      blockList.runCommands()
      return .success(result)
    } catch let error as StoreError {
      let message = String(decoding: error.message.bytes, as: UTF8.self)
      return .failure(trouble(message, isDenied: configuration.onError == .deny))
    } catch { return .failure(trouble(String(describing: error), isDenied: false)) }
  }

  /// The store can't be used: `on_error` says what that means for a login.
  private func trouble(_ message: String, isDenied: Bool) -> Problem {
    chronicle.error("cannot use the store: \(message)", at: Clock.now)
    return isDenied
      ? Problem(.forbidden, "Refused", "the store can't be used, and 'on_error' is 'deny'")
      : Problem(.serviceUnavailable, "No store", "the store can't be used", retryAfter: 1)
  }

  static var now: Timestamp { Timestamp(seconds: Clock.now) }
}
