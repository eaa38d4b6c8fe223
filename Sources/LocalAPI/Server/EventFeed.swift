internal import Administration
internal import BlockList
internal import NIOCore
internal import Platform
internal import Policy
internal import Upkeep

/// Follows the events once for all listeners, and wakes them when there are new ones.
actor EventFeed {
  private let desk: Desk
  private let timers: any EventLoop
  /// The number of the last event; nil before the first look.
  private var last: UInt64?
  private var sleepers: [OneShot<Void>] = []
  private typealias Reading = (events: [Event], reasons: [UInt64: Name], last: UInt64)
  /// The looks that go on, by what they are behind: streams that are woken together share one.
  private var looks: [UInt64: Task<Reading?, Never>] = [:]
  private let door = Doorbell()

  /// How many are read at one time.
  private static let piece = 256
  /// Milliseconds between two looks.
  private static let pause: Int64 = 500
  /// Seconds after which a quiet stream says that it is alive.
  private static let silence: Int64 = 15

  init(_ desk: Desk, timers: any EventLoop) { (self.desk, self.timers) = (desk, timers) }

  /// Looks for new ones, as long as somebody listens.
  func follow() async {
    while !Task.isCancelled {
      await door.wait()
      while !sleepers.isEmpty, !Task.isCancelled { await look() }
    }
    wake()
  }

  private func look() async {
    try? await Task.sleep(for: .milliseconds(Self.pause))
    if let read = await read(after: last ?? 0, atMost: 1), read.last != last {
      last = read.last
      wake()
    }
  }

  private func wake() {
    for sleeper in sleepers { sleeper.give(()) }
    sleepers = []
  }

  /// The next events behind `sequence`; nil if the store doesn't say in time.
  private func reading(after sequence: UInt64) async -> Reading? {
    if let look = looks[sequence] { return await look.value }
    let look = Task { await read(after: sequence, atMost: Self.piece) }
    looks[sequence] = look
    let reading = await look.value
    looks[sequence] = nil
    return reading
  }

  private func read(after sequence: UInt64, atMost count: Int) async -> Reading? {
    try? await desk.use(desk.reports, within: 5000) { blockList in
      let (events, last) = try blockList.events(after: sequence, atMost: count)
      return (events, try blockList.reasons(of: events), last)
    }
  }

  /// Hands on what is behind `sequence`, and what comes, as server-sent events, until the client or
  /// the server leaves.
  nonisolated func stream(
    after sequence: UInt64, _ write: (String) async throws -> Void
  ) async throws {
    var position = sequence
    try await write(": abl\n\n")
    while !Task.isCancelled {
      guard let (events, reasons, last) = await reading(after: position) else {
        try await Task.sleep(for: .milliseconds(Self.pause))
        continue
      }
      // Another store begins with 1 again.
      if last < position { position = 0 }
      if let end = events.last {
        try await write(events.map { $0.message(because: reasons[$0.sequence]) }.joined())
        position = end.sequence
      } else if !(await sleep(behind: position)) {
        try await write(": quiet\n\n")
      }
    }
  }

  /// Waits for those behind `position`; false if there were none for long.
  private func sleep(behind position: UInt64) async -> Bool {
    // Others may have been woken for them while this one looked.
    let isLate = last.map { $0 > position } ?? false
    let patience: TimeAmount = isLate ? .milliseconds(Self.pause) : .seconds(Self.silence)
    let bell = OneShot<Void>()
    sleepers.append(bell)
    door.ring()
    let isQuiet = OneShot<Bool>()
    let timer = timers.scheduleTask(in: patience) {
      isQuiet.give(true)
      bell.give(())
    }
    await bell.value
    timer.cancel()
    sleepers.removeAll { $0 === bell }
    return isQuiet.give(false)
  }
}

extension Event {
  /// As a server-sent event.
  fileprivate func message(because reason: Name?) -> String {
    let data = String(decoding: Telling.object(of: self, because: reason), as: UTF8.self)
    return "id: \(sequence)\nevent: \(Telling.word(for: kind))\ndata: \(data)\n\n"
  }
}
