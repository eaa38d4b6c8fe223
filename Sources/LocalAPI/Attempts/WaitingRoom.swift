internal import NIOCore
internal import Platform
internal import Policy
internal import Text

/// Attempts that wait for others of their host or user to be settled, in the order in which they
/// came. They hold no slot of the table meanwhile, and no thread.
actor WaitingRoom {
  /// Those that wait for one subject.
  private struct Line {
    let subject: Subject
    var waiting: [Waiting] = []
    /// When something was settled last.
    var progress: Int64 = .min
  }

  private struct Waiting {
    let id: UInt64
    /// What wakes it; nil while it looks whether it may go on.
    var bell: OneShot<Void>?
  }

  /// Where an attempt stands.
  struct Place: Sendable {
    let subject: Subject
    fileprivate let key: String
    fileprivate let id: UInt64
  }

  private var lines: [String: Line] = [:]
  private var next: UInt64 = 0
  private let source: ConfigurationSource
  private let most: Int
  private let timers: any EventLoop
  /// Milliseconds after which the first one looks again: other processes settle, too.
  private static let pause: Int64 = 20

  init(_ source: ConfigurationSource, most: Int, timers: any EventLoop) {
    (self.source, self.most, self.timers) = (source, most, timers)
  }

  /// A subject of `attempt` that others wait for already.
  func occupied(by attempt: Attempt) -> Subject? {
    source.subjects(of: attempt).first { lines[Self.key(of: $0)] != nil }
  }

  /// The last place in the line of `subject`; nil if that is too long.
  func enter(_ subject: Subject) -> Place? {
    let key = Self.key(of: subject)
    var line = lines[key] ?? Line(subject: subject)
    guard line.waiting.count < most else { return nil }
    next += 1
    line.waiting.append(Waiting(id: next))
    lines[key] = line
    return Place(subject: subject, key: key, id: next)
  }

  /// Leaves the line; the next one looks whether it is its turn.
  func leave(_ place: Place) {
    guard var line = lines[place.key] else { return }
    let wasFirst = line.waiting.first?.id == place.id
    line.waiting.removeAll { $0.id == place.id }
    lines[place.key] = line.waiting.isEmpty ? nil : line
    if wasFirst { line.waiting.first?.bell?.give(()) }
  }

  /// Waits for its turn; false if its time is over: nothing was settled for `quiet` milliseconds, or
  /// `end` has come.
  func wait(
    _ place: Place, quiet: Int64, from start: Int64, until end: Int64
  ) async -> Bool {
    let now = Clock.milliseconds
    guard let line = lines[place.key],
      let index = line.waiting.firstIndex(where: { $0.id == place.id })
    else { return false }
    let due = min(end, max(start, line.progress) + quiet)
    guard now < due else { return false }
    let bell = OneShot<Void>()
    lines[place.key]?.waiting[index].bell = bell
    let rest = index == 0 ? min(due - now, Self.pause) : due - now
    let timer = timers.scheduleTask(in: .milliseconds(rest)) { _ = bell.give(()) }
    await bell.value
    timer.cancel()
    return isTurn(place, due: due)
  }

  /// Whether it was woken for its turn, and not because its time is over.
  private func isTurn(_ place: Place, due: Int64) -> Bool {
    guard let index = lines[place.key]?.waiting.firstIndex(where: { $0.id == place.id }) else {
      return false
    }
    lines[place.key]?.waiting[index].bell = nil
    return index == 0 || Clock.milliseconds < due
  }

  /// An attempt was settled: the first that waits for a subject of it may have its turn.
  func ring(_ attempt: Attempt) {
    for subject in source.subjects(of: attempt) {
      let key = Self.key(of: subject)
      lines[key]?.progress = Clock.milliseconds
      lines[key]?.waiting.first { $0.bell != nil }?.bell?.give(())
    }
  }

  /// All that wait for `subject` may look: it is blocked.
  func open(_ subject: Subject) {
    for waiting in lines[Self.key(of: subject)]?.waiting ?? [] { waiting.bell?.give(()) }
  }

  private static func key(of subject: Subject) -> String {
    String(describing: subject.kind.text) + " " + String(describing: subject.text)
  }
}
