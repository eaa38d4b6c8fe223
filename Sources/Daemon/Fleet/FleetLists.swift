internal import Platform
internal import Sharing
internal import Text

/// The lists that hold here, as abld has them: read again when one was imported or ended.
struct FleetLists {
  private let directory: ListDirectory
  private let tell: Telling
  /// Also those that have ended of late.
  private var all: [AdviceList] = []
  /// How often they were others than before, since abld has begun.
  private(set) var changes = 0
  private var fingerprint: [UInt64]?
  private var flaws: [Text] = []
  /// Whether a reading may have been too early: a file system tells times of some milliseconds as one.
  private var isFresh = true

  /// For how long one that has ended stays, in seconds: its name may be used again just now.
  private static let rest: UInt32 = 3600

  /// - Parameter home: `db_home`.
  init(in home: Path, _ tell: @escaping Telling, at now: UInt32) {
    (directory, self.tell) = (ListDirectory(in: home), tell)
    refresh(at: now)
    changes = 0
  }

  /// Whether there is anything to do without a fleet.
  static func hasAny(in home: Path, at now: UInt32) -> Bool {
    ListDirectory(in: home).read().lists.contains { $0.until > now }
  }

  /// Those that hold.
  func holding(at now: UInt32) -> [AdviceList] { all.filter { $0.until > now } }

  /// Reads those that changed; removes those that have ended. To be called each second.
  mutating func refresh(at now: UInt32) {
    let current = directory.fingerprint
    let isNew = current != fingerprint
    if isNew || isFresh { read() }
    (fingerprint, isFresh) = (current, isNew)
    for list in all where now >= list.until && now - list.until > Self.rest { end(list) }
  }

  private mutating func read() {
    let (lists, flaws) = directory.read()
    for flaw in flaws where !self.flaws.contains(flaw.message) {
      tell(.error, "a list doesn't hold: " + flaw.message)
    }
    self.flaws = flaws.map(\.message)
    guard lists != all else { return }
    all = lists
    changes += 1
  }

  private func end(_ list: AdviceList) {
    do throws(SystemError) { try directory.remove(list.origin) } catch {
      tell(.error, error.message)
    }
  }
}
