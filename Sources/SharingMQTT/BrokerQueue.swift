internal import Glibc
internal import Sharing
internal import Synchronization

/// What a broker's thread has to do, and how it is doing: shared with the thread that gives it work.
final class BrokerQueue: Sendable {
  struct Work {
    /// The last message under each topic, to be told again on each connection.
    var kept: [Topic: [UInt8]] = [:]
    /// Of these, those that the broker hasn't got yet.
    var fresh: Set<Topic> = []
    var announcements: [(kind: Topic.Kind, message: [UInt8])] = []
    var fetches: [FleetMap.Fetch] = []
    var origin: Origin?
    var isStopping = false
  }

  private let work = Mutex(Work())
  private let state = Mutex(ExchangeStatus(.disconnected))
  /// Readable when there is something to do.
  let bell: CInt
  private let rope: CInt

  /// How many announcements wait at most; others find the gap and read the head.
  static let mostAnnouncements = 100
  static let mostFetches = 10_000

  init() {
    var ends: [CInt] = [-1, -1]
    _ = unsafe pipe(&ends)
    for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (bell, rope) = (ends[0], ends[1])
  }

  deinit {
    close(bell)
    close(rope)
  }

  /// Changes the work, and rings the bell.
  func change(_ body: (inout Work) -> Void) {
    work.withLock { body(&$0) }
    var byte: UInt8 = 0
    _ = unsafe write(rope, &byte, 1)
  }

  /// What is to be done now, taken off the list.
  func take(isConnected: Bool) -> Work {
    var drain = [UInt8](repeating: 0, count: 256)
    while unsafe read(bell, &drain, drain.count) > 0 {}
    return work.withLock { work in
      let now = work
      if isConnected { (work.fresh, work.fetches) = ([], []) }
      // What can't be said now is said by the head, later.
      work.announcements = []
      return now
    }
  }

  var status: ExchangeStatus { state.withLock { $0 } }

  func note(_ body: (inout ExchangeStatus) -> Void) { state.withLock { body(&$0) } }
}
