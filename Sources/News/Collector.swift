/// Those that collect reports of guessers from all comers, by a form of the web. Each is off until
/// the settings name a file with its key.
public enum Collector: String, CaseIterable, Sendable {
  case abuseIPDB = "AbuseIPDB"
  case blocklistDE = "blocklist.de"

  /// What names the file in courier.conf.
  var key: String {
    switch self {
    case .abuseIPDB: "report_abuseipdb"
    case .blocklistDE: "report_blocklist_de"
    }
  }

  /// Where its form is, by its documentation.
  var usualURL: String {
    switch self {
    case .abuseIPDB: "https://api.abuseipdb.com/api/v2/report"
    case .blocklistDE: "https://www.blocklist.de/en/httpreports.html"
    }
  }

  /// How it is reached.
  public struct Access: Equatable, Sendable {
    /// The file with its key; nil: it gets no report.
    public var keyFile: String?
    public var url: String
  }

  static let usualAccess = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0, Access(keyFile: nil, url: $0.usualURL)) })
}

extension CourierSettings {
  /// Those that get reports.
  public var usedCollectors: [Collector] {
    Collector.allCases.filter { collectors[$0]?.keyFile != nil }
  }

  /// Whether a report has any reader.
  public var hasReaders: Bool { reportContact != nil || !usedCollectors.isEmpty }

  /// Takes a line of a collector over; nil if it is right, else what is wrong.
  mutating func takeCollector(_ key: String, _ value: String) -> Problem? {
    for collector in Collector.allCases {
      if key == collector.key {
        guard value == "off" || value.hasPrefix("/") else {
          return "'off', or the path of a file with the key, expected"
        }
        collectors[collector]?.keyFile = value == "off" ? nil : value
        return nil
      }
      if key == collector.key + "_url" {
        guard Self.keepsSecrets(value) else {
          return "an address like 'https://example.net/report' expected"
        }
        collectors[collector]?.url = value
        return nil
      }
    }
    return .unknown(key)
  }

  /// Whether a key that is sent there is read on the way by no one: it goes by HTTPS, or doesn't leave
  /// this machine.
  private static func keepsSecrets(_ url: String) -> Bool {
    ["https://", "http://127.0.0.1:", "http://[::1]:"].contains { url.hasPrefix($0) }
  }
}
