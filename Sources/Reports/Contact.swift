public import News

/// The contact to tell of an address, and where that was learned.
public struct Contact: Equatable, Sendable {
  public let mailbox: String
  public let source: Source

  /// Where it was found.
  public enum Source: String, Sendable {
    case rdap = "RDAP"
    case dns = "DNS"
    case whois
  }
}

/// Looks for the contact of an address: by RDAP, then in a zone of DNS, then by whois. What comes back
/// is a stranger's: it is bounded, and only an address of mail is taken of it.
public struct ContactSearch {
  private let settings: CourierSettings
  private let fetcher: any Fetching
  /// What each of them said, for the administrator that asked.
  public private(set) var remarks: [String] = []

  /// - Parameter fetcher: for what goes by HTTP.
  public init(_ settings: CourierSettings, _ fetcher: any Fetching) {
    (self.settings, self.fetcher) = (settings, fetcher)
  }

  /// Nil if there is none; `remarks` say why.
  public mutating func contact(of address: Address) -> Contact? {
    typealias Way = (Contact.Source, () throws(NewsError) -> String?)
    let (settings, fetcher) = (settings, fetcher)
    let ways: [Way] = [
      (.rdap, { () throws(NewsError) in try RDAP(settings, fetcher).mailbox(for: address) }),
      (.dns, { () throws(NewsError) in try ContactZone(settings).mailbox(for: address) }),
      (.whois, { () throws(NewsError) in try Whois(settings).mailbox(for: address) }),
    ]
    for (source, ask) in ways {
      do throws(NewsError) {
        if let mailbox = try ask() { return Contact(mailbox: mailbox, source: source) }
        remarks.append("\(source.rawValue): no contact")
      } catch {
        remarks.append("\(source.rawValue): \(error.message)")
      }
    }
    return nil
  }
}

extension Mailbox {
  /// The first that a report can be sent to.
  static func first(of texts: some Sequence<String>) -> String? {
    texts.first { isUsable($0) }
  }
}
