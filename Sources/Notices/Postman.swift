public import News

/// Sends mails, one at a time, each by a process of its own: no server holds up what else is done.
public final class Postman {
  private let settings: CourierSettings
  private let program: String
  private let state: StateDirectory
  private let say: (String) -> Void
  private var process: BoundedProcess?
  private var (day, sent) = ("", 0)
  private var pause: Int64 = 60_000
  private var earliest: Int64 = 0
  private var complaint = ""

  /// How long a mail may take, in seconds.
  private static let seconds = 90
  private static let file = "mails"

  /// - Parameter program: that sends by SMTP: this one.
  public init(
    _ settings: CourierSettings, state: StateDirectory, program: String,
    say: @escaping (String) -> Void
  ) {
    (self.settings, self.state, self.program, self.say) = (settings, state, program, say)
    let lines = String(decoding: (try? state.read(Self.file)) ?? [], as: UTF8.self)
    let words = lines.split(separator: "\n").first?.split(separator: " ") ?? []
    if words.count == 2 { (day, sent) = (String(words[0]), Int(words[1]) ?? 0) }
  }

  /// Whether a mail may be sent now: none is on its way, none has failed just now, and there was not
  /// the day's number of them.
  public var isReady: Bool {
    process == nil && !settings.mailTo.isEmpty && Clock.milliseconds >= earliest
      && (day != today || sent < settings.mailsPerDay)
  }

  private var today: String { String(Clock.utc(Clock.now).prefix(10)) }

  /// What to wait for; -1 if nothing is sent.
  public var descriptor: CInt { process?.descriptor ?? -1 }

  /// Whether a mail is being sent.
  public var isBusy: Bool { process != nil }

  /// Sends it; `serve` says what has become of that.
  public func send(subject: String, text: String) {
    let mail = Mail(
      from: settings.mailFrom, to: settings.mailTo,
      subject: "abl on \(Identity.hostName): \(subject)", text: text)
    do throws(NewsError) {
      process = try Self.process(
        for: mail.bytes(at: Clock.now, id: Mail.freshID()), from: mail.from, to: mail.to, settings,
        program)
    } catch {
      fail(error.message)
    }
  }

  /// A process that hands a mail on.
  public static func process(
    for mail: [UInt8], from: String, to: [String], _ settings: CourierSettings, _ program: String
  ) throws(NewsError) -> BoundedProcess {
    if let sendmail = settings.sendmail {
      // It wants lines as they are in a file.
      return try BoundedProcess(
        [sendmail, "-i", "-f", from] + to, environment: [("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")],
        input: mail.filter { $0 != 13 }, seconds: seconds)
    }
    return try BoundedProcess(
      [program, "--mail", settings.mailServer.text, from] + to, input: mail, seconds: seconds)
  }

  /// What has become of the mail that was sent: true if it has gone; nil while that isn't clear.
  public func serve() -> Bool? {
    guard let process, let ending = process.serve() else { return nil }
    self.process = nil
    guard ending == .exited(0) else {
      let line = process.output.prefix { $0 != 10 }
      let said = String(decoding: line.prefix(300), as: UTF8.self).shown
      fail(said.isEmpty ? ending.text : said)
      return false
    }
    if !complaint.isEmpty { say("mails can be sent again") }
    (complaint, pause, earliest) = ("", 60_000, 0)
    sent = day == today ? sent + 1 : 1
    day = today
    try? state.write(Array("\(day) \(sent)\n".utf8), to: Self.file)
    return true
  }

  private func fail(_ why: String) {
    if why != complaint { say("a mail could not be sent, and is tried again: \(why)") }
    complaint = why
    earliest = Clock.milliseconds + pause
    pause = min(pause * 2, 3_600_000)
  }
}
