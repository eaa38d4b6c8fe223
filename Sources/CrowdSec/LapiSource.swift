internal import Glibc
internal import News
public import Sharing
internal import Synchronization

/// CrowdSec as one more machine that reports: its decisions are a map, under a name of its own, and
/// abld believes it as it believes another machine.
///
/// A thread of its own asks; nothing waits for it.
public final class LapiSource: Sendable {
  private let client: LapiClient
  private let interval: Int
  private let origin: Origin
  private let state: Mutex<State>

  private struct State {
    var log: OriginLog
    var decisions = Decisions()
    var status = ExchangeStatus(.connecting)
    /// When a head was told last: it shows that this is alive.
    var told: UInt32 = 0
    /// When all is asked for again, by a clock that never steps, and attempts that failed since one
    /// that didn't.
    var (whole, failures): (Int64, Int) = (0, 0)
    var said = ""

    init(_ log: OriginLog) { self.log = log }
  }

  /// What others would hear of this origin, and where.
  public typealias Told = @Sendable (Topic, [UInt8]) -> Void

  /// Seconds after which all is asked for again, and between two attempts at most.
  private static let (wholePeriod, longestPause): (Int64, Int) = (900, 300)

  /// - Parameters:
  ///   - interval: seconds between two questions.
  ///   - epoch: later than that of any log that this origin had before.
  public init(_ settings: LapiSettings, as origin: Origin, interval: Int, epoch: UInt64) {
    client = LapiClient(settings)
    (self.origin, self.interval) = (origin, interval)
    var log = OriginLog(origin, epoch: epoch)
    log.release = Array("CrowdSec".utf8)
    state = Mutex(State(log))
  }

  /// How it is doing, and how many decisions hold.
  public var status: ExchangeStatus { state.withLock { $0.status } }

  /// Asks again and again, until the process ends: on the thread that calls this.
  ///
  /// - Parameters:
  ///   - told: is given each message.
  ///   - changed: is called when the status has changed.
  ///   - say: what an administrator should read.
  public func run(
    told: Told, changed: @Sendable () -> Void, say: @Sendable (String) -> Void
  ) -> Never {
    while true { sleep(UInt32(step(told, changed, say))) }
  }

  /// Asks once. Returns in how many seconds to ask again.
  public func step(_ told: Told, _ changed: () -> Void, _ say: (String) -> Void) -> Int {
    // What was lost on the way isn't told again.
    let isWhole = state.withLock { $0.failures > 0 || Clock.milliseconds >= $0.whole }
    let trouble = ask(isWhole: isWhole, told)
    let line = trouble.map { "CrowdSec can't be asked: \($0)" } ?? summary
    let (failures, isNews) = state.withLock { state in
      if trouble == nil, isWhole { state.whole = Clock.milliseconds + Self.wholePeriod * 1000 }
      state.failures = trouble == nil ? 0 : min(state.failures + 1, 8)
      let isNews = line != state.said && (isWhole || trouble != nil)
      if isNews { state.said = line }
      return (state.failures, isNews)
    }
    if isNews { say(line) }
    changed()
    return failures == 0 ? interval : min(interval << failures, Self.longestPause)
  }

  /// - Returns: why that wasn't possible.
  private func ask(isWhole: Bool, _ told: Told) -> String? {
    do throws(NewsError) {
      let answer = try client.stream(isWhole: isWhole)
      try take(answer, isWhole: isWhole, told)
      return nil
    } catch {
      state.withLock { state in
        state.status.state = .disconnected
        state.status.trouble = "CrowdSec can't be asked, \(error.message)"
      }
      publish(told)
      return error.message
    }
  }

  private func take(_ answer: [UInt8], isWhole: Bool, _ told: Told) throws(NewsError) {
    let now = UInt32(clamping: Clock.now)
    var decisions = state.withLock { $0.decisions }
    try decisions.take(answer, isWhole: isWhole, at: now)
    state.withLock { state in
      state.decisions = decisions
      state.status.state = .connected
      state.status.trouble = ""
      state.status.received += 1
    }
    publish(told)
  }

  /// Tells what has changed; what has ended, too, if the API can't be asked.
  private func publish(_ told: Told) {
    let now = UInt32(clamping: Clock.now)
    let publication = state.withLock { state -> Publication? in
      state.decisions.forgetEnded(at: now)
      state.log.replace(with: state.decisions.records, at: now)
      guard state.log.isWaiting || now >= state.told &+ 60 else { return nil }
      state.told = now
      return state.log.flush(at: now)
    }
    if let publication { tell(publication, told) }
  }

  /// Tells all that holds: abld is there, or there again.
  public func tellAll(_ told: Told) {
    let now = UInt32(clamping: Clock.now)
    tell(state.withLock { $0.log.everything(at: now) }, told)
  }

  /// What is asked for of this origin, if anything.
  public func answer(_ fetch: FleetMap.Fetch, _ told: Told) {
    switch fetch {
    case .documents(origin): tellAll(told)
    case .allHeads, .head(origin):
      let now = UInt32(clamping: Clock.now)
      tell(state.withLock { $0.log.flush(at: now) }, told)
    case .head, .documents, .allOrders, .allCounts: break
    }
  }

  private func tell(_ publication: Publication, _ told: Told) {
    for (topic, message) in publication.kept { told(topic, message) }
    told(Topic(.head, origin), publication.head)
    if let announcement = publication.announcement { told(Topic(.live, origin), announcement) }
  }

  /// What holds, what has decided it, and what is left out, in one line.
  private var summary: String {
    let decisions = state.withLock { $0.decisions }
    let origins = decisions.origins.sorted { $0.key < $1.key }.prefix(8).map {
      "\($0.value) of \($0.key.isEmpty ? "no origin" : $0.key.shown)"
    }
    let left = Decision.Unusable.allCases.compactMap { reason in
      decisions.leftOut[reason].map { "\($0) \(reason.rawValue)" }
    }
    var text = "CrowdSec has \(decisions.count) decisions"
    if !origins.isEmpty { text += " (\(origins.joined(separator: ", ")))" }
    if !left.isEmpty { text += "; left out: \(left.joined(separator: ", "))" }
    return text
  }
}
