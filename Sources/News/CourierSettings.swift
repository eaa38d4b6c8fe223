/// What /etc/abl/courier.conf says: lines of `key = value`, and comments behind `#`.
public struct CourierSettings: Equatable, Sendable {
  // Hooks.
  /// How long a hook may run, in seconds.
  public var hookSeconds = 60
  /// How many run at one time.
  public var hooksAtOnce = 4

  // Notices.
  /// Where mails go; none: no mail is sent.
  public var mailTo: [String] = []
  public var mailFrom: String
  public var mailServer = Server(host: "127.0.0.1", port: 25)
  /// A program that takes a mail, in place of a server.
  public var sendmail: String?
  public var digest = Digest.daily
  /// Users whose block is told at once.
  public var administrators = ["root"]
  /// How many mails are sent in a day, reports apart.
  public var mailsPerDay = 24

  /// How often a digest is sent.
  public enum Digest: String, Sendable { case hourly, daily, off }

  // Reports.
  /// The reporter's address, for those that get a report; nil: none is sent.
  public var reportContact: String?
  /// The name of the organization; the host's, if nothing is said.
  public var reportOrganization: String
  /// Whether each block of a host is reported without being asked for.
  public var reportsBlocks = false
  public var reportsPerDay = 20
  /// Where IANA tells which registry knows an address, if no registry is set.
  public var rdapBootstrap = "https://data.iana.org/rdap/"
  public var rdapBase: String?
  /// A server of names; nil: the system's first.
  public var contactDNS: Server?
  public var contactZone = "abuse-contacts.abusix.zone"
  public var whoisServer: Server? = Server(host: "whois.iana.org", port: 43)
  public var collectors = Collector.usualAccess

  /// Where they are unless another file is named.
  public static let usualPath = "/etc/abl/courier.conf"

  public init() {
    mailFrom = "abl@\(Identity.hostName)"
    reportOrganization = Identity.hostName
  }
}

extension CourierSettings {
  /// What is wrong with a line.
  struct Problem: ExpressibleByStringInterpolation {
    let message: String
    /// Whether it is the key, and not its value.
    var isOfKey = false

    init(stringLiteral message: String) { self.message = message }

    static func unknown(_ key: String) -> Problem {
      var problem: Problem = "unknown key '\(key.shown)'"
      problem.isOfKey = true
      return problem
    }
  }

  /// Takes a line over; nil if it is right, else what is wrong.
  mutating func take(_ value: String, for key: String) -> Problem? {
    switch key {
    case "hook_time": return take(value, \.hookSeconds, 1...3600, seconds: true)
    case "hooks_at_once": return take(value, \.hooksAtOnce, 1...32)
    case "mails_per_day": return take(value, \.mailsPerDay, 1...1000)
    case "reports_per_day": return take(value, \.reportsPerDay, 1...1000)
    case "administrators":
      administrators = value.split(separator: ";").map { $0.trimmed }.filter { !$0.isEmpty }
    case "digest":
      guard let digest = Digest(rawValue: value) else {
        return "'hourly', 'daily' or 'off' expected"
      }
      self.digest = digest
    case "report_automatically":
      guard value == "on" || value == "off" else { return "'on' or 'off' expected" }
      reportsBlocks = value == "on"
    case let key where key.hasPrefix("mail_"): return takeMail(key, value)
    case let key where key.hasPrefix("report_"): return takeReport(key, value)
    case "sendmail":
      guard value == "off" || value.hasPrefix("/") else { return "'off', or a path, expected" }
      sendmail = value == "off" ? nil : value
    default: return .unknown(key)
    }
    return nil
  }

  private mutating func takeMail(_ key: String, _ value: String) -> Problem? {
    switch key {
    case "mail_to":
      let all = value.split(separator: ";").map { $0.trimmed }.filter { !$0.isEmpty }
      guard all.count <= 10, all.allSatisfy({ Mailbox.isUsable($0, local: true) }) else {
        return "at most 10 addresses of mail expected, with ';' between them"
      }
      mailTo = all
    case "mail_from":
      guard Mailbox.isUsable(value, local: true) else { return "an address of mail expected" }
      mailFrom = value
    case "mail_server":
      guard let server = Server(value, port: 25) else { return "HOST or HOST:PORT expected" }
      mailServer = server
    default: return .unknown(key)
    }
    return nil
  }

  private mutating func takeReport(_ key: String, _ value: String) -> Problem? {
    switch key {
    case "report_contact":
      guard Mailbox.isUsable(value) else { return "an address of mail expected" }
      reportContact = value
    case "report_organization":
      guard value.utf8.count <= 200 else { return "at most 200 bytes expected" }
      reportOrganization = value.shown
    case "report_rdap", "report_bootstrap":
      guard value.hasPrefix("https://") || value.hasPrefix("http://"), value.hasSuffix("/") else {
        return "an address like 'https://rdap.example.net/' expected, with '/' at its end"
      }
      if key == "report_rdap" { rdapBase = value } else { rdapBootstrap = value }
    case "report_dns":
      guard let server = Server(value, port: 53), Address(server.host) != nil else {
        return "an address, or ADDRESS:PORT, expected"
      }
      contactDNS = server
    case "report_zone":
      guard Server(value, port: 53) != nil else { return "the name of a zone, or 'off', expected" }
      contactZone = value == "off" ? "" : value
    case "report_whois":
      guard let server = Server(value, port: 43) else { return "HOST, HOST:PORT or 'off' expected" }
      whoisServer = value == "off" ? nil : server
    default: return takeCollector(key, value)
    }
    return nil
  }

  private mutating func take(
    _ value: String, _ path: WritableKeyPath<Self, Int>, _ range: ClosedRange<Int>,
    seconds: Bool = false
  ) -> Problem? {
    let units: [Character: Int] = seconds ? ["s": 1, "m": 60, "h": 3600] : [:]
    let unit = value.last.flatMap { units[$0] }
    let digits = unit == nil ? value[...] : value.dropLast()
    guard digits.utf8.count <= 6, let number = Int(digits), range ~= number * (unit ?? 1) else {
      let kind = seconds ? "a time, as in 60s," : "a number"
      return "\(kind) from \(range.lowerBound) to \(range.upperBound) expected"
    }
    self[keyPath: path] = number * (unit ?? 1)
    return nil
  }
}

/// Addresses of mail.
public enum Mailbox {
  /// Whether a mail can be sent to it, and it is nothing else: no header, option or quoted word.
  ///
  /// - Parameter local: whether the name of a user of this machine will do.
  public static func isUsable(_ text: String, local: Bool = false) -> Bool {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard 1...254 ~= text.utf8.count, parts.count == 2 || local && parts.count == 1,
      1...64 ~= parts[0].utf8.count, !parts[0].hasPrefix("-"), !parts[0].hasPrefix("."),
      parts[0].utf8.allSatisfy({ isOfName($0) || "!#$&'*+/=?^_{|}~%".utf8.contains($0) })
    else { return false }
    guard parts.count == 2 else { return true }
    let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
    return (local || labels.count >= 2)
      && labels.allSatisfy { label in
        1...63 ~= label.utf8.count && !label.hasPrefix("-") && label.utf8.allSatisfy(isOfName)
          && !label.contains(".")
      }
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
      || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
  }
}

extension Substring {
  /// Without blanks at either end, and with one between words.
  fileprivate var trimmed: String {
    split { $0 == " " || $0 == "\t" || $0 == "\r" }.joined(separator: " ")
  }
}
