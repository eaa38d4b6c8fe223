public import News

/// What an administrator should hear of at once.
public struct Alarm: Equatable, Sendable {
  public let subject: String
  /// A line, or some.
  public let text: String

  public init(_ subject: String, _ text: String) { (self.subject, self.text) = (subject, text) }

  /// That an administrator's account was blocked; nil of any other event.
  public init?(_ item: NewsItem, administrators: [String]) {
    guard item.event == .began, item.kind == "user", administrators.contains(item.name)
    else { return nil }
    self.init("administrator \(item.name.shown) is blocked", item.sentence)
  }
}

/// Looks for alarms in what abld tells of itself, again and again.
public struct StatusWatch: Sendable {
  private var rebuilds: Int?
  private var moved: Int?
  private var isInForce: Bool?
  /// When the table was made anew, by the clock of milliseconds.
  private var times: [Int64] = []

  /// So often in an hour, and it is told.
  static let mostRebuilds = 5

  public init() {}

  /// Takes the object of `ablctl status --json`.
  public mutating func take(_ status: JSON, at clock: Int64) -> [Alarm] {
    [force(status), store(status), firewall(status, clock)].compactMap { $0 }
  }

  private mutating func force(_ status: JSON) -> Alarm? {
    guard let verdict = status["verdict"]?.text else { return nil }
    defer { isInForce = verdict != "notInForce" }
    guard verdict == "notInForce", isInForce == true else { return nil }
    let findings = (status["findings"]?.elements ?? []).compactMap { $0["text"]?.text }
    let lines = findings.prefix(20).map { $0.shown }
    return Alarm("abl is not in force", lines.joined(separator: "\n"))
  }

  private mutating func store(_ status: JSON) -> Alarm? {
    guard let moved = status["movedAside"]?.integer else { return nil }
    defer { self.moved = moved }
    guard let before = self.moved, moved > before else { return nil }
    let text = "A store was moved aside, and a new one begun without its records and blocks."
    return Alarm("the store was damaged", text + "\nablctl store tells which.")
  }

  private mutating func firewall(_ status: JSON, _ clock: Int64) -> Alarm? {
    guard let rebuilds = status["rebuilds"]?.integer else { return nil }
    defer { self.rebuilds = rebuilds }
    guard let before = self.rebuilds, rebuilds > before else { return nil }
    times.removeAll { $0 <= clock - 3_600_000 }
    times += [Int64](repeating: clock, count: min(rebuilds - before, 100))
    guard times.count >= Self.mostRebuilds else { return nil }
    let count = times.count
    times = []
    let text = "Another program removed or changed the table 'abl' \(count) times within an hour."
    return Alarm("the firewall is undone again and again", text + "\nabld made it anew each time.")
  }
}
