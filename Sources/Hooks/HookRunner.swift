public import News

/// Runs hooks for events, some at one time, in the order of the events of each subject.
///
/// What it can't keep up with it drops, the oldest first, and counts.
public final class HookRunner {
  private let path: String
  private let say: (String) -> Void
  private let seconds: Int
  private let atOnce: Int
  private var directory: HookDirectory
  private var directoryRead: Int64 = 0
  private var waiting: [NewsItem] = []
  private var running: [Run] = []
  private var complaints = Complaints()
  /// Not told to a hook yet.
  private var missed = 0
  /// Since the start: programs that were started, that didn't end with 0, and events that were
  /// dropped.
  public private(set) var (started, failed, dropped) = (0, 0, 0)

  private struct Run {
    let item: NewsItem
    /// What is still to be run for it.
    var rest: [Hook]
    let hook: Hook
    let process: BoundedProcess
  }

  /// How many events may wait.
  public static let mostWaiting = 1000
  /// How often the directory is looked at, in milliseconds.
  private static let interval: Int64 = 5000

  public init(_ path: String, _ settings: CourierSettings, say: @escaping (String) -> Void) {
    (self.path, self.say) = (path, say)
    (seconds, atOnce) = (settings.hookSeconds, settings.hooksAtOnce)
    directory = HookDirectory(path)
    directoryRead = Clock.milliseconds
    for refusal in directory.refusals { say(refusal) }
  }

  // MARK: What it is asked

  /// Runs the hooks for it, soon.
  public func add(_ item: NewsItem) {
    look()
    guard directory.hooks.contains(where: { $0.wants(item) }) else { return }
    waiting.append(item)
    guard waiting.count > Self.mostWaiting else { return }
    waiting.removeFirst()
    dropped += 1
    missed += 1
    complaints.note("hooks take too long: events were dropped", say)
  }

  /// The lowest number of an event that isn't done with; nil if there is none.
  public var unfinished: UInt64? {
    (running.map { $0.item.sequence } + waiting.prefix(1).map { $0.sequence }).min()
  }

  /// What to wait for, to be read.
  public var descriptors: [CInt] { running.map { $0.process.descriptor }.filter { $0 >= 0 } }

  /// How many milliseconds may pass before it is served again; nil: any.
  public var patience: CInt? {
    running.isEmpty ? nil : running.contains { $0.process.descriptor < 0 } ? 2 : 50
  }

  /// Ends what is to end, and begins what may begin.
  public func serve() {
    for index in running.indices.reversed() {
      guard let ending = running[index].process.serve() else { continue }
      let run = running.remove(at: index)
      note(run, ending)
      if let next = run.rest.first {
        start(next, Array(run.rest.dropFirst()), for: run.item)
      }
    }
    while running.count < atOnce, let index = next() { begin(waiting.remove(at: index)) }
    complaints.flush(say)
  }

  // MARK: How it does it

  /// The first whose subject has no hook running: what ends must not overtake what began.
  private func next() -> Int? {
    let busy = Set(running.map { $0.item.name })
    return waiting.prefix(100).firstIndex { !busy.contains($0.name) }
  }

  private func begin(_ item: NewsItem) {
    let hooks = directory.hooks.filter { $0.wants(item) }
    if let first = hooks.first { start(first, Array(hooks.dropFirst()), for: item) }
  }

  private func start(_ hook: Hook, _ rest: [Hook], for item: NewsItem) {
    do throws(NewsError) {
      let process = try HookCall(hook, item, missed: missed).start(seconds: seconds)
      (missed, started) = (0, started + 1)
      running.append(Run(item: item, rest: rest, hook: hook, process: process))
    } catch {
      failed += 1
      complaints.note(error.message, say)
      if let next = rest.first { start(next, Array(rest.dropFirst()), for: item) }
    }
  }

  private func note(_ run: Run, _ ending: BoundedProcess.Ending) {
    guard ending != .exited(0) else { return }
    failed += 1
    let said = run.process.output.prefix { $0 != 10 }
    let line = String(decoding: said.prefix(200), as: UTF8.self).shown
    let tail = line.isEmpty ? "" : ": '\(line)'"
    complaints.note("hook '\(run.hook.name)': \(ending.text)\(tail)", say)
  }

  private func look() {
    guard Clock.milliseconds - directoryRead >= Self.interval else { return }
    directoryRead = Clock.milliseconds
    let new = HookDirectory(path)
    if new.refusals != directory.refusals { for refusal in new.refusals { say(refusal) } }
    directory = new
  }
}

/// Complaints, each at most once a minute, with how often it was to be said.
struct Complaints {
  private var known: [String: (said: Int64, silent: Int)] = [:]
  private static let interval: Int64 = 60_000
  private static let most = 100

  mutating func note(_ text: String, _ say: (String) -> Void) {
    let now = Clock.milliseconds
    if known[text] == nil, known.count < Self.most {
      known[text] = (now, 0)
      say(text)
    } else {
      known[text]?.silent += 1
    }
  }

  /// Says what was held back, once it is time to.
  mutating func flush(_ say: (String) -> Void) {
    let now = Clock.milliseconds
    for (text, entry) in known where now - entry.said >= Self.interval {
      if entry.silent > 0 { say("\(text) (\(entry.silent) times in the last minute)") }
      known[text] = entry.silent > 0 ? (now, 0) : nil
    }
  }
}
