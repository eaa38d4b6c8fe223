public import News

/// Gathers what happens for digests, and sends these, and alarms at once: never more than so many.
public final class NoticeDesk {
  private let settings: CourierSettings
  private let state: StateDirectory
  private let postman: Postman
  private let say: (String) -> Void
  /// What has happened since the last mail.
  public private(set) var digest: Digest
  /// A digest that is to be sent, and is kept until it has gone.
  private var outgoing: Digest?
  /// When it is over; nil: not reckoned yet.
  private var due: Int64?
  private var alarms: [Alarm] = []
  private var alarmed: Int64 = .min
  private var sending: Sending?
  private var saved: [UInt8] = []
  private var savedAt: Int64 = 0

  private enum Sending {
    case digest
    case alarms(Int)
  }

  private static let file = "digest"
  private static let outgoingFile = "digest.outgoing"
  /// Milliseconds between two mails with alarms, and how many alarms wait for one.
  private static let pause: Int64 = 600_000
  private static let mostAlarms = 50

  public init(
    _ settings: CourierSettings, state: StateDirectory, program: String,
    say: @escaping (String) -> Void
  ) {
    (self.settings, self.state, self.say) = (settings, state, say)
    postman = Postman(settings, state: state, program: program, say: say)
    digest = Self.kept(Self.file, state) ?? Digest(begun: Clock.now)
    outgoing = Self.kept(Self.outgoingFile, state)
  }

  private static func kept(_ name: String, _ state: StateDirectory) -> Digest? {
    (try? state.read(name)).flatMap { $0 }.flatMap { Digest(decoding: $0) }
  }

  // MARK: What it is told

  /// Counts an event, and raises the alarms that it is one for.
  public func take(_ item: NewsItem) {
    digest.take(item)
    if let alarm = Alarm(item, administrators: settings.administrators) { take(alarm) }
  }

  /// An alarm; what is beyond the cap is only counted.
  public func take(_ alarm: Alarm) {
    say("alarm: \(alarm.subject)")
    guard !settings.mailTo.isEmpty else { return }
    if alarms.count < Self.mostAlarms { alarms.append(alarm) } else { digest.count(.silent) }
  }

  /// Counts events that were missed.
  public func miss(_ number: Int) { digest.miss(number) }

  /// Counts hooks that were not run, or failed.
  public func noteHooks(dropped: Int, failed: Int) {
    digest.noteHooks(dropped: dropped, failed: failed)
  }

  /// What is to come is behind that event: it is history, or the store is another one.
  public func skip(to sequence: UInt64) { digest.sequence = sequence }

  // MARK: What it does

  /// What to wait for.
  public var descriptors: [CInt] { postman.descriptor >= 0 ? [postman.descriptor] : [] }

  /// How many milliseconds may pass before it is served again; nil: a second.
  public var patience: CInt? { postman.isBusy ? 50 : nil }

  /// Sends what is due.
  public func serve() {
    if let isGone = postman.serve() { settle(isGone) }
    if outgoing == nil, Clock.now >= due ?? closing { close() }
    if postman.isReady { send() }
  }

  /// When the digest is over.
  private var closing: Int64 {
    let time = ending
    due = time
    return time
  }

  private var ending: Int64 {
    switch settings.digest {
    case .hourly: (digest.begun / 3600 + 1) * 3600
    case .daily: Clock.next(hour: 6, after: digest.begun)
    case .off: .max
    }
  }

  /// Begins another digest; the one until now is to be sent, if there is anything in it.
  private func close() {
    var new = Digest(begun: Clock.now)
    new.sequence = digest.sequence
    if !digest.isEmpty, !settings.mailTo.isEmpty {
      outgoing = digest
      write(digest, to: Self.outgoingFile)
    }
    (digest, due) = (new, nil)
    save(isUrgent: true)
  }

  private func send() {
    if !alarms.isEmpty, Clock.milliseconds >= alarmed {
      let first = alarms[0].subject
      let more = alarms.count > 1 ? ", and \(alarms.count - 1) more" : ""
      let text = alarms.map { "\($0.subject):\n\($0.text)\n" }.joined(separator: "\n")
      sending = .alarms(alarms.count)
      postman.send(subject: first + more, text: text)
    } else if let outgoing {
      sending = .digest
      postman.send(subject: outgoing.headline, text: outgoing.text(until: digest.begun))
    }
  }

  private func settle(_ isGone: Bool) {
    defer { sending = nil }
    guard isGone else { return }
    switch sending {
    case .digest:
      outgoing = nil
      write(nil, to: Self.outgoingFile)
    case .alarms(let count):
      alarms.removeFirst(min(count, alarms.count))
      alarmed = Clock.milliseconds + Self.pause
    case nil: break
    }
  }

  /// Writes down what it has; alarms that still wait are in the next digest as a number.
  public func end() {
    digest.count(.silent, alarms.count)
    alarms = []
    save(isUrgent: true)
  }

  /// Writes down what it has, once a second at most.
  ///
  /// - Returns: whether all that was told is written down.
  @discardableResult
  public func save(isUrgent: Bool = false) -> Bool {
    let bytes = digest.encoded
    if bytes == saved { return true }
    guard isUrgent || Clock.milliseconds - savedAt >= 1000 else { return false }
    savedAt = Clock.milliseconds
    guard write(digest, to: Self.file) else { return false }
    saved = bytes
    return true
  }

  @discardableResult
  private func write(_ digest: Digest?, to name: String) -> Bool {
    do throws(NewsError) {
      try state.write(digest?.encoded ?? [], to: name)
      return true
    } catch {
      say(error.message)
      return false
    }
  }
}
