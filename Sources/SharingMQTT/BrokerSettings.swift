/// A broker, and what this machine shows it as proof of its name.
public struct BrokerSettings: Equatable, Sendable {
  public var host: String
  public var port: UInt16
  /// The certificate of the authority that has signed the broker's.
  public var authority: String
  /// This machine's certificate, and its key; nil: it has a password instead.
  public var certificate, key: String?
  public var user, password: String?

  public init(host: String, port: UInt16, authority: String) {
    (self.host, self.port, self.authority) = (host, port, authority)
  }

  public var text: String { "\(host):\(port)" }
}
