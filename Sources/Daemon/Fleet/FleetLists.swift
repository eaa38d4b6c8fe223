internal import Platform
internal import Sharing
internal import Text

/// The lists that hold here, as abld has them: read again when one was imported or ended.
struct FleetLists {
  private let directory: ListDirectory
  private let tell: Telling
  /// By which it is known whether what has ended may be removed.
  let steadiness: FleetClock
  /// Also those that have ended, and wait to be removed.
  private var all: [AdviceList] = []
  /// How often they were others than before, since abld has begun.
  private(set) var changes = 0
  /// How often they were read.
  private(set) var readings = 0
  private var fingerprint: [UInt64]?
  private var flaws: [Text] = []
  /// Before that a reading may have been too early: a file system tells times of some milliseconds,
  /// or of a second, as one. Nil once there was a later one.
  private var settling: Int64?

  /// In milliseconds: between two readings, and two looks at whether what has ended may go.
  private static let (step, pause): (Int64, Int64) = (1000, 3_600_000)

  /// - Parameters:
  ///   - home: `db_home`.
  ///   - clock: of milliseconds, and one that never steps.
  init(in home: Path, _ tell: @escaping Telling, at now: UInt32, _ clock: Int64) {
    (directory, self.tell) = (ListDirectory(in: home), tell)
    steadiness = FleetClock(in: home)
    refresh(at: now, clock)
    changes = 0
  }

  /// Those that hold.
  func holding(at now: UInt32) -> [AdviceList] { all.filter { $0.until > now } }

  /// In how many milliseconds there is something to do, whether or not a change is heard of.
  func delay(at clock: Int64) -> Int64 {
    let reading = settling.map { max(0, $0 - clock) }
    return min(reading ?? .max, all.isEmpty ? .max : Self.pause)
  }

  /// Reads those that changed, and removes those that have ended, once the clock is known to be
  /// steady: by one that is ahead a list would be lost that holds. To be called when a change was
  /// heard of, or may have been missed; it costs little if there was none.
  mutating func refresh(at now: UInt32, _ clock: Int64) {
    let current = directory.fingerprint
    if current != fingerprint {
      (fingerprint, settling) = (current, clock + Self.step)
      read(at: now)
    } else if let settling {
      read(at: now)
      if clock >= settling { self.settling = nil }
    }
    guard !all.isEmpty, steadiness.isSteady(at: now) else { return }
    for list in all where FleetClock.isOver(list.until, at: now) { end(list) }
  }

  private mutating func read(at now: UInt32) {
    readings += 1
    let (lists, flaws) = directory.read(at: now)
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
