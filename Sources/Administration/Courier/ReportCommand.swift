internal import ArgumentParser
internal import BlockList
internal import Policy
internal import Upkeep

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Report a host that guesses to those that run its network.",
    discussion: """
      The contact is asked of the registry of the address (RDAP), then of a zone of DNS, then of \
      whois; courier.conf says where, and names the reporter. The mail tells the address, its port, the \
      service, how often and when, for people and for programs (XARF 4.2). It names no users: people \
      type passwords there by mistake.

      AbuseIPDB and blocklist.de are told as well where courier.conf names a file with the key for \
      them; each of the three by itself, so that one that fails holds up no other.

      What is reported was on record here: what other machines say is not, nor are allowed hosts, and \
      no address that is private or this machine's own. A network (/24, or /48 of IPv6) is reported \
      once in 24 hours, and no more than reports_per_day in all. With --dry-run the mail is shown, and \
      not sent.
      """)

  @OptionGroup var setup: Setup

  @Argument(help: "The address.", completion: .custom { KnownNames.completions($0, $1, $2) })
  var address: TypedHost

  @Flag(help: "Show the mail, and send nothing.")
  var dryRun = false

  func run() throws {
    let blockList = try setup.blockList()
    let typed = address.name.typed
    // As a host is printed that has more than one address.
    let bytes = typed.bytes.prefix { $0 != UInt8(ascii: "/") }
    guard let host = Host(bytes), case .address = host else {
      throw Failure(message: "\(String(typed.quoted)) is a name: only an address can be reported")
    }
    guard !blockList.configuration.isAllowed(.host(host)) else {
      throw Failure(message: "\(String(host.text)) is on an allow list")
    }
    if try blockList.decree(for: .host(host), at: .now)?.kind == .allow {
      throw Failure(message: "\(String(host.text)) is allowed by hand")
    }
    let counted = blockList.configuration.subjects(of: host).filter { $0.kind == .host }
    for subject in counted {
      guard let record = try blockList.knownRecord(of: subject, at: .now),
        let words = Self.words(subject, record)
      else { continue }
      return try CourierProgram.run([dryRun ? "--report-dry" : "--report"] + words)
    }
    throw Failure(message: "no failed login from \(String(host.text)) is on record here")
  }

  /// What abl-courier is told of an incident; nil if there is none.
  private static func words(_ subject: Subject, _ record: SubjectRecord) -> [String]? {
    let failed = record.attempts.filter { $0.state == .failed }
    guard let last = failed.max(by: { $0.time < $1.time }) else { return nil }
    let port = failed.last { $0.port > 0 }?.port ?? 0
    let first = failed.map { $0.time }.min() ?? last.time
    return [
      String(subject.text), String(port), last.service.shown, time(first), time(last.time),
      String(record.failureCount),
    ]
  }

  private static func time(_ time: Timestamp) -> String {
    var text: [UInt8] = []
    CivilTime(time).writeRFC3339(to: &text)
    return String(decoding: text, as: UTF8.self)
  }
}
