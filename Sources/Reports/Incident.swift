public import News

/// What is to be reported: that a host guessed passwords here. No names of users are in it: one's own
/// users mistype passwords for names.
public struct Incident: Equatable, Sendable {
  public let address: Address
  /// That it came from last; 0 if it isn't known.
  public let port: UInt16
  /// "sshd"
  public let service: String
  /// RFC 3339, in UTC.
  public let first, last: String
  public let failures: Int

  public init(
    _ address: Address, port: UInt16, service: String, first: String, last: String, failures: Int
  ) {
    (self.address, self.port, self.failures) = (address, port, failures)
    (self.service, self.first, self.last) = (service, first, last)
  }

  /// Of a host whose block has begun by its attempts here; nil of any other event.
  public init?(_ item: NewsItem) {
    guard item.event == .began, item.cause == "attempt", let address = item.address,
      item.failures > 0
    else { return nil }
    self.init(
      address, port: UInt16(exactly: item.port) ?? 0, service: item.service ?? "unknown",
      first: item.since ?? item.time, last: item.time, failures: item.failures)
  }

  /// What of one network is reported once a day: /24, /48.
  public var network: String {
    let length = address.isIPv6 ? 48 : 24
    return "\(address.network(length).text)/\(length)"
  }

  /// Why there must be no report; nil if there may be one.
  ///
  /// - Parameter own: this machine's addresses.
  public func objection(own: Set<Address>) -> String? {
    if own.contains(address) { return "\(address.text) is this machine's own" }
    if !address.isPublic { return "\(address.text) is no address of the Internet" }
    return nil
  }
}
