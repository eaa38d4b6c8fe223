public import BlockList
internal import Platform
public import Policy

/// What the fleet says of a host, for people.
public struct FleetAdvice: Sendable {
  public let report: FleetReport
  /// When this machine heard of it first.
  public let since: Timestamp
  /// Some of the machines that report it.
  public let witnesses: [Name]
  /// What fleet_rule has counted; nil if no sum has it refused.
  public let counted: FleetCount?
}

extension BlockList {
  /// What other machines report of a host, as far as this one believes them: that refuses its
  /// logins, unless a list allows it. Nil if nothing holds now.
  public func fleetAdvice(on subject: Subject, at now: Timestamp) -> FleetAdvice? {
    guard let address = subject.firstAddress, !configuration.isAllowed(subject),
      let home = try? Home(configuration, withRun: false, notice: notice),
      let value = home.fleetValue(on: address), let report = FleetReport(decoding: value),
      report.until > now, let details = FleetFile.details(value)
    else { return nil }
    return FleetAdvice(
      report: report, since: details.since, witnesses: details.witnesses.map { Name($0) },
      counted: details.counted)
  }
}

extension Subject {
  /// Of a host; nil of all else, and of a host that is a name.
  fileprivate var firstAddress: HostAddress? {
    switch self {
    case .host(.address(let address)): address
    case .host(.network(let network)): network.address
    default: nil
    }
  }
}
