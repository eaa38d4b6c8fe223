internal import ArgumentParser
internal import BlockList
internal import CSystem
internal import Platform
internal import Policy
internal import Upkeep

/// Reads the ring of events, and goes on with those that come.
struct EventReader {
  private let blockList: BlockList
  private let start: EventStart
  private let isJSON: Bool
  /// The number of the last event that was read.
  private var last: UInt64 = 0
  private var local = LocalTime()

  /// Milliseconds between two looks for new events.
  private static let pause: Int64 = 250
  private static let most = 500

  init(_ blockList: BlockList, _ start: EventStart, _ isJSON: Bool) {
    (self.blockList, self.start, self.isJSON) = (blockList, start, isJSON)
  }

  mutating func run(_ isFollowing: Bool) throws {
    blockList.fileWaiting(at: .now)
    try seek()
    let before = last
    try readOn()
    if last == before, !isFollowing, !isJSON {
      let purpose = if case .beginning = start { "yet" } else { "since" }
      try Output.open { try $0.add("no block has begun or ended " + purpose) }
    }
    while isFollowing, Terminal.hasReader {
      Clock.pause(microseconds: Self.pause * 1000)
      try readOn()
    }
  }

  /// Steps over what is before the start.
  private mutating func seek() throws {
    switch start {
    case .beginning: last = try first() - 1
    case .now: last = try blockList.events(after: .max, atMost: 1).last
    case .sequence(let number): last = number
    case .period(let period):
      last = try first() - 1
      let time = period.start(before: .now)
      while true {
        let (events, _) = try blockList.events(after: last, atMost: Self.most)
        let old = events.prefix { $0.time < time }
        guard let end = old.last else { return }
        last = end.sequence
        if old.count < events.count { return }
      }
    }
  }

  /// The number of the oldest event that is still there.
  private func first() throws -> UInt64 {
    try blockList.events(after: 0, atMost: 1).events.first?.sequence ?? 1
  }

  private mutating func readOn() throws {
    while true {
      let (events, newest) = try blockList.events(after: last, atMost: Self.most)
      // Another store stands there now: it counts from the beginning.
      if newest < last { last = 0 }
      guard !events.isEmpty else { return }
      let reasons = isJSON ? try blockList.reasons(of: events) : [:]
      try Output.open { output in
        for event in events { try add(event, because: reasons[event.sequence], to: &output) }
      }
    }
  }

  private mutating func add(
    _ event: Event, because reason: Name?, to output: inout Output
  ) throws {
    if event.sequence > last + 1 { try addSkipped(event.sequence - last - 1, to: &output) }
    last = event.sequence
    if isJSON {
      try output.add(bytes: event.object(because: reason).line())
    } else {
      var line: [UInt8] = []
      local(event.time).write(to: &line)
      let sentence = String(decoding: line, as: UTF8.self) + "  " + event.sentence(&local)
      try output.tell(sentence, indent: 21)
    }
  }

  private func addSkipped(_ count: UInt64, to output: inout Output) throws {
    guard isJSON else {
      return try output.add("(\(counted(Int(count), "event")) overtaken before they were read)")
    }
    var object = JSONObject()
    object.set("skipped", Int(count))
    try output.add(bytes: object.line())
  }
}

extension Terminal {
  /// Whether anything still reads our output: a pipe may have none any more.
  static var hasReader: Bool {
    var output = pollfd(fd: Stream.output.rawValue, events: 0, revents: 0)
    return unsafe poll(&output, 1, 0) <= 0 || output.revents & Int16(POLLERR) == 0
  }
}
