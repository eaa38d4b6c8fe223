internal import Policy
internal import Text

/// What a peer wants to do.
enum Deed: Equatable {
  /// Ask whether a login is blocked; without a service, for any.
  case ask(host: Host?, user: Name?, service: Name?)
  /// Reserve an attempt, or count a failure.
  case report(host: Host?, user: Name?, service: Name)
  /// Tell the verdict of an attempt that this user reserved.
  case settle(reservedBy: UInt32)
  /// Read what is known of others: status, blocks, events, metrics, the page.
  case look
}

/// What a peer may do: decided by its uid alone, nothing that it sends counts.
///
/// Root may do all. A user that `report` names may ask and report for its services. Any other may
/// report attempts at its own account, without a host, and ask about itself.
struct Rights {
  let user: UInt32
  /// The name of its account; nil if it has none.
  let account: Name?
  let grants: Grants

  /// Nil if it may; else why not: lower case, no full stop.
  func objection(to deed: Deed) -> String? {
    if user == 0 { return nil }
    switch deed {
    case .look: return grants.mayLook(user) ? nil : "uid \(user) may not look at this"
    case .settle(let owner): return owner == user ? nil : "another user reserved this attempt"
    case .ask(let host, let name, let service):
      if grants.mayLook(user) { return nil }
      return objection(to: host, name, service)
    case .report(let host, let name, let service): return objection(to: host, name, service)
    }
  }

  private func objection(to host: Host?, _ name: Name?, _ service: Name?) -> String? {
    let services = grants.services(of: user)
    guard services.isEmpty else { return objection(to: service, of: services) }
    guard host == nil else { return "uid \(user) may not name a host" }
    guard let account, let name, name == account else {
      return "uid \(user) may name its own account only"
    }
    if let service, grants.isGranted(service) { return "this service is not for uid \(user)" }
    return nil
  }

  private func objection(to service: Name?, of services: [Name]) -> String? {
    let own = services.map { String(decoding: $0.escaped.bytes, as: UTF8.self) }
    guard let service else { return "say which service: one of \(own.joined(separator: ", "))" }
    let isOwn = services.contains(service)
    return isOwn ? nil : "uid \(user) may only name its services: \(own.joined(separator: ", "))"
  }

  /// The service that is meant where none is said: that of a user that has one only.
  var onlyService: Name? {
    let services = grants.services(of: user)
    return services.count == 1 ? services.first : nil
  }
}
