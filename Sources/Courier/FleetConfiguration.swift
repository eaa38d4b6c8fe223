public import Sharing

/// What /etc/abl/fleet.conf says: lines of `key = value`, and comments behind `#`.
public struct FleetConfiguration: Equatable, Sendable {
  /// The name that this machine's certificate has.
  public var machine: Origin?
  /// Where the brokers are: names or addresses, and ports.
  public var brokers: [Place] = []
  public var authority = "/etc/abl/fleet/ca.crt"
  public var certificate = "/etc/abl/fleet/machine.crt"
  public var key = "/etc/abl/fleet/machine.key"
  /// In place of a certificate: a user of the broker, and a file with the password.
  public var user, passwordFile: String?
  /// The operators whose orders are carried out here: an `allowed_signers` file.
  public var operators = "/etc/abl/operators"
  public var policy = FleetPolicy()
  /// CrowdSec's local API, whose decisions are advice here.
  public var crowdSec: CrowdSec?

  /// Where it is, and what it is called here.
  public struct CrowdSec: Equatable, Sendable {
    /// `https://…`; on this machine `http://127.0.0.1:8080`, too.
    public var url = ""
    public var name = "lapi"
    public var keyFile = "/etc/abl/crowdsec.key"
    /// The authority that signed its certificate; nil: those that the system trusts.
    public var authority: String?
    /// Seconds between two questions.
    public var interval = 10

    /// The name it reports by.
    public var origin: Origin? { Origin("crowdsec:" + name) }
  }

  /// Where a broker listens.
  public struct Place: Equatable, Sendable {
    public var host: String
    public var port: UInt16
  }

  /// Where it is unless another file is named.
  public static let usualPath = "/etc/abl/fleet.conf"
  /// How many brokers a machine goes to.
  public static let mostBrokers = 4

  public init() {}
}

/// Lines that can't be used, one message each.
public struct FleetConfigurationError: Error, Equatable, Sendable {
  public var messages: [String]

  public init(messages: [String]) { self.messages = messages }
}

extension FleetConfiguration {
  /// Reads the text of `file`, to its end: all mistakes are told.
  public init(parsing text: String, file: String) throws(FleetConfigurationError) {
    self.init()
    var messages: [String] = []
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let content = line.prefix { $0 != "#" }
      guard content.contains(where: { !$0.isWhitespace }) else { continue }
      if let problem = take(content) { messages.append("\(file):\(index + 1): error: \(problem)") }
    }
    if let crowdSec, crowdSec.url.isEmpty {
      messages.append("\(file): error: crowdsec_url isn't set, but other keys of crowdsec_ are")
    }
    if brokers.isEmpty, crowdSec == nil {
      messages.append("\(file): error: no fleet_broker is named")
    }
    if brokers.count > Self.mostBrokers {
      messages.append("\(file): error: more than \(Self.mostBrokers) brokers")
    }
    if !messages.isEmpty { throw FleetConfigurationError(messages: messages) }
  }

  /// Takes a line over; nil if it is right, else what is wrong.
  private mutating func take(_ line: Substring) -> String? {
    let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return "expected 'key = value'" }
    let (key, value) = (Self.trimmed(parts[0]), Self.trimmed(parts[1]))
    guard !value.isEmpty else { return "\(key) has no value" }
    switch key {
    case "fleet_machine":
      guard let origin = Origin(value), !origin.isList else {
        return "'\(Self.shown(value))' can't be a machine"
      }
      machine = origin
    case "fleet_broker":
      guard let place = Place(value) else { return "expected fleet_broker = NAME:PORT" }
      brokers.append(place)
    case "fleet_prefix": return takePrefix(value)
    case "fleet_rule":
      do throws(FleetRule.Mistake) {
        policy.rule = try FleetRule(parsing: value)
      } catch { return "fleet_rule: \(error.message)" }
    case "fleet_ca", "fleet_certificate", "fleet_key", "fleet_user", "fleet_password_file",
      "fleet_operators":
      return takeText(value, for: key)
    case let key where key.hasPrefix("crowdsec_"):
      var settings = crowdSec ?? CrowdSec()
      defer { crowdSec = settings }
      return settings.take(value, for: key)
    default: return takeNumber(value, for: key)
    }
    return nil
  }

  private mutating func takeText(_ value: String, for key: String) -> String? {
    guard key == "fleet_user" || value.hasPrefix("/") else { return "\(key) is no absolute path" }
    switch key {
    case "fleet_ca": authority = value
    case "fleet_certificate": certificate = value
    case "fleet_key": self.key = value
    case "fleet_user": user = value
    case "fleet_operators": operators = value
    default: passwordFile = value
    }
    return nil
  }

  private mutating func takePrefix(_ value: String) -> String? {
    let lengths = value.split(separator: ":").map { UInt8($0) }
    guard lengths.count == 2, let v4 = lengths[0], let v6 = lengths[1], 24...32 ~= v4,
      48...128 ~= v6
    else { return "expected fleet_prefix = 24…32:48…128, as in 32:64" }
    (policy.shortestV4, policy.shortestV6) = (v4, v6)
    return nil
  }

  private mutating func takeNumber(_ value: String, for key: String) -> String? {
    let limits: [String: (ClosedRange<Int>, WritableKeyPath<FleetPolicy, Int>)] = [
      "fleet_min_reporters": (1...100, \.minimalReporters),
      "fleet_max_origin": (0...65_000, \.mostOfOrigin),
      "fleet_max_minute": (0...100_000, \.mostPerMinute),
      "fleet_max": (0...1_000_000, \.mostInAll),
    ]
    if key == "fleet_lone_report" || key == "fleet_horizon" {
      guard let seconds = Self.seconds(value) else { return "\(key): expected a time, as in 1h" }
      if key == "fleet_horizon" { policy.horizon = seconds } else { policy.loneReport = seconds }
      return nil
    }
    guard let (range, path) = limits[key] else { return "unknown key '\(Self.shown(key))'" }
    guard let number = Int(value), range.contains(number) else {
      return "\(key): expected a number from \(range.lowerBound) to \(range.upperBound)"
    }
    policy[keyPath: path] = number
    return nil
  }

  /// `90`, `90s`, `15m`, `1h`, `7d`, up to a year.
  static func seconds(_ text: String) -> UInt32? {
    let units: [Character: UInt32] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    let unit = text.last.flatMap { units[$0] }
    guard let count = UInt32(unit == nil ? text[...] : text.dropLast()), count > 0 else {
      return nil
    }
    let (seconds, overflow) = count.multipliedReportingOverflow(by: unit ?? 1)
    return overflow || seconds > 366 * 86_400 ? nil : seconds
  }

  private static func trimmed(_ text: Substring) -> String {
    let start = text.drop { $0.isWhitespace }
    return String(String(start.reversed().drop { $0.isWhitespace }).reversed())
  }

  static func shown(_ text: String) -> String {
    let bytes = text.utf8.prefix(80).map { 0x20...0x7E ~= $0 ? $0 : UInt8(ascii: "?") }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension FleetConfiguration.Place {
  /// `broker.example.org:8883`, `192.0.2.7:8883`, `[2001:db8::7]:8883`.
  fileprivate init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
      port > 0
    else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard 1...253 ~= host.utf8.count, host.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
      return nil
    }
    (self.host, self.port) = (host, port)
  }
}
