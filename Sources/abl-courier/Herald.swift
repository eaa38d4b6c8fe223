internal import Glibc
internal import Hooks
internal import News
internal import Notices
internal import Reports

/// Follows abld's events, and has them told: to hooks, and to people by mail.
///
/// It remembers over restarts how far it has read, and for which events hooks are still to be run.
/// What it couldn't read or tell, it counts.
final class Herald {
  private let api: String
  private let state: StateDirectory
  private let hooks: HookRunner
  private let notices: NoticeDesk?
  private let reports: ReportDesk?
  private var connection: EventConnection?
  private var position: Position
  /// The last event that hooks were done with by the time of the last start.
  private var hooked: UInt64
  /// Events before this one are history: there was no herald yet.
  private let begun: String?
  private var question: StatusQuestion?
  private var watch = StatusWatch()
  private var asked: Int64 = 0
  private var toldHooks = (dropped: 0, failed: 0)
  private var saved = ""
  private var savedAt: Int64 = 0
  private var complaint = ""
  private var isEnding = false

  private static let file = "events"
  /// Milliseconds between two questions for the status, and between two attempts to reach abld.
  private static let interval: Int64 = 60_000
  private static let pause: Int64 = 1000
  private var retry: Int64 = 0
  private var connected: Int64 = 0

  /// - Parameter isRoot: whether it runs root's hooks, and does nothing else.
  init(_ options: Options, _ settings: CourierSettings) {
    (api, state) = (options.api, StateDirectory(options.state))
    hooks = HookRunner(options.hooks, settings, say: Log.say)
    let program = Identity.program
    notices =
      options.isForRoot ? nil : NoticeDesk(settings, state: state, program: program, say: Log.say)
    let command = [program, "--settings", options.settings, "--state", options.state]
    reports = options.isForRoot ? nil : ReportDesk(settings, command: command, say: Log.say)
    if let kept = Self.kept(state) {
      // What the digest has is not taken twice, whichever file was written last.
      (taken, hooked) = (max(notices?.digest.sequence ?? 0, kept.taken), kept.hooked)
      (position, begun) = (Position(after: min(taken, hooked)), nil)
    } else {
      (taken, hooked) = (0, 0)
      (position, begun) = (Position(after: nil), Clock.utc(Clock.now))
    }
  }

  private static func kept(_ state: StateDirectory) -> (taken: UInt64, hooked: UInt64)? {
    let text = String(decoding: (try? state.read(file)) ?? [], as: UTF8.self)
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count == 4, words[0] == "taken", let taken = UInt64(words[1]),
      words[2] == "hooked", let hooked = UInt64(words[3])
    else { return nil }
    return (taken, hooked)
  }

  /// The number of the last event that was told to all but the hooks.
  private var taken: UInt64

  /// Tells, until `isOver` says that it is enough.
  func run(until isOver: () -> Bool) {
    while !isOver() { pass() }
    notices?.end()
    save(isUrgent: true)
  }

  private func pass() {
    if connection == nil, Clock.milliseconds >= retry { meet() }
    wait()
    hear()
    ask()
    hooks.serve()
    notices?.serve()
    reports?.serve()
    tellOfHooks()
    save(isUrgent: false)
  }

  private func wait() {
    var waits: [pollfd] = []
    let ours = (notices?.descriptors ?? []) + (reports?.descriptors ?? [])
    for descriptor in hooks.descriptors + ours {
      waits.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
    }
    if let connection {
      waits.append(pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0))
    }
    if let question {
      waits.append(pollfd(fd: question.descriptor, events: Int16(POLLIN), revents: 0))
    }
    let patience = [hooks.patience, notices?.patience, reports?.patience].compactMap { $0 }.min()
    _ = unsafe poll(&waits, nfds_t(waits.count), patience ?? 1000)
  }

  // MARK: Events

  private func meet() {
    retry = Clock.milliseconds + Self.pause
    guard let new = EventConnection(to: api, after: position.last ?? 0) else {
      return complain("cannot reach abld at '\(api)': \(Log.reason)")
    }
    connection = new
    connected = Clock.milliseconds
  }

  private func complain(_ text: String) {
    if text != complaint { Log.say(text) }
    complaint = text
  }

  private func hear() {
    guard let connection else { return }
    let items = connection.read()
    // There is nothing yet, and what comes is behind that.
    let isQuiet = Clock.milliseconds - connected > 2000
    if items.isEmpty, position.last == nil, isQuiet { position = Position(after: 0) }
    if !items.isEmpty { complaint = "" }
    for item in items { take(item) }
    guard let trouble = connection.trouble else { return }
    complain("abld tells no events: \(trouble)")
    self.connection = nil
  }

  private func take(_ item: NewsItem) {
    let before = max(position.last ?? 0, taken)
    let step = position.take(item.sequence)
    if step.isNewStore { beginAnew() }
    if step.missed > 0 {
      Log.say("\(step.missed) events were overtaken before they were read")
      let known = step.isNewStore ? 0 : min(before, item.sequence - 1)
      notices?.miss(Int(clamping: item.sequence - 1 - known))
    }
    if let begun, item.time < begun { return skip(item.sequence) }
    if item.sequence > hooked { hooks.add(item) }
    guard item.sequence > taken else { return }
    taken = item.sequence
    notices?.take(item)
    reports?.take(item)
  }

  /// History, for there was no herald yet.
  private func skip(_ sequence: UInt64) {
    (taken, hooked) = (sequence, sequence)
    notices?.skip(to: sequence)
  }

  private func beginAnew() {
    (hooked, taken) = (0, 0)
    notices?.skip(to: 0)
    Log.say("the store is another one: its events are followed from the first that it has")
  }

  // MARK: abld's status

  private func ask() {
    guard let notices else { return }
    if let question {
      switch question.serve() {
      case .waiting: return
      case .nothing: self.question = nil
      case .status(let status):
        self.question = nil
        for alarm in watch.take(status, at: Clock.milliseconds) { notices.take(alarm) }
      }
    }
    guard Clock.milliseconds >= asked else { return }
    asked = Clock.milliseconds + Self.interval
    question = StatusQuestion(to: api)
  }

  private func tellOfHooks() {
    let new = (hooks.dropped - toldHooks.dropped, hooks.failed - toldHooks.failed)
    guard new != (0, 0) else { return }
    toldHooks = (hooks.dropped, hooks.failed)
    notices?.noteHooks(dropped: new.0, failed: new.1)
  }

  // MARK: What is remembered

  /// The digest is written first: an event may be in it and be read again, but is never left out.
  private func save(isUrgent: Bool) {
    guard let last = position.last else { return }
    let done = hooks.unfinished.map { $0 - min(1, $0) } ?? last
    let text = "taken \(taken)\nhooked \(max(done, min(hooked, last)))\n"
    guard text != saved else {
      notices?.save(isUrgent: isUrgent)
      return
    }
    guard isUrgent || Clock.milliseconds - savedAt >= 1000 else { return }
    savedAt = Clock.milliseconds
    notices?.save(isUrgent: true)
    do throws(NewsError) {
      try state.write(Array(text.utf8), to: Self.file)
      saved = text
    } catch {
      complain(error.message)
    }
  }
}
