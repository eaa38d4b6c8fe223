public import News

/// Reports blocks as they begin, where that is asked for: one after the other, each by a process of its
/// own, which keeps to the bounds.
public final class ReportDesk {
  private let settings: CourierSettings
  /// The program, and its options in front of an errand.
  private let command: [String]
  private let say: (String) -> Void
  private var waiting: [Incident] = []
  private var process: BoundedProcess?
  /// When each network was handed on last.
  private var known: [String: Int64] = [:]
  private var started: [Int64] = []
  /// Incidents beyond the bounds.
  public private(set) var dropped = 0

  private static let mostWaiting = 100
  private static let mostLines = 10
  private static let day: Int64 = 86_400_000
  /// For all of one report, in seconds.
  private static let seconds = 300

  public init(_ settings: CourierSettings, command: [String], say: @escaping (String) -> Void) {
    (self.settings, self.command, self.say) = (settings, command, say)
  }

  /// Notes an event, which may make a report due.
  public func take(_ item: NewsItem) {
    guard settings.reportsBlocks, settings.hasReaders, let incident = Incident(item),
      incident.source.address.isPublic
    else { return }
    let now = Clock.milliseconds
    known = known.filter { now - $0.value < Self.day }
    started.removeAll { now - $0 >= Self.day }
    guard known[incident.network] == nil else { return }
    guard waiting.count < Self.mostWaiting,
      started.count + waiting.count < settings.reportsPerDay
    else {
      dropped += 1
      return
    }
    known[incident.network] = now
    waiting.append(incident)
  }

  /// What to wait for.
  public var descriptors: [CInt] {
    process.map { [$0.descriptor] }?.filter { $0 >= 0 } ?? []
  }

  /// For how many milliseconds at most; nil if for any time.
  public var patience: CInt? { process == nil ? nil : 50 }

  /// Goes on with what is being sent, and with what is due.
  public func serve() {
    if let process, let ending = process.serve() {
      self.process = nil
      tell(ending, String(decoding: process.output, as: UTF8.self))
    }
    guard process == nil, !waiting.isEmpty else { return }
    let incident = waiting.removeFirst()
    started.append(Clock.milliseconds)
    do throws(NewsError) {
      process = try BoundedProcess(
        command + ["--report"] + ReportErrand.words(for: incident), seconds: Self.seconds)
    } catch { say(error.message) }
  }
  /// What it has printed; the last line is why it failed.
  private func tell(_ ending: BoundedProcess.Ending, _ text: String) {
    let lines = text.split(separator: "\n").suffix(Self.mostLines)
    for line in lines.dropLast() { say(String(line.shown.prefix(300))) }
    let last = lines.last.map { String($0.shown.prefix(300)) } ?? ending.text
    say(ending == .exited(0) ? last : "a report was not sent: \(last)")
  }
}
