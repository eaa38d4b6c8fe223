/// A block that began, went on or ended, as abld tells it.
///
/// Names are as abld writes them: what could do harm stands as `\xNN`.
public struct NewsItem: Equatable, Sendable {
  public let sequence: UInt64
  /// RFC 3339, in UTC.
  public let time: String
  public let event: Event
  /// "host", "network", "user", or what else is blocked.
  public let kind: String
  public let name: String
  public let since, until, rule, service, counterpart, cause: String?
  public let failures: Int
  /// That the host came from last; 0 if it isn't known.
  public let port: Int
  /// The object, as it was read.
  public let line: [UInt8]

  /// What happened to the block.
  public enum Event: String, Sendable {
    case began, extended, ended
  }

  /// Nil if it is no event, or one of a kind that isn't known here.
  public init?(line: [UInt8]) {
    guard let object = JSON(line), let number = object["sequence"]?.integer, number >= 0,
      let time = object["time"]?.text, let word = object["event"]?.text,
      let event = Event(rawValue: word), let kind = object["kind"]?.text,
      let name = object["name"]?.text
    else { return nil }
    (sequence, self.time, self.event) = (UInt64(number), time, event)
    (self.kind, self.name, self.line) = (kind, name, line)
    (since, until) = (object["since"]?.text, object["until"]?.text)
    (rule, service) = (object["rule"]?.text, object["service"]?.text)
    (counterpart, cause) = (object["counterpart"]?.text, object["by"]?.text)
    (failures, port) = (object["failures"]?.integer ?? 0, object["port"]?.integer ?? 0)
  }

  /// Whether it is about where logins come from, and not about whose account they are for.
  public var isOrigin: Bool { kind == "host" || kind == "network" }

  /// The addresses that are blocked; nil of a user, and of a host that is known by a name only.
  public var origin: AddressRange? { isOrigin ? AddressRange(name) : nil }
}
