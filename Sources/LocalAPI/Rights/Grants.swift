public import Policy

/// What the configuration of abld lets ordinary users do, beyond what each may do for itself.
///
///     report = www-data:nginx,apache2; dovecot:dovecot
///     look = prometheus; alice
public struct Grants: Equatable, Sendable {
  /// The services whose logins a user may ask about and report.
  private var services: [UInt32: [Name]] = [:]
  /// The users that may read what there is: status, blocks, events, metrics, the page.
  private var lookers: Set<UInt32> = []

  public init() {}

  /// Lets `user` report for `service`.
  public mutating func allow(_ user: UInt32, toReportFor service: Name) {
    guard !services(of: user).contains(service) else { return }
    services[user, default: []].append(service)
  }

  /// Lets `user` read all that there is.
  public mutating func allowToLook(_ user: UInt32) { lookers.insert(user) }

  /// None of an ordinary user.
  func services(of user: UInt32) -> [Name] { services[user] ?? [] }

  func mayLook(_ user: UInt32) -> Bool { user == 0 || lookers.contains(user) }

  /// Whether this service is for some other user to report for.
  func isGranted(_ service: Name) -> Bool { services.values.contains { $0.contains(service) } }
}
