internal import Platform

/// What is remembered of the wall clock, in a file beside the lists and the orders, to tell a wrong
/// clock from a long time: as the store does (`Schema.isSteady`).
///
/// What has ended by a clock that stands wrong isn't removed: when that is right again it holds. A
/// leap of less than `rest` passes for a pause: so what is removed must have ended that long ago.
final class FleetClock {
  private let home: Path
  private var memory: Memory?
  /// What the file says of `last`.
  private var noted: Int64?

  private struct Memory {
    /// Since when there was no leap, and what the clock said last.
    var since, last: Int64
  }

  /// For how many seconds what has ended stays at any rate, and how long a pause may be.
  static let rest: Int64 = 86_400
  /// Seconds that the clock has to go on without a leap, and between two notes.
  private static let (probation, interval): (Int64, Int64) = (86_400, 3600)
  private static let (name, draft): (Path, Path) = ("fleet-clock", "fleet-clock.new")

  /// - Parameter home: `db_home`.
  init(in home: Path) {
    self.home = home
    guard let directory = try? File(home, .directory),
      let text = try? File(Self.name, in: directory, .read).read(50)
    else { return }
    let words = String(decoding: text, as: UTF8.self).split(separator: " ")
    guard words.count == 2, let since = Int64(words[0]), let last = Int64(words[1]) else { return }
    (memory, noted) = (Memory(since: since, last: last), last)
  }

  /// Whether it has gone on for a day without a leap; notes that it is `now`.
  func isSteady(at now: UInt32) -> Bool {
    let now = Int64(now)
    let old = memory ?? Memory(since: now, last: now)
    let isLeap = !(-60...Self.rest).contains(now.subtractingReportingOverflow(old.last).0)
    let new = Memory(since: isLeap ? now : old.since, last: now)
    memory = new
    if isLeap || noted.map({ now - $0 >= Self.interval }) ?? true { note(new) }
    return now - new.since >= Self.probation
  }

  /// Whether what ended at `until` may be removed, by a clock that is steady.
  static func isOver(_ until: UInt32, at now: UInt32) -> Bool {
    Int64(until) + rest <= Int64(now)
  }

  /// Where it can't be written the next abld begins anew with the day.
  private func note(_ memory: Memory) {
    noted = memory.last
    guard let directory = try? File(home, .directory) else { return }
    try? directory.remove(Self.draft)
    guard let file = try? File(Self.draft, in: directory, .readWrite, creating: true),
      (try? file.write(Array("\(memory.since) \(memory.last)".utf8), at: 0)) != nil,
      (try? file.synchronizeData()) != nil
    else { return }
    try? directory.rename(Self.draft, to: Self.name)
  }
}
