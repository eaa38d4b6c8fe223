public import News

/// What is to be reported: that a host guessed passwords here. No names of users are in it: one's own
/// users mistype passwords for names.
public struct Incident: Equatable, Sendable {
  /// The address; or what counts as one host, as /64 of IPv6.
  public let source: AddressRange
  /// That it came from last; 0 if it isn't known.
  public let port: UInt16
  /// "sshd"
  public let service: String
  /// RFC 3339, in UTC.
  public let first, last: String
  public let failures: Int

  public init(
    _ source: AddressRange, port: UInt16, service: String, first: String, last: String,
    failures: Int
  ) {
    (self.source, self.port, self.failures) = (source, port, failures)
    (self.service, self.first, self.last) = (service, first, last)
  }

  /// Of a host whose block has begun by its attempts here; nil of any other event.
  public init?(_ item: NewsItem) {
    guard item.event == .began, item.cause == "attempt", item.kind == "host",
      let source = item.origin, item.failures > 0
    else { return nil }
    self.init(
      source, port: UInt16(exactly: item.port) ?? 0, service: item.service ?? "unknown",
      first: item.since ?? item.time, last: item.time, failures: item.failures)
  }

  /// What of one network is reported once a day: /24, /48.
  public var network: String {
    let length = source.address.isIPv6 ? 48 : 24
    return "\(source.address.network(length).text)/\(length)"
  }

  /// Why there must be no report; nil if there may be one.
  ///
  /// - Parameter own: this machine's addresses.
  public func objection(own: Set<Address>) -> String? {
    if own.contains(where: { source.contains($0) }) {
      return "\(source.text) is this machine's own"
    }
    if !source.address.isPublic { return "\(source.text) is no address of the Internet" }
    return nil
  }
}
